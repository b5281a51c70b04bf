// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"

#include <string>

#include <sys/stat.h>

namespace arc {

/// How a path is kept inside its root.
enum class OpenStrategy {
    Openat2, ///< the kernel resolves beneath the root; symbolic links are followed as long as they
             ///< stay inside
    Walk,    ///< component by component, no symbolic link is followed; where openat2 is missing or
             ///< forbidden
};
/// What this machine can do; probed at the first call. Any thread.
OpenStrategy bestOpenStrategy() noexcept;

struct ConfinedFile {
    FileDescriptor fd; ///< of a regular file: open for reading; of a folder: empty
    struct stat status { };
    int error = 0; ///< errno; EACCES also for what is neither file nor folder
};

/// Opens a path below a root folder. May block: never call it on a loop. What is neither a regular
/// file nor a folder is not opened at all, since opening a device or a pipe may already do
/// something. `path`: no NUL; relative, "" is the root.
ConfinedFile openConfined(const std::string &root, std::string path,
                          OpenStrategy strategy) noexcept;

/// A folder below a root, opened for reading its names; empty when there is none. May block.
FileDescriptor openFolderConfined(const std::string &root, std::string path,
                                  OpenStrategy strategy) noexcept;

} // namespace arc
