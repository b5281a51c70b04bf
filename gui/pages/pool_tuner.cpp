// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/pool_tuner.h"

#include "gui/bridge/control_bridge.h"
#include "gui/bridge/staging.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/wheel_guard.h"
#include "server/base/text.h"
#include "server/config/schema.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

constexpr std::string_view kProcessesKey = "pool.processes";
constexpr std::string_view kThreadsKey = "pool.threads";
constexpr int kSliderLeast = 16;
constexpr int kSliderPerCore = 4;

/// The pool itself names the framework only; how it is called stands in its site.
static bool hasThreads(const ControlBridge &bridge, const std::string &app)
{
    return std::ranges::any_of(bridge.sites().sites, [&](const api::SiteView &site) {
        return site.app == app && site.kind.find("WSGI") != std::string::npos;
    });
}

PoolTuner::PoolTuner(WindowContext &context, std::string app, QWidget *parent)
    : QWidget(parent), m_context(context), m_app(std::move(app)),
      m_slider(new QSlider(Qt::Horizontal, this)), m_processes(new QSpinBox(this)),
      m_auto(new QCheckBox(tr("auto"), this)), m_threadsLabel(new QLabel(tr("Threads each"), this)),
      m_threads(new QSpinBox(this)), m_preview(new QLabel(this))
{
    const QString name = toQString(m_app);
    const SettingRow *processes = findSetting(kProcessesKey);
    const SettingRow *threads = findSetting(kThreadsKey);
    Q_ASSERT(processes && threads);
    m_processes->setRange(1, int(processes->max));
    m_threads->setRange(int(threads->min), int(threads->max));
    m_slider->setRange(1, kSliderLeast);
    m_slider->setPageStep(2);
    m_slider->setAccessibleName(tr("Worker processes of %1").arg(name));
    m_processes->setAccessibleName(tr("Worker processes of %1, number").arg(name));
    m_auto->setAccessibleName(tr("As many worker processes of %1 as cores").arg(name));
    m_threads->setAccessibleName(tr("Threads of each worker of %1").arg(name));
    m_processes->setToolTip(toQString(processes->help));
    m_threads->setToolTip(toQString(threads->help));
    for (QWidget *field : {static_cast<QWidget *>(m_slider), static_cast<QWidget *>(m_processes),
                           static_cast<QWidget *>(m_threads)})
        keepWheelForThePage(*field);
    m_preview->setProperty("secondary", true);
    m_preview->setWordWrap(true);
    makeLayout();
    connect(m_slider, &QSlider::valueChanged, this, &PoolTuner::processesMoved);
    connect(m_processes, &QSpinBox::valueChanged, this, &PoolTuner::processesMoved);
    connect(m_threads, &QSpinBox::valueChanged, this, [this](int count) {
        stage(kThreadsKey, std::to_string(count), std::to_string(m_pool.threads));
    });
    connect(m_auto, &QCheckBox::clicked, this, [this](bool on) {
        stage(kProcessesKey, on ? "auto" : std::to_string(m_processes->value()), m_pool.processes);
    });
    connect(&context.staging(), &Staging::changed, this, [this] {
        if (m_known)
            show(m_pool);
    });
}

void PoolTuner::makeLayout()
{
    auto *label = new QLabel(tr("Processes"), this);
    label->setBuddy(m_processes);
    m_threadsLabel->setBuddy(m_threads);
    m_processes->setFixedWidth(scaled(76));
    m_threads->setFixedWidth(scaled(76));
    m_slider->setMinimumWidth(140);
    auto *processes = new QHBoxLayout;
    processes->addWidget(label);
    processes->addWidget(m_slider, 1);
    processes->addWidget(m_processes);
    processes->addWidget(m_auto);
    auto *threads = new QHBoxLayout;
    threads->addWidget(m_threadsLabel);
    threads->addWidget(m_threads);
    auto *row = new FlowLayout(FlowLayout::Widths::Natural, 28);
    row->addRow(processes, 10, this);
    row->addRow(threads, 10, this);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(row);
    layout->addWidget(m_preview);
}

QString PoolTuner::preview() const
{
    return m_preview->text();
}

std::string PoolTuner::wanted(std::string_view key, const std::string &inForce) const
{
    const StagedEdit *edit =
        m_context.staging().changes().find({EditId::Kind::Setting, "app", m_app, std::string(key)});
    return edit && edit->value ? *edit->value : inForce;
}

void PoolTuner::show(const api::PoolFigures &pool)
{
    m_pool = pool;
    m_known = true;
    m_showing = true;
    const std::string processes = wanted(kProcessesKey, pool.processes);
    const bool isAuto = processes == "auto";
    const int count = std::max(1, isAuto ? inForce() : toQString(processes).toInt());
    const int cores = int(m_context.bridge().snapshot().host.cpuCores.size());
    m_slider->setMaximum(std::max({kSliderLeast, cores * kSliderPerCore, count}));
    m_slider->setValue(count);
    if (m_processes->value() != count) // else it would take what is being typed
        m_processes->setValue(count);
    m_auto->setChecked(isAuto);
    const int threads = toQString(wanted(kThreadsKey, std::to_string(pool.threads))).toInt();
    if (m_threads->value() != threads)
        m_threads->setValue(threads);
    const bool threaded = hasThreads(m_context.bridge(), m_app);
    m_threads->parentWidget()->setVisible(threaded); // label and field; the slider gets their room
    m_showing = false;
    updatePreview();
}

/// What pool.processes comes to: the number of them, or the least of a pool that scales.
int PoolTuner::inForce() const
{
    return m_pool.scaling.most > 0 ? m_pool.scaling.least : m_pool.wanted;
}

void PoolTuner::processesMoved(int count)
{
    stage(kProcessesKey, std::to_string(count), m_pool.processes);
}

void PoolTuner::stage(std::string_view key, const std::string &value, const std::string &before)
{
    if (m_showing)
        return;
    // Staging tells of it, and with that all inputs here show it.
    m_context.staging().changes().stage(
        {.id = {EditId::Kind::Setting, "app", m_app, std::string(key)},
         .value = value,
         .shown = value,
         .before = {before, before}},
        m_context.bridge().sites().revision);
}

double PoolTuner::memoryEach() const
{
    double sum = 0;
    int known = 0;
    for (const api::WorkerFigures &worker : m_pool.workers) {
        if (worker.memoryBytes >= 0 && worker.state != "preloader") {
            sum += double(worker.memoryBytes);
            ++known;
        }
    }
    return known ? sum / known : -1;
}

QString PoolTuner::processesPreview(int from, int to, bool &tooMuch)
{
    QString text = tr("%1 → %2 processes").arg(from).arg(to);
    const api::HostFigures &host = m_context.bridge().snapshot().host;
    const double each = memoryEach();
    const double more = each * (to - from);
    if (each >= 0 && to != from)
        text += tr(", about %1%2")
                    .arg(to > from ? QStringLiteral("+") : QStringLiteral("−"),
                         bytesText(std::abs(more)));
    const bool knowsFree = host.memoryTotalBytes >= 0 && host.memoryUsedBytes >= 0;
    const double free = double(host.memoryTotalBytes - host.memoryUsedBytes);
    tooMuch = each >= 0 && knowsFree && more > free;
    if (tooMuch)
        return text + tr(", but only %1 are free").arg(bytesText(free));
    return text + tr(", no dropped requests");
}

void PoolTuner::updatePreview()
{
    bool tooMuch = false;
    QStringList parts;
    const std::string processes = wanted(kProcessesKey, m_pool.processes);
    if (processes != m_pool.processes && m_auto->isChecked())
        parts << tr("Back to auto: one process per core, at least two, no dropped requests");
    else if (processes != m_pool.processes)
        parts << processesPreview(inForce(), m_processes->value(), tooMuch);
    if (!m_threads->isHidden() && m_threads->value() != m_pool.threads)
        parts << tr("%1 → %2 threads each: new workers take over from those of %3")
                     .arg(m_pool.threads)
                     .arg(m_threads->value())
                     .arg(toQString(m_app));
    if (parts.isEmpty() && m_pool.scaling.most > 0)
        parts << tr("%1 to %n process(es), %2 now", nullptr, m_pool.scaling.most)
                     .arg(m_pool.scaling.least)
                     .arg(m_pool.wanted);
    else if (parts.isEmpty())
        parts << (m_pool.processes == "auto"
                      ? tr("Auto: %n process(es) now", nullptr, m_pool.wanted)
                      : tr("%n process(es)", nullptr, m_pool.wanted));
    else
        parts << tr("not applied yet");
    m_preview->setText(parts.join(QStringLiteral(" · ")));
    setMark(*m_preview, "caution", tooMuch);
}

} // namespace arc
