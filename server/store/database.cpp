// SPDX-License-Identifier: Apache-2.0
#include "server/store/database.h"

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

Error sqliteError(sqlite3 *database, const std::string &path)
{
    const auto told = [&](ErrorCode code, std::string_view sentence) {
        return Error {code, fmt::format("{}: {}", path, sentence)};
    };
    switch (sqlite3_errcode(database) & 0xff) {
    case SQLITE_FULL:
        return told(ErrorCode::Full, "the disk is full; nothing was changed");
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return told(ErrorCode::Forbidden, "cannot be written; nothing was changed");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return told(ErrorCode::DataDir,
                    "is damaged or not a database of Arcology; restore it from a "
                    "backup or move it away");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return told(ErrorCode::Unavailable, "is held by another program; nothing was changed");
    case SQLITE_CANTOPEN:
        return told(ErrorCode::DataDir, "cannot be opened");
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

Result<Database> Database::open(const std::string &path)
{
    // SQLite would create it readable by everybody; apps' environment variables may hold secrets.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EACCES && errno != EROFS)
        return Error {ErrorCode::DataDir, fmt::format("{}: {}", path, strerror(errno))};
    if (fd >= 0)
        ::close(fd);

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

/// Also after a clean stop: the file is small, and a disk can spoil it at any time.
Result<void> Database::prepareFile()
{
    if (auto done = run(kPragmas); !done)
        return done;
    auto check = prepare("PRAGMA quick_check(1)");
    if (!check)
        return std::move(check).error();
    auto row = check->step();
    if (!row)
        return std::move(row).error();
    if (!*row || check->text(0) != "ok")
        return Error {ErrorCode::DataDir,
                      fmt::format("{}: is damaged ({}); restore it from a backup "
                                  "or move it away",
                                  m_path, check->text(0))};
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
