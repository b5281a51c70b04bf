// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>
#include <QTimer>

#include <functional>

class QLabel;
class QPushButton;

namespace arc {

/// A line at the window's foot that says what was just done, with one way back. It leaves by
/// itself, but not while the mouse or the keyboard is on it. GUI thread.
class Toast : public QFrame {
    Q_OBJECT
public:
    static constexpr int kShownMs = 10000;

    explicit Toast(QWidget *parent);

    void show(const QString &text, const QString &action, std::function<void()> run);
    void show(const QString &text) { show(text, {}, {}); }
    QString text() const;
    QPushButton *actionButton() const { return m_action; }
    /// Stops the clock while the window is hidden.
    void setWatched(bool watched);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void enterEvent(QEnterEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *) override;

private:
    void place();

    QLabel *m_text;
    QPushButton *m_action;
    QPushButton *m_close;
    QTimer m_timer;
    std::function<void()> m_run;
};

} // namespace arc
