// SPDX-License-Identifier: Apache-2.0
#include "server/observe/log_reader.h"

#include "server/base/file_descriptor.h"
#include "server/base/text.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <re2/re2.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace arc {

namespace {

constexpr int kRotatedMax = 1000; // as the setting log.files allows
constexpr int64_t kPieceBytes = 256 * 1024;
constexpr int64_t kBeginningBytes = 64; // holds the time of a first line
constexpr int64_t kPatternMemoryMax = 8LL * 1024 * 1024;

/// The files of one log as a single text: positions count from the oldest byte.
class WholeLog {
public:
    static Result<WholeLog> open(const std::string &path)
    {
        WholeLog log;
        // Youngest first: what a rotation moves meanwhile is then met twice, and never missed.
        for (int i = 0; i <= kRotatedMax; ++i) {
            const std::string name = i == 0 ? path : fmt::format("{}.{}", path, i);
            FileDescriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
            if (!file && errno == ENOENT) {
                if (i == 0) // between two moves of a rotation, or never written
                    continue;
                break;
            }
            struct stat status { };
            if (!file || fstat(file.get(), &status) != 0)
                return errnoError(name, errno);
            if (!S_ISREG(status.st_mode))
                return Error {ErrorCode::Invalid, fmt::format("{}: not a file", name)};
            const uint64_t inode = status.st_ino;
            if (std::ranges::none_of(log.m_files, [&](const One &f) { return f.inode == inode; }))
                log.m_files.push_back({std::move(file), inode, 0, status.st_size});
        }
        std::ranges::reverse(log.m_files);
        for (One &file : log.m_files) {
            file.begin = log.m_size;
            log.m_size += file.size;
        }
        return Result<WholeLog>(std::move(log));
    }

    int64_t size() const noexcept { return m_size; }
    LogExtent extent() const noexcept { return {m_size, static_cast<int>(m_files.size())}; }

    std::string read(int64_t begin, int64_t end) const
    {
        std::string text;
        for (const One &file : m_files) {
            const int64_t from = std::max(begin, file.begin);
            const int64_t to = std::min(end, file.begin + file.size);
            if (from < to)
                readFile(file, from - file.begin, to - from, text);
        }
        return text;
    }

    std::string cursorAt(int64_t position) const
    {
        for (auto file = m_files.rbegin(); file != m_files.rend(); ++file) {
            if (position >= file->begin)
                return fmt::format("{}-{}-{:x}", file->inode, position - file->begin,
                                   beginning(*file, position - file->begin));
        }
        return "0-0-0";
    }

    /// Invalid: no cursor at all. Nothing: its file is gone, or is another one by now.
    Result<std::optional<int64_t>> find(const std::string &cursor, bool atLine = true) const
    {
        uint64_t inode = 0;
        int64_t offset = 0;
        uint64_t begins = 0;
        if (!parseCursor(cursor, inode, offset, begins))
            return Error {ErrorCode::Invalid, "after: not a cursor that an answer gave"};
        if (inode == 0 && offset == 0) // given when nothing was written yet: all is new
            return std::optional<int64_t> {0};
        for (const One &file : m_files) {
            if (file.inode != inode || offset > file.size || beginning(file, offset) != begins)
                continue;
            const int64_t position = file.begin + offset;
            if (!atLine || offset == 0 || read(position - 1, position) == "\n")
                return std::optional<int64_t> {position};
        }
        return std::optional<int64_t> {};
    }

    /// The first beginning of a line at or behind `position`; the end where there is none.
    int64_t lineAt(int64_t position) const
    {
        if (position <= 0)
            return 0;
        for (int64_t at = position - 1; at < m_size; at += kPieceBytes) {
            const std::string piece = read(at, std::min(at + kPieceBytes, m_size));
            if (const size_t end = piece.find('\n'); end != piece.npos)
                return at + static_cast<int64_t>(end) + 1;
        }
        return m_size;
    }

    int64_t countLines(int64_t begin, int64_t end) const
    {
        if (end - begin > kLogCountBytesMax)
            return -1;
        int64_t lines = 0;
        for (int64_t at = begin; at < end; at += kPieceBytes) {
            const std::string piece = read(at, std::min(at + kPieceBytes, end));
            lines += std::count(piece.begin(), piece.end(), '\n');
        }
        return lines;
    }

private:
    struct One {
        FileDescriptor file;
        uint64_t inode = 0;
        int64_t begin = 0;
        int64_t size = 0;
    };

    /// Of what stands before `offset`. File systems give a removed file's inode to the next one, so
    /// the number alone would take a new file for the old.
    static uint64_t beginning(const One &file, int64_t offset)
    {
        std::string text;
        readFile(file, 0, std::min(offset, kBeginningBytes), text);
        return text.empty() ? 0 : XXH3_64bits(text.data(), text.size());
    }

    static bool parseCursor(std::string_view cursor, uint64_t &inode, int64_t &offset,
                            uint64_t &begins)
    {
        const auto part = [&](auto &value, int base) {
            const char *end = cursor.data() + cursor.size();
            const auto [stop, error] = std::from_chars(cursor.data(), end, value, base);
            if (error != std::errc {} || (stop != end && *stop != '-'))
                return false;
            cursor.remove_prefix(static_cast<size_t>(stop - cursor.data()));
            return true;
        };
        const auto dash = [&] {
            const bool is = !cursor.empty();
            cursor.remove_prefix(is ? 1 : 0);
            return is;
        };
        return part(inode, 10) && dash() && part(offset, 10) && offset >= 0 && dash()
            && part(begins, 16) && cursor.empty();
    }

    static void readFile(const One &file, int64_t offset, int64_t count, std::string &text)
    {
        const size_t before = text.size();
        text.resize(before + static_cast<size_t>(count));
        int64_t done = 0;
        while (done < count) {
            const ssize_t n =
                pread(file.file.get(), text.data() + before + static_cast<size_t>(done),
                      static_cast<size_t>(count - done), offset + done);
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                break; // shortened meanwhile, or a disk that fails: what was read counts
            done += n;
        }
        text.resize(before + static_cast<size_t>(done));
    }

    std::vector<One> m_files; // oldest first
    int64_t m_size = 0;
};

template <class Visit>
void eachLine(std::string_view text, Visit visit)
{
    while (!text.empty()) {
        const size_t end = text.find('\n');
        visit(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
}

/// Only lines with `needle`, the newest `bytesMax`; how many such lines were cut off is added.
void keepMatching(std::string &text, const std::string &needle, size_t bytesMax, int64_t &cut)
{
    std::vector<std::string_view> kept;
    eachLine(text, [&](std::string_view line) {
        if (line.find(needle) != line.npos)
            kept.push_back(line);
    });
    size_t bytes = 0;
    size_t first = kept.size();
    while (first > 0 && bytes + kept[first - 1].size() + 1 <= bytesMax)
        bytes += kept[--first].size() + 1;
    if (cut >= 0)
        cut += static_cast<int64_t>(first);
    std::string result;
    result.reserve(bytes);
    for (; first < kept.size(); ++first)
        result.append(kept[first]).push_back('\n');
    text = std::move(result);
}

} // namespace

LogExtent measureLog(const std::string &path)
{
    const auto log = WholeLog::open(path);
    return log ? log->extent() : LogExtent {};
}

Result<LogTail> tailLog(const std::string &path, const std::string &after, int64_t bytesMax,
                        const std::string &mustContain)
{
    if (bytesMax < 1 || bytesMax > kLogTailBytesMax)
        return Error {ErrorCode::Invalid,
                      fmt::format("bytes: must be from 1 to {}", kLogTailBytesMax)};
    auto log = WholeLog::open(path);
    if (!log)
        return std::move(log).error();
    int64_t wanted = -1; // where the cursor stands; -1: no cursor
    bool lost = false;
    if (!after.empty()) {
        auto found = log->find(after);
        if (!found)
            return std::move(found).error();
        lost = !found->has_value();
        wanted = found->value_or(0);
    }
    const int64_t most = mustContain.empty() ? bytesMax : kLogFilterBytesMax;
    int64_t begin = std::max<int64_t>(wanted, 0);
    if (log->size() - begin > most)
        begin = log->lineAt(log->size() - most);

    LogTail tail;
    tail.extent = log->extent();
    tail.olderBytes = begin;
    tail.text = log->read(begin, log->size());
    const size_t lastEnd = tail.text.rfind('\n');
    tail.text.resize(lastEnd == tail.text.npos ? 0 : lastEnd + 1); // the rest is being written
    tail.cursor = log->cursorAt(begin + static_cast<int64_t>(tail.text.size()));
    if (wanted >= 0)
        tail.skippedBytes = begin - wanted;
    if (lost || (tail.skippedBytes > 0 && !mustContain.empty()))
        tail.skippedLines = -1;
    else if (tail.skippedBytes > 0)
        tail.skippedLines = log->countLines(wanted, begin);
    if (!mustContain.empty()) {
        int64_t cut = wanted >= 0 ? tail.skippedLines : -1;
        keepMatching(tail.text, mustContain, static_cast<size_t>(bytesMax), cut);
        tail.skippedLines = wanted >= 0 ? cut : 0;
    }
    return tail;
}

// ---- searching

struct LogPattern::Compiled {
    std::string literal;
    std::unique_ptr<RE2> regex;
};

LogPattern::LogPattern(std::unique_ptr<Compiled> compiled) : m_compiled(std::move(compiled))
{
}
LogPattern::~LogPattern() = default;
LogPattern::LogPattern(LogPattern &&) noexcept = default;
LogPattern &LogPattern::operator=(LogPattern &&) noexcept = default;

Result<LogPattern> LogPattern::make(const std::string &text, bool isRegex, bool ignoreCase)
{
    if (text.empty() || text.size() > kLogPatternBytesMax)
        return Error {ErrorCode::Invalid,
                      fmt::format("text: must be from 1 to {} bytes", kLogPatternBytesMax)};
    auto compiled = std::make_unique<Compiled>();
    if (!isRegex && !ignoreCase) {
        compiled->literal = text;
        return LogPattern(std::move(compiled));
    }
    RE2::Options options;
    options.set_literal(!isRegex);
    options.set_case_sensitive(!ignoreCase);
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemoryMax);
    compiled->regex = std::make_unique<RE2>(text, options);
    if (!compiled->regex->ok())
        return Error {ErrorCode::Invalid,
                      fmt::format("text: no regular expression: {}", compiled->regex->error())};
    return LogPattern(std::move(compiled));
}

bool LogPattern::matches(std::string_view line) const
{
    if (!m_compiled->regex)
        return line.find(m_compiled->literal) != line.npos;
    return RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), *m_compiled->regex);
}

Result<LogMatches> searchLog(const std::string &path, const LogPattern &pattern,
                             const std::string &from, size_t matchesMax,
                             const std::string &mustContain)
{
    if (matchesMax < 1 || matchesMax > kLogMatchesMax)
        return Error {ErrorCode::Invalid,
                      fmt::format("limit: must be from 1 to {}", kLogMatchesMax)};
    auto log = WholeLog::open(path);
    if (!log)
        return std::move(log).error();
    int64_t end = log->size();
    if (!from.empty()) {
        auto found = log->find(from, false);
        if (!found)
            return std::move(found).error();
        end = found->value_or(0); // rotated away meanwhile: nothing older is left
    }
    const int64_t begin = end > kLogSearchBytesMax ? log->lineAt(end - kLogSearchBytesMax) : 0;
    const std::string text = log->read(std::min(begin, end), end);
    std::string_view rest = text;
    LogMatches matches;
    while (!rest.empty() && matches.lines.size() < matchesMax) {
        if (rest.ends_with('\n'))
            rest.remove_suffix(1);
        const size_t newline = rest.rfind('\n');
        const size_t start = newline == rest.npos ? 0 : newline + 1;
        const std::string_view line = rest.substr(start);
        if (pattern.matches(line) && (mustContain.empty() || line.find(mustContain) != line.npos))
            matches.lines.emplace_back(line);
        rest = rest.substr(0, start);
    }
    const bool oneLongLine = begin >= end && end > 0; // longer than a whole step: stepped over
    matches.leftBytes = oneLongLine ? std::max<int64_t>(end - kLogSearchBytesMax, 0)
                                    : begin + static_cast<int64_t>(rest.size());
    matches.next = log->cursorAt(matches.leftBytes);
    matches.totalBytes = log->size();
    matches.done = matches.leftBytes == 0;
    return matches;
}

} // namespace arc
