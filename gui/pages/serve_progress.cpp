// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/serve_progress.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/models/log_lines.h"
#include "gui/theme/theme.h"
#include "gui/widgets/output_view.h"
#include "gui/widgets/state_pill.h"

#include <QLabel>
#include <QVBoxLayout>

namespace arc {

constexpr int kProgressOutputHeight = 200;

ServeProgress::ServeProgress(ControlBridge &bridge, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_state(new StatePill(this)), m_headline(new QLabel(this)),
      m_steps(new QLabel(this)), m_cause(new QLabel(this)), m_output(new OutputView(this))
{
    m_headline->setFont(boldFont());
    m_headline->setWordWrap(true);
    m_steps->setProperty("secondary", true);
    m_steps->setTextFormat(Qt::PlainText);
    m_cause->setTextFormat(Qt::PlainText);
    m_cause->setObjectName(QStringLiteral("serveCause"));
    m_cause->setWordWrap(true);
    m_cause->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_output->setMinimumHeight(kProgressOutputHeight);
    m_output->setAccessibleName(tr("Last lines of the app"));
    m_output->showEmptyText(tr("The app wrote nothing"));
    auto *head = new QHBoxLayout;
    head->setSpacing(10);
    head->addWidget(m_state, 0, Qt::AlignTop);
    head->addWidget(m_headline, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    layout->addLayout(head);
    layout->addWidget(m_cause);
    layout->addWidget(m_steps);
    layout->addWidget(m_output, 1);
    layout->addStretch();
    m_cause->hide();
    m_output->hide();
    m_timer.setInterval(kPollMs);
    connect(&m_timer, &QTimer::timeout, this, [this] { m_bridge.refresh(); });
    connect(&bridge, &ControlBridge::snapshotChanged, this, &ServeProgress::look);
    connect(&bridge, &ControlBridge::sitesChanged, this, &ServeProgress::look);
}

void ServeProgress::follow(const QString &site)
{
    m_site = site;
    m_told = false;
    m_notBeforeUnixMs = m_bridge.asOfUnixMs();
    m_state->show(QStringLiteral("starting"));
    m_headline->setText(tr("%1 is being started").arg(site));
    m_steps->clear();
    m_cause->hide();
    m_output->hide();
    m_output->showText({});
    Q_EMIT heightChanged();
    if (isVisible())
        m_timer.start();
    m_bridge.refresh();
}

void ServeProgress::stop()
{
    m_site.clear();
    m_timer.stop();
}

QString ServeProgress::cause() const
{
    return m_cause->text();
}
QString ServeProgress::output() const
{
    return m_output->toPlainText();
}

void ServeProgress::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (isFollowing() && !m_told)
        m_timer.start();
}

void ServeProgress::hideEvent(QHideEvent *event)
{
    m_timer.stop();
    QWidget::hideEvent(event);
}

void ServeProgress::look()
{
    if (m_site.isEmpty() || m_told || m_bridge.asOfUnixMs() <= m_notBeforeUnixMs)
        return;
    const api::SiteFigures *figures = m_bridge.siteFigures(toStd(m_site));
    if (!figures)
        return;
    showSteps();
    if (figures->state == "running") {
        m_told = true;
        m_timer.stop();
        m_state->show(QStringLiteral("running"));
        m_headline->setText(tr("%1 is served").arg(m_site));
        Q_EMIT running();
    } else if (figures->state == "failed") {
        m_told = true;
        m_timer.stop();
        showFailure(toQString(figures->cause));
        Q_EMIT failed();
    }
}

void ServeProgress::showSteps()
{
    const api::SiteView *view = m_bridge.site(toStd(m_site));
    const api::PoolFigures *pool = view && !view->app.empty() ? m_bridge.pool(view->app) : nullptr;
    if (!pool)
        return;
    const auto ready = std::ranges::count(pool->workers, "ready", &api::WorkerFigures::state);
    QStringList lines {tr("%1 of %n worker(s) ready", nullptr, pool->wanted).arg(ready)};
    // The worker that came furthest tells the story of all of them.
    const api::WorkerFigures *furthest = nullptr;
    for (const api::WorkerFigures &worker : pool->workers) {
        if (!furthest || worker.steps.size() > furthest->steps.size())
            furthest = &worker;
    }
    if (furthest) {
        for (const api::StepFigures &step : furthest->steps)
            lines << QStringLiteral("✓ ") + toQString(step.name) + QStringLiteral("  ")
                    + secondsText(step.ms / 1000);
    }
    const QString text = lines.join(QLatin1Char('\n'));
    if (text == m_steps->text())
        return;
    m_steps->setText(text);
    Q_EMIT heightChanged();
}

void ServeProgress::showFailure(const QString &cause)
{
    m_state->show(QStringLiteral("failed"));
    m_headline->setText(tr("%1 did not start").arg(m_site));
    m_cause->setText(cause);
    m_cause->show();
    m_output->show();
    Q_EMIT heightChanged();
    m_bridge.call(&Control::logTail, {.source = "site:" + toStd(m_site)}, this,
                  [this](Result<api::LogText> answer) {
                      if (answer)
                          m_output->showText(
                              lastLines(withoutTimes(toQString(answer->text)), kFailureLines));
                  });
}

} // namespace arc
