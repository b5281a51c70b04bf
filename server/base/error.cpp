// SPDX-License-Identifier: Apache-2.0
#include "server/base/error.h"

#include <cerrno>
#include <cstring>
#include <iterator>

namespace arc {

namespace {

struct CodeRow {
    ErrorCode code;
    std::string_view name;
    int exit;
};

constexpr CodeRow kCodes[] = {
    {ErrorCode::Invalid, "invalid", 2},         {ErrorCode::NotFound, "not_found", 3},
    {ErrorCode::NotProject, "not_project", 3},  {ErrorCode::Conflict, "conflict", 1},
    {ErrorCode::Forbidden, "forbidden", 1},     {ErrorCode::AddressInUse, "address_in_use", 5},
    {ErrorCode::AppFailed, "app_failed", 4},    {ErrorCode::DataDir, "data_dir", 6},
    {ErrorCode::Unavailable, "unavailable", 1}, {ErrorCode::Full, "full", 1},
    {ErrorCode::Cancelled, "cancelled", 1},     {ErrorCode::Internal, "internal", 1},
};

const CodeRow &rowOf(ErrorCode code) noexcept
{
    for (const CodeRow &row : kCodes) {
        if (row.code == code)
            return row;
    }
    return kCodes[std::size(kCodes) - 1];
}

ErrorCode codeOfErrno(int value) noexcept
{
    switch (value) {
    case ENOENT:
    case ENOTDIR:
        return ErrorCode::NotFound;
    case EACCES:
    case EPERM:
        return ErrorCode::Forbidden;
    case EADDRINUSE:
        return ErrorCode::AddressInUse;
    case EINVAL:
    case ENAMETOOLONG:
        return ErrorCode::Invalid;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
        return ErrorCode::Full;
    default:
        return ErrorCode::Unavailable;
    }
}

} // namespace

Error Error::within(std::string_view phrase) &&
{
    m_message.insert(0, ": ");
    m_message.insert(0, phrase);
    return std::move(*this);
}

std::string_view errorName(ErrorCode code) noexcept
{
    return rowOf(code).name;
}

ErrorCode errorFromName(std::string_view name) noexcept
{
    for (const CodeRow &row : kCodes) {
        if (row.name == name)
            return row.code;
    }
    return ErrorCode::Internal;
}

int exitCode(ErrorCode code) noexcept
{
    return rowOf(code).exit;
}

Error errnoError(std::string_view what, int errnoValue)
{
    return Error {codeOfErrno(errnoValue), std::string(what) + ": " + strerror(errnoValue)};
}

} // namespace arc
