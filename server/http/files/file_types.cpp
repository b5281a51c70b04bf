// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/file_types.h"

#include "server/base/text.h"

#include <algorithm>

namespace arc {

namespace {

struct TypeRow {
    std::string_view extension;
    std::string_view type;
};
constexpr TypeRow kTypes[] = {
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"txt", "text/plain; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"ics", "text/calendar; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"xml", "text/xml; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"geojson", "application/geo+json"},
    {"xhtml", "application/xhtml+xml"},
    {"rss", "application/rss+xml"},
    {"atom", "application/atom+xml"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"ico", "image/vnd.microsoft.icon"},
    {"bmp", "image/bmp"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"woff2", "font/woff2"},
    {"woff", "font/woff"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"mp4", "video/mp4"},
    {"m4v", "video/mp4"},
    {"webm", "video/webm"},
    {"ogv", "video/ogg"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"m4a", "audio/mp4"},
    {"ogg", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"wav", "audio/wav"},
    {"flac", "audio/flac"},
    {"aac", "audio/aac"},
    {"pdf", "application/pdf"},
    {"epub", "application/epub+zip"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"zst", "application/zstd"},
    {"7z", "application/x-7z-compressed"},
    {"tar", "application/x-tar"},
    {"wasm", "application/wasm"},
    {"rtf", "application/rtf"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
};

} // namespace

std::string_view contentTypeOf(std::string_view fileName) noexcept
{
    const size_t dot = fileName.rfind('.');
    if (dot != fileName.npos) {
        const std::string_view extension = fileName.substr(dot + 1);
        for (const TypeRow &row : kTypes) {
            if (equalsIgnoreCase(row.extension, extension))
                return row.type;
        }
    }
    return "application/octet-stream";
}

bool nameCarriesHash(std::string_view fileName) noexcept
{
    constexpr size_t kHashMin = 8;
    constexpr size_t kHashMax = 64;
    std::string_view name = fileName.substr(fileName.rfind('/') + 1);
    const size_t extension = name.find_last_of('.');
    if (extension == name.npos)
        return false;
    name = name.substr(0, extension);
    while (!name.empty()) {
        const size_t end = name.find_last_of(".-_");
        const std::string_view part = end == name.npos ? name : name.substr(end + 1);
        const bool isFirst = end == name.npos;
        const auto count = [&](auto test) {
            return static_cast<size_t>(std::count_if(part.begin(), part.end(), test));
        };
        const size_t digits = count([](char c) { return c >= '0' && c <= '9'; });
        const size_t lower = count([](char c) { return c >= 'a' && c <= 'z'; });
        const size_t upper = count([](char c) { return c >= 'A' && c <= 'Z'; });
        const size_t hex = count([](char c) { return c >= 'a' && c <= 'f'; });
        const bool isHex = part.size() >= kHashMin && part.size() <= kHashMax && digits && hex
            && digits + hex == part.size();
        // A capital at the front and a digit at the end are what words have: Regular9.
        const bool isWord = upper == 1 && part.front() >= 'A' && part.front() <= 'Z';
        const bool isMixed = part.size() == kHashMin && digits && lower && upper && !isWord
            && digits + lower + upper == part.size();
        if (!isFirst && (isHex || isMixed))
            return true;
        name = isFirst ? std::string_view() : name.substr(0, end);
    }
    return false;
}

} // namespace arc
