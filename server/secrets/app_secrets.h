// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"

#include <map>
#include <string>

namespace arc {

// Secrets of apps. A document that is kept holds them sealed under the SecretKey of its data
// directory, each for its app and name; so history, undo, copies and exports of it hold nothing
// else. The key is read anew each time, and is in memory only meanwhile. Touches the disk. One
// thread at a time.

/// Seals what is not sealed yet in `next`. A value that `current` holds already stays as it is
/// there, so that nothing seems changed. Makes the key when there is none. Invalid: a value that no
/// variable can have, or begins as a sealed one does and is none; DataDir: the key cannot be read.
Result<Document> sealAppSecrets(Document next, const Document &current, const std::string &dataDir);

/// The secrets of one app in clear, by name. Invalid: the key is gone, or not the one they were
/// sealed with; the sentence says which, and what to do.
Result<std::map<std::string, std::string>> openAppSecrets(const AppConfig &app,
                                                          const std::string &dataDir);

} // namespace arc
