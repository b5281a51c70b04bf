// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QWidget>

#include <string_view>

class QCheckBox;
class QLabel;
class QSlider;
class QSpinBox;

namespace arc {

class WindowContext;

/// Processes and threads of a pool: edits like all others, which wait in the window's bar, with a
/// line that says what applying them would do. GUI thread.
class PoolTuner : public QWidget {
    Q_OBJECT
public:
    PoolTuner(WindowContext &context, std::string app, QWidget *parent = nullptr);

    /// What is in force; what is staged is shown over it.
    void show(const api::PoolFigures &pool);

    QSlider *slider() const { return m_slider; }
    QSpinBox *processes() const { return m_processes; }
    QCheckBox *automatic() const { return m_auto; }
    QSpinBox *threads() const { return m_threads; }
    QString preview() const;

private:
    void makeLayout();
    void processesMoved(int count);
    void stage(std::string_view key, const std::string &value, const std::string &before);
    /// What is staged for a setting of this app; without that, what is in force.
    std::string wanted(std::string_view key, const std::string &inForce) const;
    void updatePreview();
    QString processesPreview(int from, int to, bool &tooMuch);
    int inForce() const;
    double memoryEach() const;

    WindowContext &m_context;
    std::string m_app;
    api::PoolFigures m_pool;
    bool m_known = false;
    bool m_showing = false; ///< the inputs are being set, nobody edits
    QSlider *m_slider;
    QSpinBox *m_processes;
    QCheckBox *m_auto;
    QLabel *m_threadsLabel;
    QSpinBox *m_threads;
    QLabel *m_preview;
};

} // namespace arc
