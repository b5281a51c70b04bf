// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QFrame>
#include <QTimer>

class QLabel;
class QPushButton;

namespace arc {

class ControlBridge;
class ElidedLabel;
class OutputView;
class StatePill;

/// A one-off command that runs in a site: state, time, live output, Cancel. It asks for news twice
/// a second while it runs and the window is seen; it stays until somebody closes it. GUI thread.
class TaskStrip : public QFrame {
    Q_OBJECT
public:
    static constexpr int kPollMs = 500;

    TaskStrip(ControlBridge &bridge, api::TaskView task, QWidget *parent = nullptr);

    const std::string &taskId() const { return m_task.id; }
    bool isRunning() const { return m_task.state == "running"; }
    void setWatched(bool watched);

Q_SIGNALS:
    void closed();
    void finished(const arc::api::TaskView &task);

private:
    void poll();
    void take(api::TaskView task);
    void showState();
    void toggleOutput();

    ControlBridge &m_bridge;
    api::TaskView m_task;
    int64_t m_readTo = 0; ///< offset in the whole output
    bool m_asking = false;
    QTimer m_timer;
    StatePill *m_state;
    ElidedLabel *m_title;
    QLabel *m_elapsed;
    QPushButton *m_fold;
    QPushButton *m_cancel;
    QPushButton *m_close;
    OutputView *m_output;
};

} // namespace arc
