// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

class QDBusConnection;
class QObject;

namespace arc {

/// Connects to the session's message bus away from the GUI thread, then runs `done` on it unless
/// `receiver` is gone. A bus that is slow or absent delays nothing: `done` is then never called.
void withSessionBus(QObject *receiver, std::function<void(const QDBusConnection &)> done);

} // namespace arc
