// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/environment_tab.h"

#include "gui/bridge/control_bridge.h"
#include "gui/forms/env_editor.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QVBoxLayout>

namespace arc {

EnvironmentTab::EnvironmentTab(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_hosts(new QLineEdit(this)),
      m_entry(new QLineEdit(this)), m_interface(new QComboBox(this)), m_python(new QLineEdit(this)),
      m_env(new EnvEditor(this)), m_appPart(new QWidget(this)), m_problem(new QLabel(this)),
      m_discard(new QPushButton(tr("Discard"), this)), m_apply(new QPushButton(tr("Apply"), this))
{
    m_interface->addItems({QStringLiteral("auto"), QStringLiteral("wsgi"), QStringLiteral("asgi")});
    m_hosts->setPlaceholderText(tr("any name"));
    m_hosts->setAccessibleName(tr("Host names"));
    m_entry->setAccessibleName(tr("Entry point"));
    m_interface->setAccessibleName(tr("Interface"));
    m_python->setAccessibleName(tr("Interpreter"));
    m_python->setObjectName(QStringLiteral("environmentPython"));
    m_problem->setObjectName(QStringLiteral("environmentProblem"));
    m_apply->setObjectName(QStringLiteral("environmentApply"));
    m_entry->setFont(monoFont());
    m_python->setFont(monoFont());
    m_problem->setProperty("bad", true);
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::PlainText);
    m_apply->setProperty("primary", true);
    auto *names = new QFormLayout;
    names->addRow(tr("Host names"), m_hosts);
    auto *app = new QFormLayout(m_appPart);
    app->setContentsMargins(0, 0, 0, 0);
    app->addRow(tr("Entry point"), m_entry);
    app->addRow(tr("Interface"), m_interface);
    app->addRow(tr("Interpreter"), m_python);
    app->addRow(tr("Variables"), m_env);
    for (QFormLayout *form : {names, app}) {
        form->setHorizontalSpacing(20);
        form->setVerticalSpacing(10);
        form->setLabelAlignment(Qt::AlignLeft);
    }
    auto *content = new QWidget(this);
    content->setProperty("page", true);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 14, 8, 8);
    column->setSpacing(10);
    column->addLayout(names);
    column->addWidget(m_appPart);
    column->addStretch();
    auto *scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    auto *bar = new QHBoxLayout;
    bar->addWidget(m_problem, 1);
    bar->addWidget(m_discard);
    bar->addWidget(m_apply);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll, 1);
    layout->addLayout(bar);
    for (QLineEdit *field : {m_hosts, m_entry, m_python})
        connect(field, &QLineEdit::textEdited, this, &EnvironmentTab::markChanged);
    connect(m_interface, &QComboBox::activated, this, &EnvironmentTab::markChanged);
    connect(m_env, &EnvEditor::changed, this, &EnvironmentTab::markChanged);
    connect(m_apply, &QPushButton::clicked, this, &EnvironmentTab::apply);
    connect(m_discard, &QPushButton::clicked, this, &EnvironmentTab::load);
    connect(&context.bridge(), &ControlBridge::sitesChanged, this,
            &EnvironmentTab::takeConfiguration);
    connect(&context.bridge(), &ControlBridge::linkChanged, this, &EnvironmentTab::showState);
    showState();
}

void EnvironmentTab::showSite(const QString &site)
{
    if (site == m_site)
        return;
    m_site = site;
    m_apply->setAccessibleName(tr("Apply the changes of %1").arg(site));
    m_discard->setAccessibleName(tr("Discard the changes of %1").arg(site));
    load();
}

void EnvironmentTab::takeConfiguration()
{
    const api::SiteView *view = m_context.bridge().site(toStd(m_site));
    if (!view)
        return;
    if (*view == m_shown) { // others changed other things: nothing to decide
        m_revision = m_context.bridge().sites().revision;
        return;
    }
    if (!m_changed)
        return load();
    m_problem->setText(tr("This site was changed meanwhile. Apply puts your changes on top of the "
                          "newest state; Discard shows that state."));
    m_revision = m_context.bridge().sites().revision;
}

static QString joined(const std::vector<std::string> &parts)
{
    QStringList list;
    for (const std::string &part : parts)
        list << toQString(part);
    return list.join(QStringLiteral(", "));
}

void EnvironmentTab::load()
{
    const api::SiteView *view = m_context.bridge().site(toStd(m_site));
    m_changed = false;
    m_problem->clear();
    if (!view)
        return showState();
    m_shown = *view;
    m_revision = m_context.bridge().sites().revision;
    m_loading = true;
    m_hosts->setText(joined(view->hosts));
    m_entry->setText(toQString(view->entry));
    const int at = m_interface->findText(toQString(view->interface));
    m_interface->setCurrentIndex(at < 0 ? 0 : at);
    m_python->setText(toQString(view->python));
    m_env->setVariables(view->env);
    m_appPart->setVisible(!view->app.empty());
    m_loading = false;
    showState();
}

void EnvironmentTab::markChanged()
{
    if (m_loading)
        return;
    m_changed = true;
    m_problem->clear();
    showState();
}

void EnvironmentTab::showState()
{
    const bool live = m_context.bridge().link() == Link::Live;
    m_apply->setEnabled(m_changed && live && !m_sending);
    m_discard->setEnabled(m_changed && !m_sending);
    m_apply->setText(m_shown.app.empty() ? tr("Apply") : tr("Apply, restart workers"));
    m_apply->setToolTip(live ? QString() : tr("The engine is not reachable"));
}

api::SiteEdit EnvironmentTab::edit() const
{
    api::SiteEdit edit {.id = toStd(m_site), .revision = m_revision};
    std::vector<std::string> hosts;
    static const QRegularExpression kSeparators(QStringLiteral("[,\\s]+"));
    for (const QString &host : m_hosts->text().split(kSeparators, Qt::SkipEmptyParts))
        hosts.push_back(toStd(host));
    if (hosts != m_shown.hosts)
        edit.hosts = hosts;
    if (m_shown.app.empty())
        return edit;
    if (toStd(m_entry->text().trimmed()) != m_shown.entry)
        edit.entry = toStd(m_entry->text().trimmed());
    if (m_interface->currentText() != toQString(m_shown.interface))
        edit.interface = toStd(m_interface->currentText());
    if (toStd(m_python->text().trimmed()) != m_shown.python)
        edit.python = toStd(m_python->text().trimmed());
    if (m_env->variables() != m_shown.env)
        edit.env = m_env->variables();
    return edit;
}

void EnvironmentTab::apply()
{
    if (const QString problem = m_env->problem(); !problem.isEmpty())
        return m_problem->setText(problem);
    m_sending = true;
    showState();
    m_context.bridge().call(
        &Control::editSite, edit(), this, [this, site = m_site](Result<api::Changed> answer) {
            m_sending = false;
            if (site == m_site) {
                if (answer) {
                    m_changed = false;
                    m_problem->clear();
                } else {
                    m_problem->setText(toQString(answer.error().message()));
                    if (answer.error().code() == ErrorCode::Conflict)
                        m_context.bridge().refresh();
                }
            }
            if (answer)
                m_context.sayUndoable(tr("%1 is changed").arg(site), answer->revision);
            showState();
            m_context.bridge().refresh();
        });
}

} // namespace arc
