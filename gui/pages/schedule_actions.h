// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/schedule_types.h"

#include <QObject>
#include <QString>

#include <map>
#include <string>

namespace arc {

class WindowContext;

/// What can be done with the schedules of apps: the tab's buttons, the menu and the palette come
/// through here. Keeps what was typed into a sheet that was left. GUI thread.
class ScheduleActions : public QObject {
    Q_OBJECT
public:
    explicit ScheduleActions(WindowContext &context, QObject *parent = nullptr);

    void add(const std::string &app); ///< asks for it
    /// Another change since `view` was told of is not overwritten.
    void edit(const std::string &app, const api::ScheduleView &view);
    void setEnabled(const std::string &app, const std::string &name, bool on);
    void remove(const std::string &app, const std::string &name);
    void run(const std::string &app, const std::string &name);

Q_SIGNALS:
    void changed(); ///< the engine has other schedules or runs now
    void saved(const QString &name);
    void started(const arc::api::ScheduleRun &run);

private:
    void open(const api::NewSchedule &before);

    WindowContext &m_context;
    /// By app and the schedule's name before; only of this window's time.
    std::map<std::pair<std::string, std::string>, api::NewSchedule> m_left;
};

} // namespace arc
