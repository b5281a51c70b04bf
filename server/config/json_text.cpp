// SPDX-License-Identifier: Apache-2.0
#include "server/config/json_text.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kJsonBytesMax = 16 * 1024 * 1024;
constexpr size_t kJsonDepthMax = 32;

/// Walks the text once before a value is built of it; each handler returns false to stop there.
class TextCheck : public nlohmann::json_sax<Json> {
public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t &) override { return true; }
    bool string(string_t &) override { return true; }
    bool binary(binary_t &) override { return true; }
    bool start_object(size_t) override { return open(); }
    bool end_object() override { return close(); }
    bool start_array(size_t) override { return open(); }
    bool end_array() override { return close(); }

    bool key(string_t &name) override
    {
        if (m_keys.back().insert(name).second)
            return true;
        m_complaint = fmt::format("the key \"{}\" stands twice in one object", name);
        return false;
    }

    bool parse_error(size_t position, const std::string &,
                     const nlohmann::json::exception &) override
    {
        m_badAt = position;
        return false;
    }

    const std::string &complaint() const noexcept { return m_complaint; }
    std::optional<size_t> badAt() const noexcept { return m_badAt; }

private:
    bool open()
    {
        m_keys.emplace_back();
        if (m_keys.size() <= kJsonDepthMax)
            return true;
        m_complaint = fmt::format("nested deeper than {} levels", kJsonDepthMax);
        return false;
    }
    bool close()
    {
        m_keys.pop_back();
        return true;
    }

    std::vector<std::set<std::string>> m_keys; // of each open object; empty for arrays
    std::string m_complaint;
    std::optional<size_t> m_badAt;
};

std::string placeOf(std::string_view text, size_t position)
{
    const std::string_view before = text.substr(0, position == 0 ? 0 : position - 1);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const size_t lineStart = before.rfind('\n');
    const size_t column = before.size() - (lineStart == before.npos ? 0 : lineStart + 1);
    return fmt::format("line {}, column {}", lines + 1, column + 1);
}

} // namespace

Result<Json> parseJson(std::string_view text)
{
    if (text.size() > kJsonBytesMax)
        return Error {ErrorCode::Invalid, "larger than 16 MiB"};
    TextCheck check;
    if (!Json::sax_parse(text, &check)) {
        if (check.badAt())
            return Error {ErrorCode::Invalid, "is not JSON at " + placeOf(text, *check.badAt())};
        return Error {ErrorCode::Invalid, check.complaint()};
    }
    return Json::parse(text, nullptr, false);
}

std::string printJson(const Json &value)
{
    return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string printJsonLine(const Json &value)
{
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool isUtf8(std::string_view text) noexcept
{
    size_t i = 0;
    while (i < text.size()) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (lead < 0xc2 || lead > 0xf4 || i + length > text.size())
            return false;
        const auto second = static_cast<unsigned char>(text[i + 1]);
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)
            || (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
            return false; // overlong forms, surrogates, beyond U+10FFFF
        for (size_t k = 1; k < length; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80)
                return false;
        }
        i += length;
    }
    return true;
}

} // namespace arc
