// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/folder_list.h"

#include "server/base/assert.h"
#include "server/base/embedded.h"
#include "server/base/text.h"
#include "server/http/files/file_entry.h"
#include "server/http/message.h"
#include "server/http/syntax/error_page.h"
#include "server/http/syntax/uri.h"

#include <algorithm>
#include <tuple>

#include <dirent.h>

namespace arc {

namespace {

constexpr int64_t kTimeTextBytes = 16; // "2026-11-26T08:57"

bool describe(const std::string &root, const std::string &path, OpenStrategy strategy,
              FolderItem &item)
{
    const ConfinedFile file = openConfined(root, path + item.name, strategy);
    if (file.error)
        return false;
    item.isFolder = !file.fd;
    item.size = static_cast<uint64_t>(file.status.st_size);
    item.modified = file.status.st_mtim.tv_sec;
    return true;
}

void appendRow(std::string &out, const FolderItem &item)
{
    const std::string slash = item.isFolder ? "/" : "";
    // "./" keeps a name with a colon from being read as a scheme.
    out += "<tr><td><a href=\"";
    appendHtml(out, "./" + encodePath(item.name) + slash);
    out += "\">";
    appendHtml(out, item.name + slash);
    out += "</a></td><td class=\"size\">";
    if (!item.isFolder)
        appendHtml(out, formatBytes(static_cast<double>(item.size)));
    out += "</td><td class=\"time\">";
    std::string time = formatTimestamp(item.modified * 1000).substr(0, kTimeTextBytes);
    std::replace(time.begin(), time.end(), 'T', ' ');
    appendHtml(out, time);
    out += "</td></tr>\n";
}

} // namespace

bool isFolderBelow(const std::string &root, const std::string &path, OpenStrategy strategy) noexcept
{
    return static_cast<bool>(openFolderConfined(root, path, strategy));
}

std::shared_ptr<const FileEntry> makeFolderList(const std::string &root, const std::string &path,
                                                size_t namesMax, OpenStrategy strategy)
{
    auto entry = std::make_shared<FileEntry>();
    FileDescriptor folder = openFolderConfined(root, path, strategy);
    DIR *stream = folder ? fdopendir(folder.get()) : nullptr;
    if (!stream)
        return entry; // gone since
    folder.release(); // the stream's now
    std::vector<FolderItem> items;
    bool isCut = false;
    while (const dirent *each = readdir(stream)) {
        FolderItem item {.name = each->d_name};
        if (item.name.starts_with('.'))
            continue;
        if (items.size() == namesMax) {
            isCut = true;
            break;
        }
        if (describe(root, path, strategy, item))
            items.push_back(std::move(item));
    }
    closedir(stream);
    std::sort(items.begin(), items.end(), [](const FolderItem &a, const FolderItem &b) {
        return std::tuple(!a.isFolder, std::string_view(a.name))
            < std::tuple(!b.isFolder, std::string_view(b.name));
    });
    entry->status = 200;
    entry->type = "text/html; charset=utf-8";
    entry->content = folderPage(path, items, isCut);
    entry->size = entry->content.size();
    HeaderBlock block;
    block.add("Content-Type", entry->type);
    entry->sharedAt = block.lines().size();
    block.add("Cache-Control", "no-cache");
    block.add("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    entry->lines = entry->variedLines = block.lines();
    return entry;
}

std::string folderPage(std::string_view path, const std::vector<FolderItem> &items, bool isCut)
{
    std::string rows;
    if (path != "/")
        rows += "<tr><td><a href=\"../\">../</a></td><td></td><td class=\"time\"></td></tr>\n";
    for (const FolderItem &item : items)
        appendRow(rows, item);
    std::string note;
    if (items.empty())
        note = "<p>This folder is empty.</p>\n";
    else if (isCut)
        note = "<p>There are more names than this list shows.</p>\n";

    const auto page = embeddedFile("pages/folder.html");
    ARC_ASSERT(page);
    std::string out;
    for (std::string_view rest = *page; !rest.empty();) {
        const size_t open = rest.find("{{");
        out.append(rest.substr(0, open));
        if (open == rest.npos)
            break;
        const size_t close = rest.find("}}", open);
        const std::string_view name = rest.substr(open + 2, close - open - 2);
        rest.remove_prefix(close + 2);
        if (name == "path")
            appendHtml(out, path);
        else
            out += name == "rows" ? rows : note;
    }
    return out;
}

} // namespace arc
