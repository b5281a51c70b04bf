// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/widgets/titled_dialog.h"

class QPushButton;

namespace arc {

class ControlBridge;
class OutputView;

/// The report for somebody who helps: shown whole before it is copied. The engine makes it, so that
/// it tells about the engine's machine; the window adds what it knows of itself. GUI thread.
class DiagnosticsDialog : public TitledDialog {
    Q_OBJECT
public:
    DiagnosticsDialog(ControlBridge &bridge, QWidget *parent);

    QString text() const;
    QPushButton *copyButton() const { return m_copy; }
    QString note() const;

private:
    void fetch();

    ControlBridge &m_bridge;
    OutputView *m_view;
    QPushButton *m_copy;
    QPushButton *m_again;
};

/// What the window knows of itself: Qt, platform, screens.
QString windowFacts();

} // namespace arc
