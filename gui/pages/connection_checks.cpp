// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/connection_checks.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/layouts.h"
#include "gui/widgets/state_pill.h"

#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

ConnectionChecks::ConnectionChecks(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context),
      m_button(new QPushButton(icon(QStringLiteral("database")), tr("Check connections"), this)),
      m_note(new QLabel(this)), m_grid(new QGridLayout)
{
    m_button->setObjectName(QStringLiteral("checkConnections"));
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    m_note->hide();
    m_grid->setColumnStretch(1, 1);
    m_grid->setHorizontalSpacing(12);
    m_grid->setVerticalSpacing(2);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_button, 0, Qt::AlignLeft);
    column->addWidget(m_note);
    column->addLayout(m_grid);
    connect(m_button, &QPushButton::clicked, this, &ConnectionChecks::check);
    connect(&context.bridge(), &ControlBridge::linkChanged, this, &ConnectionChecks::refresh);
    refresh();
}

void ConnectionChecks::show(const std::string &site, const EnvVariables &variables)
{
    if (site == m_site && variables == m_variables)
        return;
    m_site = site;
    m_variables = variables;
    ++m_asked;
    m_isBusy = false;
    clear();
    say({}, false);
    refresh();
}

QString ConnectionChecks::whyNot() const
{
    if (m_context.bridge().link() != Link::Live)
        return tr("The engine is not reachable");
    if (m_isBusy)
        return tr("The engine is looking");
    return m_variables.empty() ? tr("There is no variable yet") : QString();
}

void ConnectionChecks::check()
{
    if (!whyNot().isEmpty())
        return;
    api::ConnectionQuery query {.id = m_site, .values = {}};
    for (const auto &[name, value] : m_variables)
        query.values[name] = value.value;
    m_isBusy = true;
    clear();
    say(tr("Looking; an answer takes up to five seconds…"), false);
    refresh();
    m_context.bridge().call(&Control::checkConnections, std::move(query), this,
                            [this, asked = ++m_asked](Result<api::ConnectionChecks> answer) {
                                if (asked == m_asked)
                                    take(std::move(answer));
                            });
}

void ConnectionChecks::take(Result<api::ConnectionChecks> answer)
{
    m_isBusy = false;
    refresh();
    if (!answer)
        return say(tr("They could not be looked at: %1").arg(toQString(answer.error().message())),
                   true);
    if (answer->checks.empty())
        return say(tr("No variable is the URL of a database, cache or queue."), false);
    say({}, false);
    for (const api::ConnectionCheck &check : answer->checks)
        addResult(check);
}

void ConnectionChecks::addResult(const api::ConnectionCheck &check)
{
    const int row = nextRow(*m_grid);
    auto *pill = new StatePill(this);
    pill->show(check.isReachable ? QStringLiteral("reachable") : QStringLiteral("unreachable"));
    auto *text = new QLabel(
        tr("%1: %2").arg(toQString(check.name), toQString(check.message).simplified()), this);
    text->setTextFormat(Qt::PlainText);
    text->setWordWrap(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    setMark(*text, "bad", !check.isReachable);
    m_grid->addWidget(pill, row, 0, Qt::AlignLeft | Qt::AlignTop);
    m_grid->addWidget(text, row, 1);
    m_told << QStringLiteral("%1 %2").arg(pill->text(), text->text());
}

void ConnectionChecks::say(const QString &text, bool isBad)
{
    m_note->setText(text);
    m_note->setVisible(!text.isEmpty());
    setMark(*m_note, "bad", isBad);
    setMark(*m_note, "secondary", !isBad);
    if (!text.isEmpty())
        m_told = {text};
}

void ConnectionChecks::clear()
{
    clearLayout(*m_grid);
    m_told.clear();
}

void ConnectionChecks::refresh()
{
    const QString why = whyNot();
    m_button->setEnabled(why.isEmpty());
    m_button->setText(m_isBusy ? tr("Checking…") : tr("Check connections"));
    m_button->setToolTip(
        why.isEmpty() ? tr("Looks whether the databases, caches and queues that variables name can "
                           "be reached, also with values that are not applied yet. User and "
                           "password are not tried.")
                      : why);
}

} // namespace arc
