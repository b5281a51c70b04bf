// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/environment_tab.h"

#include "gui/bridge/control_bridge.h"
#include "gui/bridge/staging.h"
#include "gui/forms/env_editor.h"
#include "gui/models/format.h"
#include "gui/pages/connection_checks.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "server/config/variables.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace arc {

constexpr double kNamesBeside = 1.5; ///< how large letters may be for it

EnvironmentTab::EnvironmentTab(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_hosts(new QLineEdit(this)),
      m_entry(new QLineEdit(this)), m_interface(new QComboBox(this)), m_python(new QLineEdit(this)),
      m_env(new EnvEditor(this)), m_connections(new ConnectionChecks(context, this)),
      m_problem(new QLabel(this))
{
    m_interface->addItems({QStringLiteral("auto"), QStringLiteral("wsgi"), QStringLiteral("asgi")});
    m_hosts->setPlaceholderText(tr("any name"));
    m_hosts->setAccessibleName(tr("Host names"));
    m_entry->setAccessibleName(tr("Entry point"));
    m_interface->setAccessibleName(tr("Interface"));
    m_python->setAccessibleName(tr("Interpreter"));
    m_python->setObjectName(QStringLiteral("environmentPython"));
    m_problem->setObjectName(QStringLiteral("environmentProblem"));
    m_entry->setFont(monoFont());
    m_python->setFont(monoFont());
    m_problem->setProperty("bad", true);
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::PlainText);
    makeLayout();
    connect(m_hosts, &QLineEdit::textEdited, this, [this](const QString &text) {
        stageField("hosts", joinHosts(splitHosts(toStd(text))), joinHosts(m_shown.hosts));
    });
    connect(m_entry, &QLineEdit::textEdited, this, [this](const QString &text) {
        stageField("entry", toStd(text.trimmed()), m_shown.entry);
    });
    connect(m_python, &QLineEdit::textEdited, this, [this](const QString &text) {
        stageField("python", toStd(text.trimmed()), m_shown.python);
    });
    connect(m_interface, &QComboBox::activated, this, [this] {
        stageField("interface", toStd(m_interface->currentText()), m_shown.interface);
    });
    connect(m_env, &EnvEditor::changed, this, &EnvironmentTab::stageVariables);
    connect(&context.bridge(), &ControlBridge::sitesChanged, this, &EnvironmentTab::showFields);
    connect(&context.staging(), &Staging::changed, this, &EnvironmentTab::showFields);
}

void EnvironmentTab::makeLayout()
{
    auto *content = new QWidget(this);
    content->setProperty("page", true);
    // One form, so that all fields begin on one line; of a site without an app three rows are
    // hidden.
    m_form = new QFormLayout;
    m_form->setHorizontalSpacing(20);
    m_form->setVerticalSpacing(10);
    m_form->setLabelAlignment(Qt::AlignLeft);
    // Beside fields of large letters there is no room for names.
    m_form->setRowWrapPolicy(letterScale() > kNamesBeside ? QFormLayout::WrapAllRows
                                                          : QFormLayout::WrapLongRows);
    m_form->addRow(tr("Host names"), m_hosts);
    m_form->addRow(tr("Entry point"), m_entry);
    m_form->addRow(tr("Interface"), m_interface);
    m_form->addRow(tr("Interpreter"), m_python);
    m_form->addRow(tr("Variables"), m_env);
    m_form->addRow(tr("Connections"), m_connections);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 14, 8, 8);
    column->setSpacing(10);
    column->addLayout(m_form);
    column->addWidget(m_problem);
    column->addStretch();
    auto *scroll = new QScrollArea(this);
    scroll->setAccessibleName(tr("Environment"));
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll, 1);
}

QString EnvironmentTab::problem() const
{
    return m_problem->text();
}

void EnvironmentTab::showSite(const QString &site)
{
    if (site == m_site)
        return;
    m_site = site;
    m_shown = {};
    showFields();
}

EnvironmentTab::Fields EnvironmentTab::wanted() const
{
    const PendingChanges &changes = m_context.staging().changes();
    const auto value = [&](const char *key, const std::string &now) {
        const StagedEdit *edit = changes.find(siteField(m_shown.id, key));
        return edit ? edit->value.value_or(std::string()) : now;
    };
    Fields fields {.hosts = value("hosts", joinHosts(m_shown.hosts)),
                   .entry = value("entry", m_shown.entry),
                   .interface = value("interface", m_shown.interface),
                   .python = value("python", m_shown.python),
                   .variables = wantedVariables()};
    return fields;
}

/// Removals before additions: a variable that becomes a secret is both.
EnvVariables EnvironmentTab::wantedVariables() const
{
    EnvVariables variables;
    for (const auto &[name, value] : m_shown.env)
        variables[name] = {value, false};
    for (const auto &[name, value] : m_shown.secrets)
        variables[name] = {std::string(kMaskedSecret), true};
    std::vector<const StagedEdit *> additions;
    for (const StagedEdit &edit : m_context.staging().changes().edits()) {
        const bool isVariable = edit.id.key.starts_with("env.") || edit.isSealed();
        if (edit.id.object != m_shown.id || edit.id.kind != EditId::Kind::SiteField || !isVariable)
            continue;
        const auto at = variables.find(variableName(edit.id));
        if (edit.value || edit.isValueLost)
            additions.push_back(&edit);
        else if (at != variables.end() && at->second.isSecret == edit.isSealed())
            variables.erase(at);
    }
    for (const StagedEdit *edit : additions) {
        const std::string name = variableName(edit->id);
        // The one before is there still where the new one is lost.
        const bool isThere = m_shown.secrets.contains(name);
        variables[name] = {edit->isValueLost && isThere ? std::string(kMaskedSecret)
                                                        : edit->value.value_or(std::string()),
                           edit->isSealed()};
    }
    return variables;
}

/// What is typed stays as it is typed while it means the same: a cursor must not jump.
void EnvironmentTab::showFields()
{
    const api::SiteView *view = m_context.bridge().site(toStd(m_site));
    if (!view)
        return;
    m_shown = *view;
    const Fields fields = wanted();
    if (joinHosts(splitHosts(toStd(m_hosts->text()))) != fields.hosts)
        m_hosts->setText(toQString(fields.hosts));
    if (toStd(m_entry->text().trimmed()) != fields.entry)
        m_entry->setText(toQString(fields.entry));
    if (toStd(m_python->text().trimmed()) != fields.python)
        m_python->setText(toQString(fields.python));
    const int at = m_interface->findText(toQString(fields.interface));
    m_interface->setCurrentIndex(at < 0 ? 0 : at);
    std::set<std::string> stored;
    for (const auto &[name, value] : m_shown.secrets)
        stored.insert(name);
    if (m_env->typed() != fields.variables || m_env->stored() != stored)
        m_env->setVariables(fields.variables, stored);
    m_connections->show(m_shown.id, m_env->variables());
    for (QWidget *field : {static_cast<QWidget *>(m_entry), static_cast<QWidget *>(m_interface),
                           static_cast<QWidget *>(m_python), static_cast<QWidget *>(m_env),
                           static_cast<QWidget *>(m_connections)})
        m_form->setRowVisible(field, !m_shown.app.empty());
    showProblems();
}

void EnvironmentTab::stageField(const std::string &key, const std::string &value,
                                const std::string &before)
{
    const bool anyHost = key == "hosts" && before.empty();
    m_context.staging().changes().stage(
        {.id = siteField(m_shown.id, key),
         .value = value,
         .shown = key == "hosts" && value.empty() ? toStd(tr("any name")) : value,
         .before = {before, anyHost ? toStd(tr("any name")) : before},
         .app = m_shown.app},
        m_context.bridge().sites().revision);
}

static void want(std::vector<StagedEdit> &edits, EditId id, std::optional<std::string> value,
                 std::optional<std::string> before, const std::string &app)
{
    if (value != before)
        edits.push_back({.id = std::move(id),
                         .value = std::move(value),
                         .before = {std::move(before), {}},
                         .app = app});
}

void EnvironmentTab::stageVariable(std::vector<StagedEdit> &edits, const std::string &name,
                                   const EnvValue &typed) const
{
    const std::string masked(kMaskedSecret);
    const auto old = m_shown.env.find(name);
    const bool wasReadable = old != m_shown.env.end();
    const bool wasSecret = m_shown.secrets.contains(name);
    const EditId secret = secretOf(m_shown.id, name);
    const auto plainBefore = wasReadable ? std::optional(old->second) : std::nullopt;
    const auto secretBefore = wasSecret ? std::optional(masked) : std::nullopt;
    if (!typed.isSecret) {
        // A tick that was taken back.
        const bool isBack = wasReadable && typed.value == masked;
        want(edits, variableOf(m_shown.id, name), isBack ? old->second : typed.value, plainBefore,
             m_shown.app);
        return want(edits, secret, std::nullopt, secretBefore, m_shown.app);
    }
    const StagedEdit *staged = m_context.staging().changes().find(secret);
    const bool isStillLost =
        staged && staged->isValueLost && (typed.value.empty() || typed.value == masked);
    // The value that the engine has need not travel, nor stand in a draft.
    const bool isSame = wasReadable && typed.value == old->second;
    if (isStillLost)
        edits.push_back(*staged);
    else
        want(edits, secret, isSame ? masked : typed.value, secretBefore, m_shown.app);
    want(edits, variableOf(m_shown.id, name), std::nullopt, plainBefore, m_shown.app);
}

/// What is there and was not typed is to go.
void EnvironmentTab::stageRest(std::vector<StagedEdit> &edits, const EnvVariables &typed) const
{
    for (const auto &[name, value] : m_shown.env) {
        if (!typed.contains(name))
            want(edits, variableOf(m_shown.id, name), std::nullopt, value, m_shown.app);
    }
    for (const auto &[name, value] : m_shown.secrets) {
        if (!typed.contains(name))
            want(edits, secretOf(m_shown.id, name), std::nullopt, std::string(kMaskedSecret),
                 m_shown.app);
    }
}

void EnvironmentTab::stageVariables()
{
    PendingChanges &changes = m_context.staging().changes();
    const EnvVariables typed = m_env->typed();
    std::vector<StagedEdit> edits;
    for (const auto &[name, value] : typed)
        stageVariable(edits, name, value);
    stageRest(edits, typed);
    // A name that is being typed was another one a moment ago.
    std::vector<EditId> gone;
    for (const StagedEdit &edit : changes.edits()) {
        if (edit.id.kind == EditId::Kind::SiteField && edit.id.object == m_shown.id
            && (edit.id.key.starts_with("env.") || edit.isSealed())
            && std::ranges::find(edits, edit.id, &StagedEdit::id) == edits.end())
            gone.push_back(edit.id);
    }
    if (!changes.stageAll(std::move(edits), gone, m_context.bridge().sites().revision))
        m_context.say(tr("More than %1 changes wait already; apply them first")
                          .arg(PendingChanges::kEditsMax));
}

void EnvironmentTab::focusVariables()
{
    m_env->findChild<QWidget *>(QStringLiteral("addVariable"))->setFocus();
}

void EnvironmentTab::showProblems()
{
    QStringList lines;
    const std::pair<const char *, QWidget *> fields[] = {
        {"hosts", m_hosts}, {"entry", m_entry}, {"interface", m_interface}, {"python", m_python}};
    for (const auto &[key, field] : fields) {
        const StagedEdit *edit = m_context.staging().changes().find(siteField(m_shown.id, key));
        setMark(*field, "invalid", edit && (!edit->problem.empty() || edit->isConflict));
    }
    std::map<std::string, QString> ofVariables;
    for (const StagedEdit &edit : m_context.staging().changes().edits()) {
        if (edit.id.kind != EditId::Kind::SiteField || edit.id.object != m_shown.id)
            continue;
        const QString problem =
            edit.isConflict ? tr("Was changed meanwhile") : toQString(edit.problem);
        if (problem.isEmpty())
            continue;
        const std::string name = variableName(edit.id);
        if (!name.empty() && m_env->has(name))
            ofVariables[name] = problem;
        else if (edit.isConflict)
            lines << tr("%1 was changed meanwhile").arg(edit.label());
        else
            lines << tr("%1: %2").arg(edit.label(), problem);
    }
    m_env->setProblems(std::move(ofVariables));
    m_problem->setText(lines.join(QLatin1Char('\n')));
    m_problem->setVisible(!lines.isEmpty());
}

} // namespace arc
