// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QString>

#include <vector>

namespace arc {

/// One line of a difference, for people: "Keep-alive time: 65 s → 30 s".
struct DiffLine {
    QString what;
    QString before; ///< empty: was not there
    QString after;  ///< empty: is gone
    QString text() const;
};

/// All that changed of one object.
struct DiffObject {
    enum class Change { Added, Removed, Changed };
    QString title; ///< "Engine", "App shop"
    Change change = Change::Changed;
    std::vector<DiffLine> lines; ///< of a changed object, and what stands in a new one
};

/// A difference between two revisions as people read it. Values of variables are left out: keys
/// and passwords stand there.
std::vector<DiffObject> readable(const api::DiffView &diff);

} // namespace arc
