// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>

class QLabel;
class QPushButton;

namespace arc {

class ControlBridge;
class StatePill;

/// The line above everything: which machine, how it is, Undo, Add site. GUI thread.
class HeaderBar : public QFrame {
    Q_OBJECT
public:
    HeaderBar(ControlBridge &bridge, const QString &instanceName, QWidget *parent = nullptr);

    StatePill *pill() const { return m_pill; }
    QPushButton *paletteButton() const { return m_search; }
    QPushButton *undoButton() const { return m_undo; }
    QPushButton *addButton() const { return m_add; }
    /// `whyNot` empty: there is something to undo, and `what` says what.
    void showUndo(const QString &what, const QString &whyNot);

private:
    void showState();

    ControlBridge &m_bridge;
    StatePill *m_pill;
    QPushButton *m_search;
    QPushButton *m_undo;
    QPushButton *m_add;
};

} // namespace arc
