// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/files/open_confined.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

struct FileEntry;

/// One line of a list. Public for tests.
struct FolderItem {
    std::string name; ///< as the file system has it
    bool isFolder = false;
    uint64_t size = 0;
    int64_t modified = 0; ///< Unix seconds
};

/// Whether a path below a root is a folder. May block.
bool isFolderBelow(const std::string &root, const std::string &path,
                   OpenStrategy strategy) noexcept;

/// The page for a folder, as an entry without validators: its time does not tell when a file in it
/// grew. At most `namesMax` names, folders first; hidden ones, and links that lead nowhere or out
/// of the root, are left out. May block. `path` begins and ends with "/".
std::shared_ptr<const FileEntry> makeFolderList(const std::string &root, const std::string &path,
                                                size_t namesMax, OpenStrategy strategy);

/// The HTML of a list; every name is escaped. `isCut`: there are more names than were taken.
std::string folderPage(std::string_view path, const std::vector<FolderItem> &items, bool isCut);

} // namespace arc
