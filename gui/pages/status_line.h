// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>

#include <cstdint>

class QLabel;

namespace arc {

class ControlBridge;
class ElidedLabel;

/// The foot: listeners, CPU, memory, how fresh all this is, and what the window itself costs.
/// GUI thread.
class StatusLine : public QFrame {
    Q_OBJECT
public:
    explicit StatusLine(ControlBridge &bridge, QWidget *parent = nullptr);

    QString freshness() const;
    /// The figures stand still because somebody wants it.
    void setPaused(bool paused);
    /// A new stretch of measuring: what was spent while hidden is no present cost.
    void restartCost();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void showWhatFits();
    void showListeners();
    void showFigures();
    QString ownCost();

    ControlBridge &m_bridge;
    ElidedLabel *m_listeners;
    QLabel *m_host;
    QLabel *m_engine;
    QLabel *m_fresh;
    QLabel *m_cost;
    bool m_paused = false;
    int64_t m_cpuNs = -1;
    int64_t m_wallNs = 0;
};

} // namespace arc
