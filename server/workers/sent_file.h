// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/files/file_entry.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// A file an app asks the engine to send instead of a body (X-Sendfile, X-Accel-Redirect, ASGI
/// http.response.pathsend).
struct FileRequest {
    bool isPath = true; ///< X-Sendfile: an absolute path; else a URL path below the folders
    std::string value;  ///< as the app wrote it
};

/// The folders of files.send_from, and what of them an app may name. Immutable; any thread.
class SendFolders {
public:
    SendFolders() = default;
    explicit SendFolders(const std::vector<std::string> &folders);

    bool empty() const noexcept { return m_each.empty(); }
    struct Place {
        std::shared_ptr<const FileScope> scope;
        std::string path;
    };
    /// Where to look; nothing for what lies in none of the folders. The scope itself keeps ".." and
    /// symbolic links inside.
    std::optional<Place> locate(const FileRequest &wanted) const;

private:
    std::vector<std::shared_ptr<const FileScope>> m_each;
    std::shared_ptr<const FileScope> m_all;
};

} // namespace arc
