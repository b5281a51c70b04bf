// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/site_actions.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/addresses.h"
#include "gui/models/format.h"
#include "gui/pages/confirm.h"
#include "gui/pages/window_context.h"

#include <QUrl>

namespace arc {

SiteActions::SiteActions(WindowContext &context, QObject *parent)
    : QObject(parent), m_context(context)
{
}

bool SiteActions::hasApp(const QString &site) const
{
    const api::SiteView *view = m_context.bridge().site(toStd(site));
    return view && !view->app.empty();
}

bool SiteActions::isDjango(const QString &site) const
{
    const api::SiteView *view = m_context.bridge().site(toStd(site));
    return view && toQString(view->kind).startsWith(QLatin1String("django"), Qt::CaseInsensitive);
}

void SiteActions::setServing(const QString &site, bool on)
{
    if (on) {
        m_context.bridge().call(
            &Control::startSite, {toStd(site)}, this, [this, site](Result<api::Changed> answer) {
                if (answer)
                    m_context.sayUndoable(tr("%1 is started").arg(site), answer->revision);
                else
                    m_context.sayFailed(tr("Start %1").arg(site),
                                        toQString(answer.error().message()));
                m_context.bridge().refresh();
            });
        return;
    }
    const api::SiteFigures *figures = m_context.bridge().siteFigures(toStd(site));
    const double rate = figures ? figures->now.requestsPerSecond : 0;
    if (rate <= 0)
        return stop(site); // nobody is served: the toast's Undo is enough
    confirm(m_context.window(), "stopSite",
            {.title = tr("Stop serving %1").arg(site),
             .text = tr("Its visitors will get an error until it is started again."),
             .action = tr("Stop %1 – %2 requests/s").arg(site, rateText(rate))},
            [this, site] { stop(site); });
}

void SiteActions::stop(const QString &site)
{
    m_context.bridge().call(
        &Control::stopSite, {toStd(site)}, this, [this, site](Result<api::Changed> answer) {
            if (answer)
                m_context.sayUndoable(tr("%1 is stopped").arg(site), answer->revision);
            else
                m_context.sayFailed(tr("Stop %1").arg(site), toQString(answer.error().message()));
            m_context.bridge().refresh();
        });
}

void SiteActions::deploy(const QString &site)
{
    // Answers when it is over; until then, and of a failure, the site's page tells.
    m_context.bridge().call(
        &Control::deploySite, {toStd(site)}, this, [this, site](Result<api::Deployed> answer) {
            if (answer)
                m_context.say(toQString(answer->summary));
            else
                m_context.sayFailed(tr("Deploy %1").arg(site), toQString(answer.error().message()));
            m_context.bridge().refresh();
        });
    m_context.bridge().refresh();
}

void SiteActions::remove(const QString &site)
{
    m_context.bridge().call(
        &Control::removeSite, {toStd(site)}, this, [this, site](Result<api::Changed> answer) {
            if (answer)
                m_context.sayUndoable(tr("%1 is removed; its folder is untouched").arg(site),
                                      answer->revision);
            else
                m_context.sayFailed(tr("Remove %1").arg(site), toQString(answer.error().message()));
            m_context.bridge().refresh();
        });
}

void SiteActions::openInBrowser(const QString &site)
{
    const api::SiteFigures *figures = m_context.bridge().siteFigures(toStd(site));
    const api::SiteView *view = m_context.bridge().site(toStd(site));
    const auto urls = figures && !figures->urls.empty() ? figures->urls
        : view                                          ? view->urls
                                                        : std::vector<std::string> {};
    const QStringList addresses = siteAddresses(toStd(site), urls);
    if (!addresses.isEmpty())
        m_context.openUrl(QUrl(addresses.first()));
}

void SiteActions::migrate(const QString &site)
{
    confirm(
        m_context.window(), "runCommand",
        {.title = tr("Migrate the database of %1").arg(site),
         .text = tr("Runs manage.py migrate with the site's interpreter and variables. Output is "
                    "shown, and it can be cancelled."),
         .action = tr("Migrate %1").arg(site)},
        [this, site] {
            run(site, {QStringLiteral("manage.py"), QStringLiteral("migrate")}, {});
        });
}

void SiteActions::createAdmin(const QString &site)
{
    askAdminAccount(m_context.window(), site, [this, site](const AdminAccount &account) {
        run(site,
            {QStringLiteral("manage.py"), QStringLiteral("createsuperuser"),
             QStringLiteral("--noinput")},
            {{"DJANGO_SUPERUSER_USERNAME", toStd(account.username)},
             {"DJANGO_SUPERUSER_EMAIL", toStd(account.email)},
             {"DJANGO_SUPERUSER_PASSWORD", toStd(account.password)}});
    });
}

void SiteActions::runCommand(const QString &site)
{
    askCommand(m_context.window(), site,
               [this, site](const QStringList &words) { run(site, words, {}); });
}

void SiteActions::run(const QString &site, const QStringList &words,
                      const std::map<std::string, std::string> &variables)
{
    api::RunCommand command {.id = toStd(site), .env = variables};
    for (const QString &word : words)
        command.argv.push_back(toStd(word));
    m_context.bridge().call(&Control::runCommand, std::move(command), this,
                            [this, words](Result<api::TaskView> answer) {
                                if (answer)
                                    m_context.addTask(*answer);
                                else
                                    m_context.sayFailed(words.join(QLatin1Char(' ')),
                                                        toQString(answer.error().message()));
                            });
}

} // namespace arc
