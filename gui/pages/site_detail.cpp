// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/site_detail.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/addresses.h"
#include "gui/models/format.h"
#include "gui/models/log_lines.h"
#include "gui/pages/deploy_strip.h"
#include "gui/pages/environment_tab.h"
#include "gui/pages/output_tab.h"
#include "gui/pages/site_actions.h"
#include "gui/pages/summary_tab.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/layouts.h"
#include "gui/widgets/output_view.h"
#include "gui/widgets/state_pill.h"
#include "gui/widgets/switch.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QTabBar>
#include <QTabWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace arc {

constexpr int kFailureLines = 20;
constexpr int kHeadGap = 10;
constexpr int kFailureOutputHeight = 140;

SiteDetail::SiteDetail(WindowContext &context, SiteActions &actions, QWidget *parent)
    : QWidget(parent), m_context(context), m_actions(actions), m_name(new ElidedLabel(this)),
      m_pill(new StatePill(this)), m_switch(new Switch(this)),
      m_deploy(new QPushButton(icon(QStringLiteral("restart")), tr("Deploy"), this)),
      m_run(new QPushButton(icon(QStringLiteral("terminal")), tr("Run"), this)),
      m_remove(new QPushButton(icon(QStringLiteral("trash"), Tint::Error), tr("Remove"), this)),
      m_links(new LinkRow), m_strip(new DeployStrip(this)), m_failureCard(new QFrame(this)),
      m_cause(new QLabel(m_failureCard)), m_remedy(new QLabel(m_failureCard)),
      m_failureOutput(new OutputView(m_failureCard)),
      m_retry(new QPushButton(tr("Retry"), m_failureCard)), m_tabs(new QTabWidget(this)),
      m_summary(new SummaryTab(context, m_tabs)),
      m_environment(new EnvironmentTab(context, m_tabs)), m_output(new OutputTab(context, m_tabs))
{
    makeFailureCard();
    m_tabs->addTab(m_summary, tr("Summary"));
    m_tabs->addTab(m_environment, tr("Environment"));
    m_tabs->addTab(m_output, tr("Output"));
    m_tabs->tabBar()->setAccessibleName(tr("Parts of the site"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 14, 16, 12);
    layout->setSpacing(8);
    layout->addLayout(makeHead());
    layout->addLayout(m_links);
    layout->addWidget(m_strip);
    layout->addWidget(m_failureCard);
    layout->addWidget(m_tabs, 1);
    connect(m_switch, &Switch::clicked, this, [this](bool on) {
        // The engine decides; until it answers the switch shows what is.
        m_switch->setChecked(!on);
        m_actions.setServing(m_site, on);
    });
    connect(m_deploy, &QPushButton::clicked, this, [this] { m_actions.deploy(m_site); });
    connect(m_retry, &QPushButton::clicked, this, [this] { m_actions.deploy(m_site); });
    connect(m_strip, &DeployStrip::outputAsked, this,
            [this] { m_tabs->setCurrentWidget(m_output); });
    connect(m_remove, &QPushButton::clicked, this, [this] { m_actions.remove(m_site); });
    ControlBridge &bridge = context.bridge();
    connect(&bridge, &ControlBridge::sitesChanged, this, &SiteDetail::refresh);
    connect(&bridge, &ControlBridge::snapshotChanged, this, &SiteDetail::refresh);
    connect(&bridge, &ControlBridge::linkChanged, this, &SiteDetail::refresh);
}

QLayout *SiteDetail::makeHead()
{
    m_name->setFont(titleFont());
    auto *what = new QHBoxLayout;
    for (QWidget *part : {static_cast<QWidget *>(m_name), static_cast<QWidget *>(m_pill),
                          static_cast<QWidget *>(m_switch)})
        what->addWidget(part);
    auto *deeds = new QHBoxLayout;
    for (QWidget *button : {m_deploy, m_run, m_remove})
        deeds->addWidget(button);
    // Both halves on one line, or the buttons below where the letters are large.
    auto *head = new FlowLayout(FlowLayout::Widths::Natural, kHeadGap);
    head->setTailAtEnd(true);
    head->addRow(what, kHeadGap, this);
    head->addRow(deeds, kHeadGap, this);
    return head;
}

void SiteDetail::setRunActions(const QList<QAction *> &actions)
{
    auto *menu = new QMenu(m_run);
    menu->addActions(actions);
    menu->setToolTipsVisible(true);
    m_run->setMenu(menu);
    m_run->setStyleSheet(QStringLiteral("padding-right: 22px;"));
}

void SiteDetail::makeFailureCard()
{
    m_failureCard->setProperty("card", true);
    m_cause->setProperty("bad", true);
    m_cause->setFont(boldFont());
    m_remedy->setObjectName(QStringLiteral("remedy"));
    for (QLabel *label : {m_cause, m_remedy}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_failureOutput->setFixedHeight(scaled(kFailureOutputHeight));
    m_failureOutput->setAccessibleName(tr("Last lines of the app"));
    m_failureOutput->showEmptyText(tr("The app wrote nothing"));
    m_retry->setProperty("primary", true);
    auto *head = new QHBoxLayout;
    auto *said = new QVBoxLayout;
    said->setSpacing(3);
    said->addWidget(m_cause);
    said->addWidget(m_remedy);
    head->addLayout(said, 1);
    head->addWidget(m_retry, 0, Qt::AlignTop);
    auto *layout = new QVBoxLayout(m_failureCard);
    layout->setContentsMargins(12, 10, 12, 12);
    layout->addLayout(head);
    layout->addWidget(m_failureOutput);
    m_failureCard->hide();
}

void SiteDetail::showSite(const QString &site)
{
    m_site = site;
    m_failure.clear();
    m_failureOutput->showText({});
    m_summary->showSite(site);
    m_environment->showSite(site);
    m_output->showSite(site);
    m_deploy->setAccessibleName(tr("Deploy %1").arg(site));
    m_remove->setAccessibleName(tr("Remove %1").arg(site));
    m_run->setAccessibleName(tr("Run a command in %1").arg(site));
    m_retry->setAccessibleName(tr("Retry starting %1").arg(site));
    m_switch->setAccessibleName(tr("Serve %1").arg(site));
    refresh();
}

void SiteDetail::refresh()
{
    ControlBridge &bridge = m_context.bridge();
    const api::SiteView *view = bridge.site(toStd(m_site));
    if (!view)
        return;
    const api::SiteFigures *figures = bridge.siteFigures(toStd(m_site));
    const bool live = bridge.link() == Link::Live;
    const QString state = !live ? QString()
        : figures               ? toQString(figures->state)
        : view->enabled         ? QString()
                                : QStringLiteral("stopped");
    m_name->setFullText(m_site);
    m_pill->show(state);
    m_switch->setChecked(view->enabled);
    const QString why = live ? QString() : tr("The engine is not reachable");
    for (QWidget *control : {static_cast<QWidget *>(m_switch), static_cast<QWidget *>(m_deploy),
                             static_cast<QWidget *>(m_run), static_cast<QWidget *>(m_remove)}) {
        control->setEnabled(live);
        control->setToolTip(why);
    }
    if (live)
        m_switch->setToolTip(view->enabled ? tr("Stop serving %1").arg(m_site)
                                           : tr("Serve %1").arg(m_site));
    m_deploy->setVisible(!view->app.empty());
    const api::PoolFigures *pool = view->app.empty() ? nullptr : bridge.pool(view->app);
    const bool deploys = pool && pool->nextGeneration > 0;
    m_deploy->setEnabled(live && view->enabled && !deploys);
    if (live)
        m_deploy->setToolTip(
            deploys ? tr("A new generation is starting already")
                    : tr("Start new workers from the folder as it is now. The old ones "
                         "serve until the new ones are ready."));
    m_strip->show(live ? pool : nullptr);
    m_run->setVisible(!view->app.empty());
    m_tabs->setTabVisible(m_tabs->indexOf(m_output), !view->app.empty());
    showAddresses(
        siteAddresses(view->id, figures && !figures->urls.empty() ? figures->urls : view->urls));
    showFailure(state, figures ? toQString(figures->cause) : QString());
}

void SiteDetail::showAddresses(const QStringList &urls)
{
    if (urls == m_urls)
        return; // rebuilding would take the focus from a link
    m_urls = urls;
    clearLayout(*m_links);
    for (const QString &url : urls) {
        auto *link = new QPushButton(icon(QStringLiteral("open"), Tint::Accent), url, this);
        link->setProperty("link", true);
        link->setCursor(Qt::PointingHandCursor);
        link->setAccessibleName(tr("Open %1 in the browser").arg(url));
        connect(link, &QPushButton::clicked, this, [this, url] { m_context.openUrl(QUrl(url)); });
        m_links->addWidget(link);
    }
}

bool SiteDetail::showsFailure() const
{
    return !m_failureCard->isHidden();
}

void SiteDetail::showFailure(const QString &state, const QString &cause)
{
    const bool failed = state == QLatin1String("failed");
    m_failureCard->setVisible(failed);
    if (!failed) {
        m_failure.clear();
        return;
    }
    // The engine's sentence: cause; remedy. What to do need not shout.
    const auto end = cause.indexOf(QLatin1String("; "));
    QString remedy = end < 0 ? QString() : cause.mid(end + 2);
    if (!remedy.isEmpty())
        remedy[0] = remedy[0].toUpper();
    m_cause->setText(cause.left(end < 0 ? cause.size() : end));
    m_remedy->setText(remedy);
    m_remedy->setVisible(!remedy.isEmpty());
    if (m_failure == cause)
        return;
    m_failure = cause;
    fetchFailureOutput();
}

void SiteDetail::fetchFailureOutput()
{
    m_context.bridge().call(&Control::logTail, {.source = "site:" + toStd(m_site)}, this,
                            [this, site = m_site](Result<api::LogText> answer) {
                                if (answer && site == m_site)
                                    m_failureOutput->showText(lastLines(
                                        withoutTimes(toQString(answer->text)), kFailureLines));
                            });
}

} // namespace arc
