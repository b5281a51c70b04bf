// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/environment_tab.h"

#include "gui/bridge/control_bridge.h"
#include "gui/bridge/staging.h"
#include "gui/forms/env_editor.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

constexpr double kNamesBeside = 1.5; ///< how large letters may be for it

EnvironmentTab::EnvironmentTab(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_hosts(new QLineEdit(this)),
      m_entry(new QLineEdit(this)), m_interface(new QComboBox(this)), m_python(new QLineEdit(this)),
      m_env(new EnvEditor(this)), m_problem(new QLabel(this))
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
                   .env = m_shown.env};
    for (const StagedEdit &edit : changes.edits()) {
        if (edit.id.object != m_shown.id || !edit.id.key.starts_with("env.")
            || edit.id.kind != EditId::Kind::SiteField)
            continue;
        const std::string name = edit.id.key.substr(4);
        if (edit.value)
            fields.env[name] = *edit.value;
        else
            fields.env.erase(name);
    }
    return fields;
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
    if (m_env->typed() != fields.env)
        m_env->setVariables(fields.env);
    for (QWidget *field : {static_cast<QWidget *>(m_entry), static_cast<QWidget *>(m_interface),
                           static_cast<QWidget *>(m_python), static_cast<QWidget *>(m_env)})
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

void EnvironmentTab::stageVariables()
{
    PendingChanges &changes = m_context.staging().changes();
    const std::map<std::string, std::string> typed = m_env->typed();
    std::vector<StagedEdit> edits;
    const auto want = [&](const std::string &name, std::optional<std::string> value,
                          std::optional<std::string> before) {
        if (value != before)
            edits.push_back({.id = siteField(m_shown.id, "env." + name),
                             .value = std::move(value),
                             .before = {std::move(before), {}},
                             .app = m_shown.app});
    };
    for (const auto &[name, value] : typed) {
        const auto old = m_shown.env.find(name);
        want(name, value, old == m_shown.env.end() ? std::nullopt : std::optional(old->second));
    }
    for (const auto &[name, value] : m_shown.env) {
        if (!typed.contains(name))
            want(name, std::nullopt, value);
    }
    // A name that is being typed was another one a moment ago.
    std::vector<EditId> gone;
    for (const StagedEdit &edit : changes.edits()) {
        if (edit.id.kind == EditId::Kind::SiteField && edit.id.object == m_shown.id
            && edit.id.key.starts_with("env.")
            && std::ranges::find(edits, edit.id, &StagedEdit::id) == edits.end())
            gone.push_back(edit.id);
    }
    changes.stageAll(std::move(edits), gone, m_context.bridge().sites().revision);
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
    for (const StagedEdit &edit : m_context.staging().changes().edits()) {
        if (edit.id.kind != EditId::Kind::SiteField || edit.id.object != m_shown.id)
            continue;
        if (edit.isConflict)
            lines << tr("%1 was changed meanwhile").arg(edit.label());
        else if (!edit.problem.empty())
            lines << tr("%1: %2").arg(edit.label(), toQString(edit.problem));
    }
    if (const QString twice = m_env->problem(); !twice.isEmpty() && lines.isEmpty())
        lines << twice;
    m_problem->setText(lines.join(QLatin1Char('\n')));
    m_problem->setVisible(!lines.isEmpty());
}

} // namespace arc
