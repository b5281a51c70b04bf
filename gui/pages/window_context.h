// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QString>

#include <string_view>

class QUrl;
class QWidget;

namespace arc {

class ControlBridge;
class Staging;

/// What pages may ask of the window around them. GUI thread.
class WindowContext {
public:
    virtual ~WindowContext() = default;

    virtual ControlBridge &bridge() = 0;
    virtual Staging &staging() = 0; ///< changes of all pages that are not applied yet
    virtual QWidget *window() = 0;  ///< parent of dialogs
    /// Says what was done.
    virtual void say(const QString &text) = 0;
    /// Says what was done, and offers to undo exactly that revision.
    virtual void sayUndoable(const QString &text, uint64_t revision) = 0;
    /// Says what failed and why: "Restart shop: …".
    virtual void sayFailed(const QString &what, const QString &why) = 0;
    virtual void openUrl(const QUrl &url) = 0;
    /// In the desktop's file manager.
    virtual void openFolder(const QString &folder) = 0;
    virtual void addTask(const api::TaskView &task) = 0;
    virtual void showSite(const QString &site) = 0;
    virtual void showLogs(const QString &site) = 0;
    /// The settings of an app, at one of them.
    virtual void showSettingOf(const QString &app, std::string_view key) = 0;
    virtual void serveFolder(const QString &folder) = 0;
};

} // namespace arc
