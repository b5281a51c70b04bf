// SPDX-License-Identifier: Apache-2.0
#include "server/store/database.h"

#include "server/base/file_descriptor.h"
#include "server/store/backup.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr int kBusyTimeoutMs = 2000; // somebody's sqlite3 shell may hold the file

// WAL with FULL: an answered commit survives loss of power. trusted_schema and defensive: a file
// that somebody else prepared must not run functions of ours.
constexpr const char *kPragmas = "PRAGMA journal_mode=WAL;"
                                 "PRAGMA synchronous=FULL;"
                                 "PRAGMA foreign_keys=ON;"
                                 "PRAGMA trusted_schema=OFF;"
                                 "PRAGMA journal_size_limit=67108864;"
                                 "PRAGMA temp_store=MEMORY;";

/// The engine keeps a copy beside the file, but one that was never closed cleanly may have none.
std::string damagedRemedy(const std::string &path)
{
    const std::string backup = backupPath(path);
    if (::access(backup.c_str(), R_OK) != 0)
        return "put a copy of yours in its place, or move it away to begin with an empty "
               "configuration";
    return fmt::format(
        "bring back the engine's own copy with `{}`, which keeps this file beside it",
        repairCommand(path));
}

bool isOutOfRoom(int errnoValue) noexcept
{
    return errnoValue == ENOSPC || errnoValue == EDQUOT || errnoValue == EFBIG;
}

/// quick_check's first finding, without the line before it that names the database.
std::string_view firstFinding(std::string_view text)
{
    if (const size_t end = text.find('\n'); text.starts_with("***") && end != text.npos)
        text.remove_prefix(end + 1);
    return text.substr(0, text.find('\n'));
}

/// Of the file that failed: errno itself may be of a later call by now.
int lastErrno(sqlite3_file *file)
{
    int value = 0;
    if (file && file->pMethods)
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &value);
    return value;
}

bool isDiskFull(sqlite3 *database)
{
    if (sqlite3_extended_errcode(database) == SQLITE_IOERR_SHMSIZE)
        return true; // the shared index beside the log could not grow
    sqlite3_file *data = nullptr;
    sqlite3_file *log = nullptr; // write-ahead log or journal
    sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &data);
    sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    return isOutOfRoom(sqlite3_system_errno(database)) || isOutOfRoom(lastErrno(data))
        || isOutOfRoom(lastErrno(log));
}

Error sqliteError(sqlite3 *database, const std::string &path)
{
    const auto told = [&](ErrorCode code, std::string_view sentence) {
        return Error {code, fmt::format("{}: {}", path, sentence)};
    };
    switch (sqlite3_errcode(database) & 0xff) {
    case SQLITE_FULL:
        return told(ErrorCode::Full, "the disk is full; nothing was changed; free some space");
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return told(ErrorCode::Forbidden,
                    "cannot be written; nothing was changed; give the file back to the engine's "
                    "user");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return told(
            ErrorCode::DataDir,
            fmt::format("is damaged or not a database of Arcology; {}", damagedRemedy(path)));
    case SQLITE_IOERR:
        if (isDiskFull(database))
            return told(ErrorCode::Full, "the disk is full; nothing was changed; free some space");
        return told(ErrorCode::Unavailable,
                    "cannot be read or written; nothing was changed; look at the disk's health");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return told(ErrorCode::Unavailable, "is held by another program; nothing was changed");
    case SQLITE_CANTOPEN:
        return told(ErrorCode::DataDir, "cannot be opened; look at its rights and at the disk");
    default:
        return told(ErrorCode::Unavailable, sqlite3_errmsg(database));
    }
}

} // namespace

void Statement::Finalize::operator()(sqlite3_stmt *statement) const noexcept
{
    sqlite3_finalize(statement);
}

Statement::Statement(sqlite3 *database, sqlite3_stmt *statement, const std::string &path)
    : m_database(database), m_statement(statement), m_path(path)
{
}

Statement &Statement::bind(std::string_view text)
{
    // A bind that fails for want of memory shows as the step's failure.
    sqlite3_bind_text64(m_statement.get(), ++m_bound, text.empty() ? "" : text.data(), text.size(),
                        SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
}

Statement &Statement::bind(int64_t number)
{
    sqlite3_bind_int64(m_statement.get(), ++m_bound, number);
    return *this;
}

Result<bool> Statement::step()
{
    const int rc = sqlite3_step(m_statement.get());
    if (rc == SQLITE_ROW)
        return true;
    if (rc == SQLITE_DONE)
        return false;
    return sqliteError(m_database, m_path);
}

std::string Statement::text(int column) const
{
    const auto *bytes = sqlite3_column_text(m_statement.get(), column);
    const auto size = static_cast<size_t>(sqlite3_column_bytes(m_statement.get(), column));
    return bytes ? std::string(reinterpret_cast<const char *>(bytes), size) : std::string();
}

int64_t Statement::number(int column) const
{
    return sqlite3_column_int64(m_statement.get(), column);
}

void Database::Close::operator()(sqlite3 *database) const noexcept
{
    sqlite3_close_v2(database);
}

namespace {

/// Says what SQLite would only call "unable to open".
Result<void> checkFile(const std::string &path, int flags)
{
    const FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
    if (file || errno == EROFS)
        return {};
    const int problem = errno;
    return Error {ErrorCode::DataDir,
                  fmt::format("{}: {}; {}", path, strerror(problem),
                              isOutOfRoom(problem) ? "free some space"
                                                   : "give the file back to the engine's user")};
}

} // namespace

Result<Database> Database::openUnchanged(const std::string &path)
{
    if (auto readable = checkFile(path, O_RDONLY); !readable)
        return std::move(readable).error();
    Database out(path);
    sqlite3 *raw = nullptr;
    std::string uri = "file:";
    for (const char c : path)
        uri += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02X}", c) : std::string(1, c);
    uri += "?immutable=1";
    const int rc = sqlite3_open_v2(
        uri.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nullptr);
    out.m_database.reset(raw);
    if (rc != SQLITE_OK)
        return Error {ErrorCode::DataDir, fmt::format("{}: {}", path, sqlite3_errstr(rc))};
    if (auto sound = out.checkPages(); !sound)
        return Error {ErrorCode::DataDir, sound.error().message()};
    return out;
}

Result<Database> Database::open(const std::string &path)
{
    // SQLite would create it readable by everybody; apps' environment variables may hold secrets.
    if (auto writable = checkFile(path, O_RDWR | O_CREAT); !writable)
        return std::move(writable).error();

    Database out(path);
    sqlite3 *raw = nullptr;
    const int rc =
        sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    out.m_database.reset(raw);
    if (rc != SQLITE_OK)
        return Error {ErrorCode::DataDir, fmt::format("{}: {}", path, sqlite3_errstr(rc))};
    sqlite3_busy_timeout(raw, kBusyTimeoutMs);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    if (auto prepared = out.prepareFile(); !prepared)
        return Error {ErrorCode::DataDir, prepared.error().message()};
    return out;
}

Result<bool> Database::isDamaged(const std::string &path)
{
    Database out(path);
    sqlite3 *raw = nullptr;
    const int rc =
        sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    out.m_database.reset(raw);
    if (rc != SQLITE_OK)
        return Error {ErrorCode::DataDir, fmt::format("{}: {}", path, sqlite3_errstr(rc))};
    sqlite3_busy_timeout(raw, kBusyTimeoutMs);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    const auto prepared = out.prepareFile();
    if (prepared)
        return false;
    const int code = sqlite3_errcode(raw) & 0xff;
    // quick_check's own finding is a row, and no failure of SQLite.
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ROW || code == SQLITE_OK)
        return true;
    return Error {ErrorCode::DataDir, prepared.error().message()};
}

/// Also after a clean stop: the file is small, and a disk can spoil it at any time.
Result<void> Database::prepareFile()
{
    auto done = run(kPragmas);
    return done ? checkPages() : done;
}

Result<void> Database::checkPages()
{
    auto check = prepare("PRAGMA quick_check(1)");
    if (!check)
        return std::move(check).error();
    auto row = check->step();
    if (!row)
        return std::move(row).error();
    if (!*row || check->text(0) != "ok")
        return Error {ErrorCode::DataDir,
                      fmt::format("{}: is damaged ({}); {}", m_path, firstFinding(check->text(0)),
                                  damagedRemedy(m_path))};
    return {};
}

Result<Statement> Database::prepare(std::string_view sql)
{
    sqlite3_stmt *statement = nullptr;
    const int rc = sqlite3_prepare_v2(m_database.get(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
    Statement out(m_database.get(), statement, m_path);
    if (rc != SQLITE_OK)
        return sqliteError(m_database.get(), m_path);
    return out;
}

Result<void> Database::run(std::string_view sql)
{
    if (sqlite3_exec(m_database.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr)
        != SQLITE_OK)
        return sqliteError(m_database.get(), m_path);
    return {};
}

Result<int64_t> Database::number(std::string_view sql)
{
    auto statement = prepare(sql);
    if (!statement)
        return std::move(statement).error();
    auto row = statement->step();
    if (!row)
        return std::move(row).error();
    return *row ? statement->number(0) : 0;
}

Result<void> Database::copyTo(const std::string &path)
{
    // Made here and not by SQLite: readable by nobody else.
    if (auto writable = checkFile(path, O_RDWR | O_CREAT | O_EXCL); !writable)
        return writable;
    Database target(path);
    sqlite3 *raw = nullptr;
    const int rc =
        sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    target.m_database.reset(raw);
    if (rc != SQLITE_OK)
        return Error {ErrorCode::DataDir, fmt::format("{}: {}", path, sqlite3_errstr(rc))};
    // Who finds half a copy throws it away, so it needs no journal; the caller syncs it once.
    if (auto ready = target.run("PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF"); !ready)
        return ready;
    sqlite3_backup *copy = sqlite3_backup_init(raw, "main", m_database.get(), "main");
    if (!copy)
        return sqliteError(raw, path);
    const int step = sqlite3_backup_step(copy, -1); // in one go: the file is small
    const int end = sqlite3_backup_finish(copy);
    if (step != SQLITE_DONE || end != SQLITE_OK)
        return sqliteError(raw, path);
    return {};
}

Result<Transaction> Transaction::begin(Database &database)
{
    if (auto begun = database.run("BEGIN IMMEDIATE"); !begun)
        return std::move(begun).error();
    return Transaction(database);
}

std::string sqliteVersion()
{
    return sqlite3_libversion();
}

Transaction::~Transaction()
{
    // Some failures have rolled back already; then this one fails, which is what we want.
    if (m_database)
        (void)m_database->run("ROLLBACK");
}

Result<void> Transaction::commit()
{
    auto done = m_database->run("COMMIT");
    if (done)
        m_database = nullptr;
    return done;
}

} // namespace arc
