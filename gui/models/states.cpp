// SPDX-License-Identifier: Apache-2.0
#include "gui/models/states.h"

#include <QCoreApplication>

namespace arc {

StateLook lookOf(const QString &state)
{
    struct Row {
        const char *state;
        StateTone tone;
        const char *word;
    };
    static const Row kRows[] = {
        {"running", StateTone::Ok, QT_TRANSLATE_NOOP("arc", "Running")},
        {"ready", StateTone::Ok, QT_TRANSLATE_NOOP("arc", "Ready")},
        {"serving", StateTone::Ok, QT_TRANSLATE_NOOP("arc", "Serving")},
        {"done", StateTone::Ok, QT_TRANSLATE_NOOP("arc", "Done")},
        {"valid", StateTone::Ok, QT_TRANSLATE_NOOP("arc", "Valid")},
        {"expiring", StateTone::Warn, QT_TRANSLATE_NOOP("arc", "Ends soon")},
        {"early", StateTone::Warn, QT_TRANSLATE_NOOP("arc", "Not valid yet")},
        {"expired", StateTone::Bad, QT_TRANSLATE_NOOP("arc", "Expired")},
        {"broken", StateTone::Bad, QT_TRANSLATE_NOOP("arc", "Not served")},
        {"starting", StateTone::Busy, QT_TRANSLATE_NOOP("arc", "Starting")},
        {"preloader", StateTone::Ok, QT_TRANSLATE_NOOP("arc", "Preloads")},
        {"candidate", StateTone::Busy, QT_TRANSLATE_NOOP("arc", "Candidate")},
        {"stopping", StateTone::Busy, QT_TRANSLATE_NOOP("arc", "Stopping")},
        {"draining", StateTone::Busy, QT_TRANSLATE_NOOP("arc", "Draining")},
        {"connecting", StateTone::Busy, QT_TRANSLATE_NOOP("arc", "Connecting")},
        {"degraded", StateTone::Warn, QT_TRANSLATE_NOOP("arc", "Degraded")},
        {"refused", StateTone::Warn, QT_TRANSLATE_NOOP("arc", "Not deployed")},
        {"failed", StateTone::Bad, QT_TRANSLATE_NOOP("arc", "Failed")},
        {"unreachable", StateTone::Bad, QT_TRANSLATE_NOOP("arc", "Not reachable")},
        {"stopped", StateTone::Off, QT_TRANSLATE_NOOP("arc", "Stopped")},
        // How a worker ended; "stopped" is one of them.
        {"exit", StateTone::Bad, QT_TRANSLATE_NOOP("arc", "Exited")},
        {"signal", StateTone::Bad, QT_TRANSLATE_NOOP("arc", "Killed")},
        {"memory", StateTone::Bad, QT_TRANSLATE_NOOP("arc", "Out of memory")},
        {"start", StateTone::Bad, QT_TRANSLATE_NOOP("arc", "Did not start")},
        {"hung", StateTone::Bad, QT_TRANSLATE_NOOP("arc", "Hung")},
        {"protocol", StateTone::Bad, QT_TRANSLATE_NOOP("arc", "Misbehaved")},
        {"recycled", StateTone::Off, QT_TRANSLATE_NOOP("arc", "Recycled")},
        {"deploy", StateTone::Off, QT_TRANSLATE_NOOP("arc", "Replaced")},
        {"scaled", StateTone::Off, QT_TRANSLATE_NOOP("arc", "One too many")},
        {"admin", StateTone::Off, QT_TRANSLATE_NOOP("arc", "Ended by hand")},
        {"cancelled", StateTone::Off, QT_TRANSLATE_NOOP("arc", "Cancelled")},
    };
    for (const Row &row : kRows) {
        if (state == QLatin1String(row.state))
            return {row.tone, QCoreApplication::translate("arc", row.word)};
    }
    return {StateTone::Unknown,
            state.isEmpty() ? QCoreApplication::translate("arc", "Unknown") : state};
}

} // namespace arc
