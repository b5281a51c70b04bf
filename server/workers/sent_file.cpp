// SPDX-License-Identifier: Apache-2.0
#include "server/workers/sent_file.h"

#include "server/http/syntax/uri.h"

namespace arc {

SendFolders::SendFolders(const std::vector<std::string> &folders)
{
    for (const std::string &folder : folders)
        m_each.push_back(std::make_shared<const FileScope>(std::vector {folder}, std::string()));
    m_all = std::make_shared<const FileScope>(folders, std::string());
}

std::optional<SendFolders::Place> SendFolders::locate(const FileRequest &wanted) const
{
    const std::string_view value = wanted.value;
    if (!wanted.isPath) {
        std::string memory;
        const auto path = normalisePath(value.substr(0, value.find('?')), memory);
        if (!path || m_each.empty())
            return std::nullopt;
        return Place {m_all, std::string(*path)};
    }
    for (const auto &scope : m_each) {
        std::string_view folder = scope->roots.front();
        while (folder.ends_with('/'))
            folder.remove_suffix(1);
        if (value.starts_with(folder) && value.substr(folder.size()).starts_with('/'))
            return Place {scope, std::string(value.substr(folder.size()))};
    }
    return std::nullopt;
}

} // namespace arc
