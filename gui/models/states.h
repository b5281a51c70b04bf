// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace arc {

/// Shape and colour class of a state. The word makes the third.
enum class StateTone { Ok, Busy, Warn, Bad, Off, Unknown };

struct StateLook {
    StateTone tone;
    QString word;
};

/// How a state of the admin API is told: "running" → Ok, "Running".
StateLook lookOf(const QString &state);

} // namespace arc
