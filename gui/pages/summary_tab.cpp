// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/summary_tab.h"

#include "gui/bridge/control_bridge.h"
#include "gui/charts/stat_tile.h"
#include "gui/models/format.h"
#include "gui/models/log_lines.h"
#include "gui/pages/request_path.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/layouts.h"
#include "gui/widgets/output_view.h"

#include <algorithm>

#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

namespace arc {

constexpr int kSummaryLines = 8;
constexpr int kSummaryOutputHeight = 130;

SummaryTab::SummaryTab(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_path(new RequestPath(this)),
      m_rate(new StatTile(tr("Requests per second"), this)),
      m_latency(new StatTile(tr("Response time p95"), this)),
      m_errors(new StatTile(tr("Errors per second"), this)),
      m_total(new StatTile(tr("Requests since start"), this)), m_facts(new QGridLayout),
      m_linesTitle(new QLabel(tr("Last lines"), this)), m_lines(new OutputView(this))
{
    m_linesTitle->setFont(boldFont());
    m_lines->setMinimumHeight(scaled(kSummaryOutputHeight));
    m_lines->setAccessibleName(tr("Last lines of the app"));
    m_lines->showEmptyText(tr("The app wrote nothing yet"));
    m_facts->setHorizontalSpacing(20);
    m_facts->setVerticalSpacing(5);
    m_facts->setColumnStretch(1, 1);
    auto *content = new QWidget(this);
    content->setProperty("page", true);
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 14, 0, 0);
    layout->setSpacing(12);
    layout->addWidget(m_path);
    layout->addWidget(makeFigures());
    layout->addLayout(m_facts);
    layout->addWidget(m_linesTitle);
    layout->addWidget(m_lines, 1);
    layout->addStretch();
    auto *scroll = new QScrollArea(this); // large letters need more than a small window has
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    scroll->setAccessibleName(tr("Summary"));
    auto *whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(scroll);
    ControlBridge &bridge = context.bridge();
    connect(&bridge, &ControlBridge::snapshotChanged, this, &SummaryTab::refresh);
    connect(&bridge, &ControlBridge::linkChanged, this, &SummaryTab::refresh);
    connect(&bridge, &ControlBridge::sitesChanged, this, [this] {
        showFacts();
        refresh();
    });
}

QWidget *SummaryTab::makeFigures()
{
    auto *card = new QFrame(this);
    card->setProperty("card", true);
    auto *tiles = new FlowLayout(FlowLayout::Widths::Even, 16, card);
    tiles->setContentsMargins(14, 10, 14, 10);
    for (StatTile *tile : {m_rate, m_latency, m_errors, m_total})
        tiles->addWidget(tile);
    return card;
}

void SummaryTab::showSite(const QString &site)
{
    m_site = site;
    m_evidence.clear();
    m_evidenceRoot.clear();
    m_lines->showText({});
    showFacts();
    refresh();
}

void SummaryTab::refresh()
{
    ControlBridge &bridge = m_context.bridge();
    const api::SiteView *view = bridge.site(toStd(m_site));
    if (!view)
        return;
    const api::SiteFigures *figures = bridge.siteFigures(toStd(m_site));
    const api::PoolFigures *pool = view->app.empty() ? nullptr : bridge.pool(view->app);
    QList<RequestPath::Station> stations;
    QStringList hosts;
    for (const std::string &host : view->hosts)
        hosts << toQString(host);
    stations << RequestPath::Station {
        view->listeners.empty() ? tr("All listeners")
                                : tr("%n listener(s)", nullptr, int(view->listeners.size())),
        hosts.isEmpty() ? tr("any name") : hosts.join(QStringLiteral(", "))};
    if (pool) {
        stations << RequestPath::Station {
            tr("Queue"),
            pool->queueP95 < 0
                ? tr("%1 waiting").arg(pool->queued)
                : tr("%1 waiting, p95 %2").arg(pool->queued).arg(secondsText(pool->queueP95))};
        const auto serving =
            std::count_if(pool->workers.begin(), pool->workers.end(), [&](const auto &worker) {
                return worker.state != "preloader"
                    && (pool->nextGeneration == 0 || worker.generation != pool->nextGeneration);
            });
        stations << RequestPath::Station {tr("%n worker(s)", nullptr, int(serving)),
                                          tr("%1 of %2 busy").arg(pool->busy).arg(pool->slots)};
    }
    stations << RequestPath::Station {toQString(view->kind),
                                      figures ? tr("%1 in flight").arg(figures->now.inFlight)
                                              : tr("not running")};
    m_path->show(stations);
    const bool live = bridge.link() == Link::Live;
    const bool serving = live && figures && figures->state != "stopped";
    m_rate->show(serving ? rateText(figures->now.requestsPerSecond) : unknownText());
    m_latency->show(serving ? secondsText(figures->now.p95) : unknownText());
    m_errors->show(serving ? rateText(figures->now.errorsPerSecond) : unknownText());
    m_total->show(figures ? rateText(double(figures->requestsTotal)) : unknownText(),
                  figures && figures->errorsTotal
                      ? tr("%1 of them errors").arg(rateText(double(figures->errorsTotal)))
                      : QString());
    // A failed app shows its last lines above, beside the cause.
    const bool showsLines = !view->app.empty() && !(figures && figures->state == "failed");
    m_linesTitle->setVisible(showsLines);
    m_lines->setVisible(showsLines);
    if (isVisible() && showsLines)
        showLastLines();
    if (isVisible())
        fetchEvidence();
}

void SummaryTab::addFact(const QString &name, const QString &value)
{
    if (value.isEmpty())
        return;
    auto *label = new QLabel(name, this);
    label->setProperty("secondary", true);
    auto *text = new ElidedLabel(this);
    text->setFullText(value, Qt::ElideMiddle);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    text->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    const int row = nextRow(*m_facts);
    m_facts->addWidget(label, row, 0);
    m_facts->addWidget(text, row, 1);
}

void SummaryTab::showFacts()
{
    const api::SiteView *view = m_context.bridge().site(toStd(m_site));
    clearLayout(*m_facts);
    if (!view)
        return;
    addFact(tr("Folder"), toQString(view->root));
    addFact(tr("Entry"), toQString(view->entry));
    addFact(tr("Interpreter"), toQString(view->python));
    addFact(tr("Recognised by"), m_evidence.join(QStringLiteral(" · ")));
    for (const api::RouteView &route : view->routes) {
        QString target = QStringLiteral("→ ") + toQString(route.handler) + QLatin1Char(' ')
            + toQString(route.target);
        if (!route.methods.empty())
            target.prepend(toQString(route.methods) + QLatin1Char(' '));
        if (route.fromApp)
            target += tr(" (named by the app)");
        addFact(tr("Route %1").arg(toQString(route.path)), target);
    }
}

void SummaryTab::showLastLines()
{
    if (m_asking)
        return;
    m_asking = true;
    m_context.bridge().call(
        &Control::logTail, {.source = "site:" + toStd(m_site), .bytes = 4096}, this,
        [this, site = m_site](Result<api::LogText> answer) {
            m_asking = false;
            if (answer && site == m_site)
                m_lines->showText(lastLines(withoutTimes(toQString(answer->text)), kSummaryLines));
        });
}

void SummaryTab::fetchEvidence()
{
    const api::SiteView *view = m_context.bridge().site(toStd(m_site));
    if (!view || view->root.empty() || m_evidenceRoot == toQString(view->root))
        return;
    m_evidenceRoot = toQString(view->root);
    m_context.bridge().call(
        &Control::recognise, {.path = view->root}, this,
        [this, root = view->root, entry = view->entry](Result<api::Recognition> answer) {
            if (!answer || m_evidenceRoot != toQString(root))
                return;
            for (const api::ProjectChoice &project : answer->projects) {
                if (project.root != root && project.entry != entry)
                    continue;
                m_evidence.clear();
                for (const std::string &line : project.evidence)
                    m_evidence << toQString(line);
                break;
            }
            showFacts();
        });
}

} // namespace arc
