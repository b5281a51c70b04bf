// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace arc {

class Control;
class EngineLauncher;
class KeepServing;

/// What the program gives the window. Everything pointed at must outlive runWindow().
struct WindowOptions {
    Control *control = nullptr;         ///< needed
    EngineLauncher *launcher = nullptr; ///< nullptr: an engine this window cannot start
    KeepServing *keepServing = nullptr; ///< nullptr: serving does not depend on a login
    bool startEngine = false;           ///< ask the launcher at once: no engine answered
    bool hidden = false;                ///< begin in the tray, if there is one
    std::string instanceName;           ///< empty: "This computer"
    std::string sampleFolder;           ///< of "photos"; empty: no sample is offered
    std::string initialFolder;          ///< opens the Serve sheet for it; empty: none
    std::string initialPage;            ///< its short name ("workers"); empty: the last one
    std::string socketName;             ///< of the single instance, an absolute path; empty: none
    std::string draftFile;              ///< of changes that are not applied; empty: not kept
    int argc = 0;                       ///< for Qt's own options
    char **argv = nullptr;
};

/// Opens the window and runs until it is closed; returns the exit code. Call from the main thread,
/// before any other use of Qt, and after handToFirstWindow() found no other window.
int runWindow(WindowOptions options);

} // namespace arc
