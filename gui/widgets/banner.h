// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>

class QLabel;
class QPushButton;

namespace arc {

/// One line below the header about something that needs attention, with at most one action.
/// Never modal, never stacked: the shell shows the most severe one. GUI thread.
class Banner : public QFrame {
    Q_OBJECT
public:
    enum class Tone { Warn, Error };

    explicit Banner(QWidget *parent = nullptr);

    /// `action` empty: no button.
    void show(Tone tone, const QString &text, const QString &action);
    QString text() const;
    QPushButton *actionButton() const { return m_action; }

Q_SIGNALS:
    void activated();

protected:
    void paintEvent(QPaintEvent *) override;

private:
    Tone m_tone = Tone::Warn;
    QLabel *m_mark;
    QLabel *m_text;
    QPushButton *m_action;
};

} // namespace arc
