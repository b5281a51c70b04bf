// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/task_strip.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/output_view.h"
#include "gui/widgets/state_pill.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace arc {

constexpr int kOutputHeight = 170;

TaskStrip::TaskStrip(ControlBridge &bridge, api::TaskView task, QWidget *parent)
    : QFrame(parent), m_bridge(bridge), m_task(std::move(task)), m_state(new StatePill(this)),
      m_title(new ElidedLabel(this)), m_elapsed(new QLabel(this)),
      m_fold(new QPushButton(tr("Hide output"), this)),
      m_cancel(new QPushButton(tr("Cancel"), this)), m_close(new QPushButton(tr("Close"), this)),
      m_output(new OutputView(this))
{
    setProperty("foot", true);
    const QString name = toQString(m_task.title);
    m_title->setFullText(tr("%1 in %2").arg(name, toQString(m_task.site)));
    m_title->setFont(boldFont());
    m_elapsed->setProperty("secondary", true);
    m_cancel->setAccessibleName(tr("Cancel %1").arg(name));
    m_close->setAccessibleName(tr("Close %1").arg(name));
    m_fold->setProperty("flat", true);
    m_output->setFixedHeight(scaled(kOutputHeight));
    m_output->setAccessibleName(tr("Output of %1").arg(name));
    m_output->showEmptyText(tr("No output yet"));
    auto *head = new QHBoxLayout;
    head->setSpacing(12);
    head->addWidget(m_state);
    head->addWidget(m_title, 1);
    head->addWidget(m_elapsed);
    head->addWidget(m_fold);
    head->addWidget(m_cancel);
    head->addWidget(m_close);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 8, 16, 8);
    layout->addLayout(head);
    layout->addWidget(m_output);
    m_timer.setInterval(kPollMs);
    connect(&m_timer, &QTimer::timeout, this, &TaskStrip::poll);
    connect(m_fold, &QPushButton::clicked, this, &TaskStrip::toggleOutput);
    connect(m_close, &QPushButton::clicked, this, &TaskStrip::closed);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        m_cancel->setEnabled(false);
        m_bridge.call(&Control::cancelTask, {m_task.id}, this, [this](Result<api::Nothing>) {
            m_cancel->setEnabled(true); // refused or too late: the next poll tells
            poll();
        });
    });
    api::TaskView first = m_task;
    m_task.output.clear();
    take(std::move(first));
}

void TaskStrip::setWatched(bool watched)
{
    if (!watched || !isRunning())
        m_timer.stop();
    else if (!m_timer.isActive())
        m_timer.start();
}

void TaskStrip::poll()
{
    if (m_asking)
        return;
    m_asking = true;
    m_bridge.call(&Control::task, {.id = m_task.id, .after = m_readTo}, this,
                  [this](Result<api::TaskView> answer) {
                      m_asking = false;
                      if (answer)
                          take(std::move(*answer));
                      else if (answer.error().code() == ErrorCode::NotFound) {
                          m_task.state = "failed";
                          m_output->append(tr("\nThe engine no longer knows this command.\n"));
                          showState();
                      }
                  });
}

void TaskStrip::take(api::TaskView task)
{
    const bool wasRunning = isRunning();
    const int64_t offset = std::max(task.offset, m_readTo);
    if (!task.output.empty()) {
        if (task.offset > m_readTo)
            m_output->append(
                tr("\n… %1 not shown …\n").arg(bytesText(double(task.offset - m_readTo))));
        m_output->append(toQString(task.output));
        m_readTo = offset + int64_t(task.output.size());
    }
    m_task = std::move(task);
    showState();
    if (wasRunning && !isRunning())
        Q_EMIT finished(m_task);
}

void TaskStrip::showState()
{
    m_state->show(toQString(m_task.state),
                  m_task.state == "failed" ? tr("exit status %1").arg(m_task.exitStatus)
                                           : QString());
    if (isRunning())
        m_elapsed->setText(ageText(m_task.startedUnixMs, QDateTime::currentMSecsSinceEpoch()));
    m_cancel->setVisible(isRunning());
    m_close->setVisible(!isRunning());
    if (!isRunning())
        m_timer.stop();
    else if (!m_timer.isActive() && isVisible())
        m_timer.start();
}

void TaskStrip::toggleOutput()
{
    m_output->setVisible(m_output->isHidden());
    m_fold->setText(m_output->isHidden() ? tr("Show output") : tr("Hide output"));
}

} // namespace arc
