// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/syntax/command_words.h"

#include <utility>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::string_view kBlanks = " \t\n";
constexpr std::string_view kOperators = "|&;<>()$`";
constexpr std::string_view kExpanded = "$`";        // inside "..."
constexpr std::string_view kEscapable = "$`\"\\\n"; // inside "..."; before others "\" is itself

class Cutter {
public:
    explicit Cutter(std::string_view text) : m_text(text) { }

    Result<std::vector<std::string>> cut()
    {
        while (m_at < m_text.size()) {
            if (auto taken = takeOne(); !taken)
                return std::move(taken).error();
        }
        endWord();
        if (m_words.empty())
            return Error {ErrorCode::Invalid, "is empty"};
        if (m_words.front().empty())
            return Error {ErrorCode::Invalid, "begins with an empty word instead of a program"};
        return std::move(m_words);
    }

private:
    Result<void> takeOne()
    {
        const char c = m_text[m_at++];
        if (kBlanks.find(c) != kBlanks.npos) {
            endWord();
            return {};
        }
        if (kOperators.find(c) != kOperators.npos)
            return meansNothing(c);
        if (c == '\'')
            return takeSingle();
        if (c == '"')
            return takeDouble();
        if (c == '\\' && m_at == m_text.size())
            return Error {ErrorCode::Invalid, "ends with a \\ that quotes nothing"};
        m_isWord = true;
        m_word += c == '\\' ? m_text[m_at++] : c;
        return {};
    }

    Result<void> takeSingle()
    {
        const size_t end = m_text.find('\'', m_at);
        if (end == m_text.npos)
            return endless('\'');
        m_isWord = true;
        m_word += m_text.substr(m_at, end - m_at);
        m_at = end + 1;
        return {};
    }

    Result<void> takeDouble()
    {
        m_isWord = true;
        while (m_at < m_text.size()) {
            const char c = m_text[m_at++];
            if (c == '"')
                return {};
            if (kExpanded.find(c) != kExpanded.npos)
                return meansNothing(c);
            const bool quotes = c == '\\' && m_at < m_text.size()
                && kEscapable.find(m_text[m_at]) != kEscapable.npos;
            m_word += quotes ? m_text[m_at++] : c;
        }
        return endless('"');
    }

    void endWord()
    {
        if (m_isWord)
            m_words.push_back(std::exchange(m_word, {}));
        m_isWord = false;
    }

    static Error meansNothing(char c)
    {
        return {ErrorCode::Invalid,
                fmt::format("\"{}\" is for a shell, and none is run; put it into '...', or write "
                            "sh -c '...'",
                            c)};
    }
    static Error endless(char quote)
    {
        return {ErrorCode::Invalid, fmt::format("has a {} without its end", quote)};
    }

    const std::string_view m_text;
    size_t m_at = 0;
    bool m_isWord = false; // an empty quotation is one, too
    std::string m_word;
    std::vector<std::string> m_words;
};

} // namespace

Result<std::vector<std::string>> commandWords(std::string_view text)
{
    return Cutter(text).cut();
}

std::string commandLineOf(const std::vector<std::string> &words)
{
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789_-./:=,+@%";
    std::string line;
    for (const std::string &word : words) {
        line += line.empty() ? "" : " ";
        if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) {
            line += word;
            continue;
        }
        line += '\'';
        for (const char c : word) // '...' cannot hold a ', so it ends before one and begins again
            line += c == '\'' ? std::string("'\\''") : std::string(1, c);
        line += '\'';
    }
    return line;
}

} // namespace arc
