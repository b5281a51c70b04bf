// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

class QDBusConnection;
class QObject;

namespace arc {

/// Connects to the session's message bus away from the GUI thread, then runs `done` on it unless
/// `receiver` is gone; `absent` instead where there is no bus, never at once. A bus that is slow
/// delays nothing but the end of the program, which waits for its thread.
void withSessionBus(QObject *receiver, std::function<void(const QDBusConnection &)> done,
                    std::function<void()> absent = {});

} // namespace arc
