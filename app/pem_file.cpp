// SPDX-License-Identifier: Apache-2.0
#include "app/pem_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kPemFileBytesMax = 128 * 1024;

} // namespace

Result<std::string> readPem(const std::string &path)
{
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file)
            return Error {ErrorCode::NotFound,
                          fmt::format("{}: {}; name a PEM file", path, strerror(errno))};
    }
    std::istream &in = path == "-" ? std::cin : file;
    std::string text(kPemFileBytesMax + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(in.gcount()));
    if (text.size() > kPemFileBytesMax)
        return Error {
            ErrorCode::Invalid,
            fmt::format("{}: larger than {} KiB; name a PEM file", path, kPemFileBytesMax / 1024)};
    return text;
}

} // namespace arc
