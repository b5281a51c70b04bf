// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/pending_changes.h"

#include <QStringList>

namespace arc {

class ControlBridge;

/// What this window applied that only the engine's next start makes true: from then until it has
/// started again, or until the setting says once more what is in force, whoever put it back.
/// GUI thread.
class RestartDue : public QObject {
    Q_OBJECT
public:
    explicit RestartDue(ControlBridge &bridge, QObject *parent = nullptr);

    /// These were applied just now.
    void note(const std::vector<StagedEdit> &edits);
    /// Labels of the settings that wait for a start of the engine, in the order they were applied.
    QStringList labels() const;

Q_SIGNALS:
    void changed();

private:
    void compare();

    struct Late {
        std::string key;
        QString label;
        std::optional<std::string> inForce; ///< since the engine was started; absent: not known
        bool isDue = true;
    };
    ControlBridge &m_bridge;
    std::vector<Late> m_late;
    int64_t m_engineStarted = 0; ///< the engine that has to end for them, Unix ms
    uint64_t m_comparison = 0;   ///< counts them: an answer to an older one says nothing
};

} // namespace arc
