// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/status_line.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"

#include <QHBoxLayout>
#include <QLabel>

#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace arc {

constexpr int64_t kCostMinNs = 500'000'000; ///< shorter stretches say nothing

static int64_t clockNs(clockid_t clock)
{
    timespec now {};
    clock_gettime(clock, &now);
    return int64_t(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/// What of this process is in memory. The kernel answers from its own tables: no disk is asked.
static int64_t ownMemoryBytes()
{
    const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    char text[128] = {};
    const ssize_t length = file < 0 ? -1 : ::read(file, text, sizeof text - 1);
    if (file >= 0)
        ::close(file);
    long pages = -1;
    if (length <= 0 || std::sscanf(text, "%*d %ld", &pages) != 1)
        return -1;
    return int64_t(pages) * ::sysconf(_SC_PAGESIZE);
}

StatusLine::StatusLine(ControlBridge &bridge, QWidget *parent)
    : QFrame(parent), m_bridge(bridge), m_listeners(new ElidedLabel(this)),
      m_host(new QLabel(this)), m_engine(new QLabel(this)), m_fresh(new QLabel(this)),
      m_cost(new QLabel(this))
{
    setProperty("foot", true);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 4, 16, 4);
    layout->setSpacing(18);
    for (QLabel *label : {static_cast<QLabel *>(m_listeners), m_host, m_engine, m_fresh, m_cost}) {
        label->setFont(smallFont());
        label->setProperty("secondary", true);
        layout->addWidget(label, label == m_listeners ? 1 : 0);
    }
    m_engine->setToolTip(tr("The engine's own processor time, without the apps, and memory"));
    m_cost->setToolTip(tr("What this window costs; nothing while it is hidden"));
    connect(&bridge, &ControlBridge::statusChanged, this, &StatusLine::showListeners);
    connect(&bridge, &ControlBridge::snapshotChanged, this, &StatusLine::showFigures);
    connect(&bridge, &ControlBridge::linkChanged, this, &StatusLine::showFigures);
    showFigures();
}

void StatusLine::showListeners()
{
    QStringList parts;
    for (const api::ListenerStatus &listener : m_bridge.status().listeners) {
        parts << (listener.error.empty()
                      ? toQString(listener.url.empty() ? listener.address : listener.url)
                      : tr("%1: closed").arg(toQString(listener.address)));
    }
    m_listeners->setFullText(parts.isEmpty() ? tr("No listener open")
                                             : parts.join(QStringLiteral(" · ")));
}

QString StatusLine::freshness() const
{
    return m_fresh->text();
}

void StatusLine::showFigures()
{
    const api::HostFigures &host = m_bridge.snapshot().host;
    const bool any = m_bridge.asOfUnixMs() > 0;
    if (any) {
        m_host->setText(tr("CPU %1 · memory %2 of %3")
                            .arg(shareText(host.cpu), bytesText(double(host.memoryUsedBytes)),
                                 bytesText(double(host.memoryTotalBytes))));
        m_engine->setText(
            tr("engine %1 · %2")
                .arg(shareText(host.engineCpu), bytesText(double(host.engineMemoryBytes))));
    }
    const bool live = m_bridge.link() == Link::Live && !m_paused;
    if (!any)
        m_fresh->setText(live ? QString() : tr("no answer yet"));
    else
        m_fresh->setText((live           ? tr("live %1")
                              : m_paused ? tr("paused, as of %1 (Space goes on)")
                                         : tr("as of %1"))
                             .arg(clockText(m_bridge.asOfUnixMs())));
    setMark(*m_fresh, "caution", !live && any);
    const QString cost = ownCost();
    if (!cost.isEmpty())
        m_cost->setText(cost);
    showWhatFits();
}

void StatusLine::resizeEvent(QResizeEvent *event)
{
    QFrame::resizeEvent(event);
    showWhatFits();
}

/// How fresh the figures are is always told; the other parts go whole rather than cut.
void StatusLine::showWhatFits()
{
    const QMargins around = layout()->contentsMargins();
    int room = width() - around.left() - around.right() - m_fresh->sizeHint().width()
        - m_listeners->minimumSizeHint().width() - layout()->spacing();
    for (QLabel *label : {m_host, m_engine, m_cost}) {
        const int need = label->sizeHint().width() + layout()->spacing();
        label->setVisible(!label->text().isEmpty() && need <= room);
        room -= need;
    }
}

void StatusLine::setPaused(bool paused)
{
    m_paused = paused;
    m_cpuNs = -1;
    showFigures();
}

void StatusLine::restartCost()
{
    m_cpuNs = -1;
}

QString StatusLine::ownCost()
{
    const int64_t cpu = clockNs(CLOCK_PROCESS_CPUTIME_ID);
    const int64_t wall = clockNs(CLOCK_MONOTONIC);
    if (m_cpuNs >= 0 && wall - m_wallNs < kCostMinNs)
        return {};
    QString text;
    if (m_cpuNs >= 0)
        text = tr("window %1 CPU · %2")
                   .arg(shareText(double(cpu - m_cpuNs) / double(wall - m_wallNs)),
                        bytesText(double(ownMemoryBytes())));
    m_cpuNs = cpu;
    m_wallNs = wall;
    return text;
}

} // namespace arc
