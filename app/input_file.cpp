// SPDX-License-Identifier: Apache-2.0
#include "app/input_file.h"

#include "server/config/variables.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kPemFileBytesMax = 128 * 1024;

/// `remedy` ends the sentence about a file that cannot be it.
Result<std::string> readInput(const std::string &path, size_t bytesMax, std::string_view remedy)
{
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file)
            return Error {ErrorCode::NotFound,
                          fmt::format("{}: {}; {}", path, strerror(errno), remedy)};
    }
    std::istream &in = path == "-" ? std::cin : file;
    std::string text(bytesMax + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(in.gcount()));
    if (in.bad())
        return Error {ErrorCode::Invalid, fmt::format("{}: cannot be read; {}", path, remedy)};
    if (text.size() > bytesMax)
        return Error {ErrorCode::Invalid,
                      fmt::format("{}: larger than {} KiB; {}", path, bytesMax / 1024, remedy)};
    return text;
}

} // namespace

Result<std::string> readPem(const std::string &path)
{
    return readInput(path, kPemFileBytesMax, "name a PEM file");
}

Result<std::vector<std::pair<std::string, std::string>>> readEnvFile(const std::string &path)
{
    auto text = readInput(path, kDotenvBytesMax, "name a file of NAME=VALUE lines");
    if (!text)
        return std::move(text).error();
    auto pairs = parseDotenv(*text);
    if (!pairs)
        return std::move(pairs).error().within(path);
    return pairs;
}

} // namespace arc
