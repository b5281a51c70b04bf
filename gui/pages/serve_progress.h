// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>
#include <QWidget>

#include <vector>

class QLabel;
class QVBoxLayout;

namespace arc {

class ControlBridge;
class OutputView;
class StatePill;

/// A site's way from added to running, step by step, or to the cause why it is not. While it is
/// seen it looks four times a second. GUI thread.
class ServeProgress : public QWidget {
    Q_OBJECT
public:
    static constexpr int kPollMs = 250;
    static constexpr int kFailureLines = 20;

    explicit ServeProgress(ControlBridge &bridge, QWidget *parent = nullptr);

    /// Follows a site from now on.
    void follow(const QString &site);
    void stop();

    bool isFollowing() const { return !m_site.isEmpty(); }
    QString cause() const;
    QString output() const;

Q_SIGNALS:
    void running();
    void failed();
    void heightChanged();

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void look();
    void showSteps();
    void showFailure(const QString &cause);

    ControlBridge &m_bridge;
    QString m_site;
    bool m_told = false;
    qint64 m_notBeforeUnixMs = 0; ///< snapshots from before the last order say nothing about it
    QTimer m_timer;
    StatePill *m_state;
    QLabel *m_headline;
    QLabel *m_steps;
    QLabel *m_cause;
    OutputView *m_output;
};

} // namespace arc
