// SPDX-License-Identifier: Apache-2.0
#include "server/releases/copy_file.h"

#include "server/base/file_descriptor.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr size_t kPieceBytes = 64 * 1024;
constexpr std::string_view kSqliteHead {"SQLite format 3\0", 16};

bool writeWhole(int fd, std::string_view bytes) noexcept
{
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
}

/// Reads a file to its end, in pieces.
template <class Piece>
Result<void> readWhole(int fd, CopyProgress &progress, Piece piece)
{
    std::array<char, kPieceBytes> buffer;
    for (;;) {
        if (progress.isCancelled)
            return cancelledCopy();
        const ssize_t count = ::read(fd, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errnoError("cannot be read", errno);
        if (count == 0)
            return {};
        if (auto taken = piece(std::string_view(buffer.data(), static_cast<size_t>(count))); !taken)
            return taken;
    }
}

/// O_NOATIME where it is allowed: a deploy is no visit.
FileDescriptor openForReading(const std::string &path)
{
    constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    FileDescriptor file(::open(path.c_str(), kFlags | O_NOATIME));
    if (!file && errno == EPERM)
        file.reset(::open(path.c_str(), kFlags));
    return file;
}

} // namespace

struct ContentHash::State {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
};

ContentHash::ContentHash() : m_state(std::make_unique<State>())
{
    EVP_DigestInit_ex(m_state->context, EVP_sha256(), nullptr);
}

ContentHash::~ContentHash() = default;

void ContentHash::add(std::string_view bytes)
{
    EVP_DigestUpdate(m_state->context, bytes.data(), bytes.size());
}

std::string ContentHash::end()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest {};
    unsigned size = 0;
    EVP_DigestFinal_ex(m_state->context, digest.data(), &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i)
        fmt::format_to(std::back_inserter(text), "{:02x}", digest[i]);
    return text;
}

Error cancelledCopy()
{
    return {ErrorCode::Cancelled, "the deploy was cancelled while the folder was copied"};
}

bool isSqlite(std::string_view beginning) noexcept
{
    return beginning.starts_with(kSqliteHead);
}

bool isSqliteName(std::string_view path) noexcept
{
    return path.ends_with(".sqlite3") || path.ends_with(".sqlite") || path.ends_with(".db");
}

int64_t nanoseconds(const struct timespec &time) noexcept
{
    return int64_t {time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void describe(ReleaseEntry &entry, const struct stat &status) noexcept
{
    entry.mode = status.st_mode & 0555; // nothing of a release is written to
    entry.mode |= S_ISDIR(status.st_mode) ? 0500 : 0400;
    entry.size = S_ISREG(status.st_mode) ? status.st_size : 0;
    entry.mtimeNs = nanoseconds(status.st_mtim);
    entry.ctimeNs = nanoseconds(status.st_ctim);
    entry.inode = status.st_ino;
    entry.device = status.st_dev;
}

Result<void> copyFile(const std::string &from, const std::string &to, ReleaseEntry &entry,
                      CopyProgress &progress)
{
    const FileDescriptor source = openForReading(from);
    struct stat before { };
    if (!source || ::fstat(source.get(), &before) != 0)
        return errnoError("cannot be read", errno);
    if (!S_ISREG(before.st_mode))
        return Error {ErrorCode::Conflict, "was replaced"};
    const FileDescriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!target)
        return errnoError("cannot be copied", errno);
    ContentHash hash;
    bool isFirst = true;
    int64_t left = before.st_size;
    auto read = readWhole(source.get(), progress, [&](std::string_view piece) -> Result<void> {
        if (std::exchange(isFirst, false) && isSqlite(piece))
            return Error {ErrorCode::Invalid, "is an SQLite database"};
        left -= static_cast<int64_t>(piece.size());
        if (left < 0) // it grows, and might for as long as we read
            return Error {ErrorCode::Conflict, "was written to"};
        hash.add(piece);
        progress.bytesDone += static_cast<int64_t>(piece.size());
        if (!writeWhole(target.get(), piece))
            return errnoError("cannot be copied", errno);
        return {};
    });
    if (!read)
        return read;
    struct stat after { };
    if (::fstat(source.get(), &after) != 0)
        return errnoError("cannot be read", errno);
    if (after.st_size != before.st_size || nanoseconds(after.st_mtim) != nanoseconds(before.st_mtim)
        || nanoseconds(after.st_ctim) != nanoseconds(before.st_ctim))
        return Error {ErrorCode::Conflict, "was written to"};
    describe(entry, after);
    entry.content = hash.end();
    entry.copyMtimeNs = entry.mtimeNs;
    const struct timespec times[2] = {after.st_mtim, after.st_mtim};
    if (::futimens(target.get(), times) != 0 || ::fchmod(target.get(), entry.mode) != 0)
        return errnoError("cannot be copied", errno);
    return {};
}

Result<std::string> hashFile(const std::string &path, CopyProgress &progress)
{
    const FileDescriptor file = openForReading(path);
    if (!file)
        return errnoError("cannot be read", errno);
    ContentHash hash;
    auto read = readWhole(file.get(), progress, [&](std::string_view piece) -> Result<void> {
        hash.add(piece);
        progress.bytesDone += static_cast<int64_t>(piece.size());
        return {};
    });
    if (!read)
        return std::move(read).error();
    return hash.end();
}

} // namespace arc
