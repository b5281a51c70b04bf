// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace arc {

/// One prepared statement. Reading and binding follow SQLite: columns from 0, parameters in the
/// order of binding. Belongs to its Database's thread and must not outlive it.
class Statement {
public:
    Statement &bind(std::string_view text);
    Statement &bind(int64_t number);
    Statement &bind(uint64_t number) { return bind(static_cast<int64_t>(number)); }
    /// True: there is a row to read. False: the end.
    Result<bool> step();
    std::string text(int column) const;
    int64_t number(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt *statement) const noexcept;
    };
    Statement(sqlite3 *database, sqlite3_stmt *statement, const std::string &path);

    sqlite3 *m_database = nullptr;
    std::unique_ptr<sqlite3_stmt, Finalize> m_statement;
    std::string m_path; ///< for sentences
    int m_bound = 0;
};

/// One SQLite file: opened strictly, with our PRAGMAs, and with failures as one sentence that names
/// the file. One thread at a time. Every call may wait for the disk.
class Database {
public:
    /// Creates the file (0600) when it is missing. DataDir: damaged, or not a database; such a file
    /// is left as it is.
    static Result<Database> open(const std::string &path);
    /// For a look only: what is in the file, without its log, and nothing is written or made.
    static Result<Database> openUnchanged(const std::string &path);

    /// Whether open() would refuse this file, log included, as damaged or no database. An error: it
    /// cannot be told, for want of rights or room, or because somebody holds it.
    static Result<bool> isDamaged(const std::string &path);

    Result<Statement> prepare(std::string_view sql);
    /// Any number of statements without parameters.
    Result<void> run(std::string_view sql);
    /// The first column of the first row; 0 without rows.
    Result<int64_t> number(std::string_view sql);
    /// Copies what is committed, page by page, into a new file (0600) that is one file: whole only
    /// when this succeeds.
    Result<void> copyTo(const std::string &path);
    const std::string &path() const noexcept { return m_path; }

private:
    struct Close {
        void operator()(sqlite3 *database) const noexcept;
    };
    explicit Database(std::string path) : m_path(std::move(path)) { }
    Result<void> prepareFile();
    Result<void> checkPages();

    std::string m_path;
    std::unique_ptr<sqlite3, Close> m_database;
};

/// One statement without rows, its parameters in the order of the values.
template <class... Values>
Result<void> execute(Database &database, std::string_view sql, const Values &...values)
{
    auto statement = database.prepare(sql);
    if (!statement)
        return std::move(statement).error();
    (statement->bind(values), ...);
    auto done = statement->step();
    return done ? Result<void>() : Result<void>(std::move(done).error());
}

/// Of the library that runs, not of the headers.
std::string sqliteVersion();

/// BEGIN IMMEDIATE until commit(); without it everything is rolled back.
class Transaction {
public:
    static Result<Transaction> begin(Database &database);
    Transaction(Transaction &&other) noexcept : m_database(std::exchange(other.m_database, nullptr))
    {
    }
    ~Transaction();
    Result<void> commit();

private:
    explicit Transaction(Database &database) : m_database(&database) { }
    Database *m_database;
};

} // namespace arc
