// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace arc {

/// What went wrong, for code. The sentence beside it is for people; nothing branches on the
/// sentence.
enum class ErrorCode {
    Invalid,      ///< bad input: the caller's fault, nothing was changed
    NotFound,     ///< the named thing does not exist
    NotProject,   ///< a folder in which nothing to serve was recognised
    Conflict,     ///< made against an older revision, or the name is taken
    Forbidden,    ///< the caller's role does not allow it, or the system refuses access
    AddressInUse, ///< somebody else listens there
    AppFailed,    ///< the hosted app did not start
    DataDir,      ///< the data directory is locked, unreadable or damaged
    Unavailable,  ///< cannot be reached now; the same call may succeed later
    Full,         ///< a named limit was reached
    Cancelled,
    Internal, ///< our own mistake
};

/// A failure as a value: a code and one sentence. Each caller may add one phrase in front.
class Error {
public:
    Error(ErrorCode code, std::string message) : m_code(code), m_message(std::move(message)) { }

    ErrorCode code() const noexcept { return m_code; }
    const std::string &message() const noexcept { return m_message; }

    /// The same error, told from further out: "listen.http_port: outside 1..65535".
    Error within(std::string_view phrase) &&;

private:
    ErrorCode m_code;
    std::string m_message;
};

/// Stable name of a code, as the admin API and --json print it ("address_in_use").
std::string_view errorName(ErrorCode code) noexcept;
/// Reverse of errorName(); Internal for an unknown name.
ErrorCode errorFromName(std::string_view name) noexcept;
/// Exit code of every command: 0 done, 1 other, 2 usage, 3 not a project or not found, 4 app, 5
/// address, 6 data directory.
int exitCode(ErrorCode code) noexcept;

/// Error from errno: "what: No such file or directory", with the code that fits errno.
Error errnoError(std::string_view what, int errnoValue);

/// A value or an Error. The verbs are those of std::expected.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using Base = tl::expected<T, Error>;
    using Base::Base;
    Result(Error error) : Base(tl::make_unexpected(std::move(error))) { }
    Result(Base base) : Base(std::move(base)) { }
};

template <>
class [[nodiscard]] Result<void> : public tl::expected<void, Error> {
public:
    using Base = tl::expected<void, Error>;
    using Base::Base;
    Result() = default;
    Result(Error error) : Base(tl::make_unexpected(std::move(error))) { }
    Result(Base base) : Base(std::move(base)) { }
};

} // namespace arc
