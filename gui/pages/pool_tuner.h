// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QTimer>
#include <QWidget>

class QCheckBox;
class QLabel;
class QPushButton;
class QSlider;
class QSpinBox;

namespace arc {

class WindowContext;
struct StagedEdit;

/// Processes and threads of a pool. Processes are live: what the slider says is applied a moment
/// after it rests, unless it needs more memory than is free; then it waits for its button. Threads
/// need new workers: they are staged and applied from the window's bar. GUI thread.
class PoolTuner : public QWidget {
    Q_OBJECT
public:
    static constexpr int kRestMs = 700; ///< the slider has come to rest

    PoolTuner(WindowContext &context, std::string app, QWidget *parent = nullptr);

    void show(const api::PoolFigures &pool);

    QSlider *slider() const { return m_slider; }
    QSpinBox *processes() const { return m_processes; }
    QCheckBox *automatic() const { return m_auto; }
    QSpinBox *threads() const { return m_threads; }
    QPushButton *applyButton() const { return m_apply; }
    QString preview() const;

protected:
    void hideEvent(QHideEvent *event) override;

private:
    void makeLayout();
    void processesMoved(int count);
    void threadsMoved();
    void updatePreview();
    QString processesPreview(int from, int to);
    void apply();
    void send(api::SettingEdit edit, const QString &done);
    const StagedEdit *stagedThreads() const;
    std::string wantedProcesses() const;
    bool processesChanged() const;
    bool threadsChanged() const;
    double memoryEach() const;

    WindowContext &m_context;
    std::string m_app;
    api::PoolFigures m_pool;
    bool m_known = false;
    bool m_showing = false;
    bool m_editing = false; ///< a value differs from the engine's and is not sent yet
    bool m_needsButton = false;
    QTimer m_rest;
    QSlider *m_slider;
    QSpinBox *m_processes;
    QCheckBox *m_auto;
    QLabel *m_threadsLabel;
    QSpinBox *m_threads;
    QLabel *m_preview;
    QPushButton *m_apply;
    QPushButton *m_discard;
};

} // namespace arc
