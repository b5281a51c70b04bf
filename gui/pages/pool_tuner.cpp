// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/pool_tuner.h"

#include "gui/bridge/control_bridge.h"
#include "gui/bridge/staging.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "gui/widgets/flow_layout.h"
#include "server/base/text.h"
#include "server/config/schema.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

constexpr std::string_view kProcessesKey = "pool.processes";
constexpr std::string_view kThreadsKey = "pool.threads";
constexpr int kSliderLeast = 16;
constexpr int kSliderPerCore = 4;

PoolTuner::PoolTuner(WindowContext &context, std::string app, QWidget *parent)
    : QWidget(parent), m_context(context), m_app(std::move(app)),
      m_slider(new QSlider(Qt::Horizontal, this)), m_processes(new QSpinBox(this)),
      m_auto(new QCheckBox(tr("auto"), this)), m_threadsLabel(new QLabel(tr("Threads each"), this)),
      m_threads(new QSpinBox(this)), m_preview(new QLabel(this)),
      m_apply(new QPushButton(tr("Apply"), this)), m_discard(new QPushButton(tr("Discard"), this))
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
    m_apply->setAccessibleName(tr("Apply to %1").arg(name));
    m_discard->setAccessibleName(tr("Discard the changes of %1").arg(name));
    m_processes->setToolTip(toQString(processes->help));
    m_threads->setToolTip(toQString(threads->help));
    m_processes->setKeyboardTracking(false);
    m_apply->setProperty("primary", true);
    m_preview->setProperty("secondary", true);
    m_preview->setWordWrap(true);
    makeLayout();
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &PoolTuner::apply);
    connect(m_slider, &QSlider::valueChanged, this, &PoolTuner::processesMoved);
    connect(m_processes, &QSpinBox::valueChanged, this, &PoolTuner::processesMoved);
    connect(m_threads, &QSpinBox::valueChanged, this, &PoolTuner::threadsMoved);
    connect(m_auto, &QCheckBox::clicked, this, &PoolTuner::updatePreview);
    connect(m_apply, &QPushButton::clicked, this, &PoolTuner::apply);
    connect(&context.staging(), &Staging::changed, this, [this] {
        if (m_known)
            show(m_pool);
    });
    connect(m_discard, &QPushButton::clicked, this, [this] {
        m_rest.stop();
        m_editing = false;
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
    auto *lower = new QHBoxLayout;
    lower->addWidget(m_preview, 1);
    lower->addWidget(m_discard);
    lower->addWidget(m_apply);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(row);
    layout->addLayout(lower);
    m_apply->hide();
    m_discard->hide();
}

QString PoolTuner::preview() const
{
    return m_preview->text();
}

void PoolTuner::show(const api::PoolFigures &pool)
{
    m_pool = pool;
    m_known = true;
    m_showing = true;
    const StagedEdit *staged = stagedThreads();
    const int threads =
        staged && staged->value ? QString::fromStdString(*staged->value).toInt() : pool.threads;
    if (m_threads->value() != threads)
        m_threads->setValue(threads);
    m_showing = false;
    // Somebody's hand is on it: figures of a second ago do not move it.
    if (m_editing || m_slider->isSliderDown())
        return;
    m_showing = true;
    const int cores = int(m_context.bridge().snapshot().host.cpuCores.size());
    m_slider->setMaximum(std::max({kSliderLeast, cores * kSliderPerCore, pool.wanted}));
    const int count = std::max(1, pool.wanted);
    m_slider->setValue(count);
    if (!m_processes->hasFocus())
        m_processes->setValue(count);
    m_auto->setChecked(pool.processes == "auto");
    const bool threaded = toQString(pool.kind).contains(QLatin1String("WSGI"));
    m_threads->parentWidget()->setVisible(threaded); // label and field; the slider gets their room
    m_showing = false;
    updatePreview();
}

void PoolTuner::processesMoved(int count)
{
    if (m_showing)
        return;
    m_showing = true;
    m_slider->setValue(count);
    m_processes->setValue(count);
    m_auto->setChecked(false);
    m_showing = false;
    updatePreview();
}

const StagedEdit *PoolTuner::stagedThreads() const
{
    return m_context.staging().changes().find(
        {EditId::Kind::Setting, "app", m_app, std::string(kThreadsKey)});
}

void PoolTuner::threadsMoved()
{
    if (m_showing)
        return;
    const std::string now = std::to_string(m_threads->value());
    const std::string before = std::to_string(m_pool.threads);
    m_context.staging().changes().stage(
        {.id = {EditId::Kind::Setting, "app", m_app, std::string(kThreadsKey)},
         .value = now,
         .shown = now,
         .before = {before, before}},
        m_context.bridge().sites().revision);
    updatePreview();
}

std::string PoolTuner::wantedProcesses() const
{
    return m_auto->isChecked() ? "auto" : std::to_string(m_processes->value());
}

bool PoolTuner::processesChanged() const
{
    return wantedProcesses() != m_pool.processes;
}

bool PoolTuner::threadsChanged() const
{
    return !m_threads->isHidden() && m_threads->value() != m_pool.threads;
}

double PoolTuner::memoryEach() const
{
    double sum = 0;
    int known = 0;
    for (const api::WorkerFigures &worker : m_pool.workers) {
        if (worker.memoryBytes >= 0) {
            sum += double(worker.memoryBytes);
            ++known;
        }
    }
    return known ? sum / known : -1;
}

QString PoolTuner::processesPreview(int from, int to)
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
    m_needsButton = each >= 0 && knowsFree && more > free;
    if (m_needsButton)
        return text + tr(", but only %1 are free").arg(bytesText(free));
    return text + tr(", no dropped requests");
}

void PoolTuner::updatePreview()
{
    if (!m_known)
        return;
    m_needsButton = false;
    m_editing = processesChanged();
    QStringList parts;
    if (processesChanged() && m_auto->isChecked())
        parts << tr("Back to auto: one process per core, at least two, no dropped requests");
    else if (processesChanged())
        parts << processesPreview(m_pool.wanted, m_processes->value());
    if (threadsChanged())
        parts << tr("%1 → %2 threads each: restarts the workers of %3, so it waits below until you "
                    "apply it")
                     .arg(m_pool.threads)
                     .arg(m_threads->value())
                     .arg(toQString(m_app));
    if (parts.isEmpty())
        parts << (m_pool.processes == "auto"
                      ? tr("Auto: %n process(es) now", nullptr, m_pool.wanted)
                      : tr("%n process(es)", nullptr, m_pool.wanted));
    m_preview->setText(parts.join(QStringLiteral(" · ")));
    m_apply->setText(tr("Apply anyway"));
    m_apply->setVisible(m_editing && m_needsButton);
    m_discard->setVisible(m_editing && m_needsButton);
    if (m_editing && !m_needsButton)
        m_rest.start();
    else
        m_rest.stop();
}

void PoolTuner::apply()
{
    m_rest.stop();
    if (m_slider->isSliderDown())
        return m_rest.start(); // still being pulled
    if (!processesChanged())
        return;
    const QString done = m_auto->isChecked() ? tr("automatic processes")
                                             : tr("%n process(es)", nullptr, m_processes->value());
    send({.key = std::string(kProcessesKey),
          .scope = "app",
          .object = m_app,
          .value = wantedProcesses()},
         tr("%1: %2").arg(toQString(m_app), done));
}

void PoolTuner::send(api::SettingEdit edit, const QString &done)
{
    m_apply->setEnabled(false); // five clicks are one change
    m_context.bridge().call(&Control::editSettings, {.edits = {std::move(edit)}}, this,
                            [this, done](Result<api::Changed> answer) {
                                m_apply->setEnabled(true);
                                m_editing = false;
                                if (answer) {
                                    m_context.sayUndoable(done, answer->revision);
                                } else {
                                    m_context.sayFailed(done, toQString(answer.error().message()));
                                    show(m_pool);
                                }
                                m_apply->hide();
                                m_discard->hide();
                                m_context.bridge().refresh();
                            });
}

void PoolTuner::hideEvent(QHideEvent *event)
{
    // A hidden window has no timers; what was asked for is not lost either.
    if (m_rest.isActive())
        apply();
    QWidget::hideEvent(event);
}

} // namespace arc
