// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"

#include <optional>
#include <string>

namespace arc {

/// What a later start asks of the window that is open already.
struct StartRequest {
    std::string folder {}; ///< opens the Serve sheet for it; empty: none
    std::string page {};   ///< by its short name ("workers"); empty: stay
    std::string token {};  ///< the desktop's leave to come to the front; empty: none
};

/// Hands a request to the window that is already open. False: there is none of this user. Needs no
/// QApplication, so that a second double click ends at once.
bool handToFirstWindow(const std::string &socketName, const StartRequest &request);

/// The right to be the first window, held while the descriptor is open. Nothing: another one has
/// it, which may only be about to listen. Invalid: this place has no locks, so nobody can tell.
std::optional<FileDescriptor> claimFirstWindow(const std::string &socketName);

/// Whether the process at the other end of a Unix socket runs as this user. A folder others can
/// write to may hold a socket of somebody else, and root may reach every socket.
bool isOwnUser(int socket);

} // namespace arc
