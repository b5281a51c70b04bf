// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/control/api/types.h"

#include <QObject>
#include <QString>

#include <vector>

namespace arc {

class ControlBridge;

/// What this window can undo and redo: one revision each, newest last. Undoing a revision is a
/// change of its own, decided against the newest revision this window knows of; when somebody else
/// was faster it is refused and offered again. Begins with what the history tells. GUI thread.
class UndoHistory : public QObject {
    Q_OBJECT
public:
    static constexpr int kStepsMax = 100;

    enum class Way { Undo, Redo };
    struct Step {
        QString text;          ///< what was done: "shop is stopped"
        uint64_t revision = 0; ///< that did it
    };

    explicit UndoHistory(ControlBridge &bridge, QObject *parent = nullptr);

    /// This window changed the configuration.
    void record(const QString &text, uint64_t revision);
    void go(Way way);
    void goOnTop(Way way);           ///< although others changed something since
    void drop(Way way);              ///< forgets the step and goes on from what is there now
    const Step *next(Way way) const; ///< nullptr: nothing to undo (redo)
    QString whyNot(Way way) const;   ///< one sentence; empty: it can be done
    /// The newest revision that this window made or began with.
    uint64_t known() const { return m_known; }

Q_SIGNALS:
    void changed();
    void went(Way way, const QString &text);
    void conflicted(Way way); ///< others changed something; nothing was done
    void failed(Way way, const QString &why);

private:
    void begin();
    void send(Way way, uint64_t madeAgainst);
    void take(Way way, const Step &step, uint64_t madeAgainst, Result<api::Changed> answer);
    void refuse(Way way, uint64_t madeAgainst, const Error &error);
    std::vector<Step> &stack(Way way) { return way == Way::Undo ? m_undo : m_redo; }

    ControlBridge &m_bridge;
    std::vector<Step> m_undo;
    std::vector<Step> m_redo;
    uint64_t m_known = 0;
    bool m_beginning = false;
    bool m_busy = false;
};

} // namespace arc
