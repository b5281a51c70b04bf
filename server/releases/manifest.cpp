// SPDX-License-Identifier: Apache-2.0
#include "server/releases/manifest.h"

#include "server/base/text.h"
#include "server/releases/copy_file.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::string_view kHead = "arcology release 1";

/// Takes a field and the blank behind it.
std::string_view take(std::string_view &line)
{
    const size_t size = std::min(line.find(' '), line.size());
    const std::string_view field = line.substr(0, size);
    line.remove_prefix(std::min(size + 1, line.size()));
    return field;
}

template <class Number>
bool takeNumber(std::string_view &line, Number &number)
{
    const auto parsed = parseSigned(take(line));
    if (parsed)
        number = static_cast<Number>(*parsed);
    return parsed.has_value();
}

/// Takes text of a length that stands before it.
bool takeText(std::string_view &line, std::string &text)
{
    size_t size = 0;
    if (!takeNumber(line, size) || size >= line.size() || line[size] != ' ')
        return false;
    text = line.substr(0, size);
    line.remove_prefix(size + 1);
    return true;
}

bool readEntry(std::string_view line, ReleaseEntry &entry)
{
    const std::string_view kind = take(line);
    if (kind.size() != 1 || std::string_view("dfls").find(kind.front()) == kind.npos)
        return false;
    entry.kind = static_cast<ReleaseEntry::Kind>(kind.front());
    const bool isRead = takeNumber(line, entry.mode) && takeNumber(line, entry.size)
        && takeNumber(line, entry.mtimeNs) && takeNumber(line, entry.ctimeNs)
        && takeNumber(line, entry.inode) && takeNumber(line, entry.device)
        && takeNumber(line, entry.copyMtimeNs) && takeText(line, entry.content);
    entry.path = line;
    return isRead && !line.empty();
}

} // namespace

int64_t Manifest::files() const noexcept
{
    return std::ranges::count(entries, ReleaseEntry::Kind::File, &ReleaseEntry::kind);
}

int64_t Manifest::bytes() const noexcept
{
    int64_t sum = 0;
    for (const ReleaseEntry &entry : entries)
        sum += entry.size;
    return sum;
}

const ReleaseEntry *Manifest::find(std::string_view path) const noexcept
{
    const auto found = std::ranges::lower_bound(entries, path, {}, &ReleaseEntry::path);
    return found != entries.end() && found->path == path ? &*found : nullptr;
}

std::string Manifest::hash() const
{
    ContentHash hash;
    for (const ReleaseEntry &entry : entries) {
        hash.add(fmt::format("{} {:o} {} {} ", static_cast<char>(entry.kind), entry.mode,
                             entry.content.size(), entry.content));
        hash.add(entry.path);
        hash.add(std::string_view("\0", 1));
    }
    return hash.end();
}

std::string writeManifest(const Manifest &manifest)
{
    std::string text = fmt::format("{} {}", kHead, manifest.scannedNs);
    text += '\0';
    for (const ReleaseEntry &entry : manifest.entries) {
        fmt::format_to(std::back_inserter(text), "{} {} {} {} {} {} {} {} {} {} {}",
                       static_cast<char>(entry.kind), entry.mode, entry.size, entry.mtimeNs,
                       entry.ctimeNs, static_cast<int64_t>(entry.inode),
                       static_cast<int64_t>(entry.device), entry.copyMtimeNs, entry.content.size(),
                       entry.content, entry.path);
        text += '\0';
    }
    return text;
}

Result<Manifest> readManifest(std::string_view text)
{
    const Error broken {ErrorCode::DataDir, "is no list of a release's files"};
    Manifest manifest;
    bool isFirst = true;
    while (!text.empty()) {
        const size_t size = text.find('\0');
        if (size == text.npos)
            return broken;
        std::string_view line = text.substr(0, size);
        text.remove_prefix(size + 1);
        if (std::exchange(isFirst, false)) {
            if (!line.starts_with(kHead))
                return broken;
            line.remove_prefix(std::min(kHead.size() + 1, line.size()));
            if (!takeNumber(line, manifest.scannedNs))
                return broken;
            continue;
        }
        if (!readEntry(line, manifest.entries.emplace_back()))
            return broken;
    }
    if (isFirst || !std::ranges::is_sorted(manifest.entries, {}, &ReleaseEntry::path))
        return broken;
    return manifest;
}

} // namespace arc
