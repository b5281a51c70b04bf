// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace arc {

/// What the five fields of a schedule's times mean, for people: "Every day at 02:30". Empty where
/// there is no short sentence for it, and for what is no such expression: whether it is one is for
/// the engine to say. Pure.
QString cronMeaning(const QString &cron);

} // namespace arc
