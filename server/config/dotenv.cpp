// SPDX-License-Identifier: Apache-2.0
#include "server/config/variables.h"

#include "server/config/json_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::string_view kBlanks = " \t\r";

/// Reads a file of variables from its first to its last byte.
class DotenvReader {
public:
    explicit DotenvReader(std::string_view text) : m_rest(text)
    {
        if (m_rest.starts_with("\xEF\xBB\xBF")) // a byte order mark, as editors leave it
            m_rest.remove_prefix(3);
    }

    Result<std::vector<std::pair<std::string, std::string>>> readAll()
    {
        std::vector<std::pair<std::string, std::string>> pairs;
        for (; !m_rest.empty(); skipLine()) {
            skipBlanks();
            if (m_rest.empty() || m_rest.front() == '\n' || m_rest.front() == '#')
                continue;
            const size_t line = m_line; // a quoted value may end on a later one
            std::pair<std::string, std::string> pair;
            std::string_view complaint = readName(pair.first);
            if (complaint.empty())
                complaint = readValue(pair.second);
            if (complaint.empty())
                complaint = complaintOfValue(pair.first, pair.second);
            if (!complaint.empty())
                return Error {ErrorCode::Invalid, fmt::format("line {}: {}", line, complaint)};
            std::erase_if(pairs, [&](const auto &one) { return one.first == pair.first; });
            pairs.push_back(std::move(pair));
            if (pairs.size() > kVariablesMax)
                return Error {ErrorCode::Invalid,
                              fmt::format("line {}: more than {} variables", line, kVariablesMax)};
        }
        return pairs;
    }

private:
    void skipBlanks()
    {
        m_rest.remove_prefix(std::min(m_rest.find_first_not_of(kBlanks), m_rest.size()));
    }
    void skipLine()
    {
        const size_t end = m_rest.find('\n');
        m_line += end == m_rest.npos ? 0 : 1;
        m_rest.remove_prefix(end == m_rest.npos ? m_rest.size() : end + 1);
    }

    std::string_view readName(std::string &name)
    {
        constexpr std::string_view kExport = "export";
        if (m_rest.starts_with(kExport) && m_rest.size() > kExport.size()
            && kBlanks.find(m_rest[kExport.size()]) != kBlanks.npos) {
            m_rest.remove_prefix(kExport.size());
            skipBlanks();
        }
        const size_t equals = m_rest.find_first_of("=\n");
        if (equals == m_rest.npos || m_rest[equals] == '\n')
            return "must be NAME=VALUE";
        std::string_view word = m_rest.substr(0, equals);
        word = word.substr(0, word.find_last_not_of(kBlanks) + 1);
        if (const auto complaint = complaintOfName(word); !complaint.empty())
            return complaint;
        name = word;
        m_rest.remove_prefix(equals + 1);
        return {};
    }

    std::string_view readValue(std::string &value)
    {
        const size_t before = m_rest.size();
        skipBlanks();
        const bool isSpaced = m_rest.size() < before;
        if (!m_rest.empty() && (m_rest.front() == '"' || m_rest.front() == '\''))
            return readQuoted(value);
        std::string_view line = m_rest.substr(0, m_rest.find('\n'));
        m_rest.remove_prefix(line.size());
        // A # begins a comment behind a blank only: passwords and URLs contain it.
        for (size_t at = line.find('#'); at != line.npos; at = line.find('#', at + 1)) {
            if (at == 0 ? isSpaced : kBlanks.find(line[at - 1]) != kBlanks.npos) {
                line = line.substr(0, at);
                break;
            }
        }
        value = line.substr(0, line.find_last_not_of(kBlanks) + 1);
        return isUtf8(value) ? std::string_view() : "is not UTF-8 text";
    }

    std::string_view readQuoted(std::string &value)
    {
        const char quote = m_rest.front();
        size_t at = 1;
        for (; at < m_rest.size() && m_rest[at] != quote; ++at) {
            char c = m_rest[at];
            if (quote == '"' && c == '\\' && at + 1 < m_rest.size())
                c = unescaped(at);
            m_line += m_rest[at] == '\n' ? 1 : 0;
            if (c != '\r' || m_rest[at] != '\r' || !m_rest.substr(at + 1).starts_with('\n'))
                value += c;
        }
        if (at >= m_rest.size())
            return "its quote is not closed";
        m_rest.remove_prefix(at + 1);
        skipBlanks();
        if (!m_rest.empty() && m_rest.front() != '\n' && m_rest.front() != '#')
            return "something stands behind the closing quote";
        return isUtf8(value) ? std::string_view() : "is not UTF-8 text";
    }

    /// The character that a backslash at `at` and the one behind it stand for; moves `at` to the
    /// second. A backslash before anything else is a backslash.
    char unescaped(size_t &at) const
    {
        const char next = m_rest[at + 1];
        const char meant = next == 'n'                   ? '\n'
            : next == 'r'                                ? '\r'
            : next == 't'                                ? '\t'
            : next == '"' || next == '\\' || next == '$' ? next
                                                         : '\0';
        if (meant == '\0')
            return '\\';
        ++at;
        return meant;
    }

    std::string_view m_rest;
    size_t m_line = 1;
};

} // namespace

Result<std::vector<std::pair<std::string, std::string>>> parseDotenv(std::string_view text)
{
    if (text.size() > kDotenvBytesMax)
        return Error {ErrorCode::Invalid, fmt::format("larger than {} bytes", kDotenvBytesMax)};
    return DotenvReader(text).readAll();
}

} // namespace arc
