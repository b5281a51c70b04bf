// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/bridge/control_bridge.h"
#include "gui/pages/shell.h"
#include "gui/theme/theme.h"
#include "support/fake_control.h"

#include <QApplication>
#include <QTemporaryDir>

#include <memory>

namespace arc::test {

/// A shell on an engine that is not there, in a state that a test chooses. Addresses that would be
/// opened in a browser are kept instead.
class GuiFixture {
public:
    explicit GuiFixture(std::unique_ptr<FakeControl> control = std::make_unique<FakeControl>(),
                        EngineLauncher *launcher = nullptr, const QString &draftFile = {},
                        Tray *tray = nullptr, KeepServing *keepServing = nullptr);

    /// Changes that reached the engine: what was only tried is not counted.
    int applied() const;
    const FakeControl::Call *last(std::string_view operation) const;

    /// Shows the window and waits until the engine has answered once.
    void open();

    /// All rows of the settings; the page makes them a few at a time.
    void makeAllSettings();

    Theme *theme() const;
    QString draftFile() const { return m_draftFile; }
    QTemporaryDir dir; ///< for the window's settings and for project folders
    const QString m_draftFile;
    std::unique_ptr<FakeControl> control;
    ControlBridge bridge;
    QList<QUrl> opened;
    Shell shell;
};

/// main() of a GUI test: one QApplication with our theme and our accessibility objects.
int runGuiTest(QObject &test, int argc, char **argv);
/// The dialog that is open now, whatever its kind; nullptr: none.
QDialog *openDialog(Shell &shell);
/// A recognition of a Django project, as detect would give it.
api::Recognition djangoFolder(const std::string &path, const std::string &name);

} // namespace arc::test
