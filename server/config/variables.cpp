// SPDX-License-Identifier: Apache-2.0
#include "server/config/variables.h"

#include "server/base/text.h"

#include <algorithm>
#include <array>

namespace arc {

namespace {

constexpr std::string_view kOwnPrefix = "ARCOLOGY_";
/// What SecretKey::seal() adds, which this module cannot ask; app_secrets.cpp holds both together.
constexpr size_t kSealBytes = 36;

bool isLetter(char c) noexcept
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
bool isDigit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

/// "https://user:word@host"
bool hasPasswordInUrl(std::string_view value) noexcept
{
    const size_t begin = value.find("://");
    if (begin == value.npos)
        return false;
    const std::string_view authority =
        value.substr(begin + 3, value.find_first_of("/?#", begin + 3) - begin - 3);
    const size_t at = authority.rfind('@');
    if (at != authority.npos)
        return authority.substr(0, at).find(':') != authority.npos;
    // A password with an unescaped / ? or #: no port follows the colon, and the @ comes later.
    const size_t colon = authority.rfind(':');
    return colon != authority.npos && !std::ranges::all_of(authority.substr(colon + 1), isDigit)
        && value.find('@', begin + 3 + authority.size()) != value.npos;
}

} // namespace

std::string_view complaintOfName(std::string_view name) noexcept
{
    const bool isName = !name.empty() && isLetter(name.front())
        && std::ranges::all_of(name, [](char c) { return isLetter(c) || isDigit(c); });
    if (!isName)
        return "a variable's name is letters, digits and _, and does not begin with a digit";
    if (name.starts_with(kOwnPrefix))
        return "names that begin with ARCOLOGY_ are Arcology's own; choose another name";
    return {};
}

std::string_view complaintOfValue(std::string_view name, std::string_view value) noexcept
{
    if (value.find('\0') != value.npos)
        return "contains a NUL character";
    if (name.size() + value.size() + 2 > kVariableBytesMax)
        return "longer than the 131072 bytes that Linux takes for one variable with its name";
    return {};
}

bool looksSecret(std::string_view name, std::string_view value)
{
    static constexpr std::array kWords {"SECRET", "PASSWORD", "PASSWD",     "PASSPHRASE", "TOKEN",
                                        "APIKEY", "API_KEY",  "CREDENTIAL", "PRIVATE_KEY"};
    std::string upper(name);
    for (char &c : upper)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return std::ranges::any_of(
               kWords, [&](std::string_view word) { return upper.find(word) != upper.npos; })
        || upper.ends_with("_KEY") || upper.ends_with("_PASS") || hasPasswordInUrl(value);
}

bool isSealed(std::string_view value) noexcept
{
    return value.starts_with(kSealedPrefix);
}

Result<size_t> sealedBytes(std::string_view value)
{
    const Error bad {ErrorCode::Invalid, "is no sealed value"};
    if (!isSealed(value))
        return bad;
    const std::string_view text = value.substr(kSealedPrefix.size());
    const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    const auto isBase64 = [](char c) {
        return (isLetter(c) && c != '_') || isDigit(c) || c == '+' || c == '/';
    };
    const size_t bytes = text.size() / 4 * 3 - std::min(padding, text.size() / 4 * 3);
    if (text.size() % 4 != 0 || bytes < kSealBytes
        || !std::ranges::all_of(text.substr(0, text.size() - padding), isBase64))
        return bad;
    return bytes - kSealBytes;
}

} // namespace arc
