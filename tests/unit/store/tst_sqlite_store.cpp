// SPDX-License-Identifier: Apache-2.0
#include "server/store/backup.h"
#include "server/store/config_tables.h"
#include "server/store/migrations.h"
#include "tests/unit/store/store_files.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <sqlite3.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace arc;

namespace {

/// Somebody with a SQLite shell, or a newer Arcology.
void meddle(const std::string &path, const char *sql)
{
    sqlite3 *database = nullptr;
    QCOMPARE(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    char *message = nullptr;
    const int rc = sqlite3_exec(database, sql, nullptr, nullptr, &message);
    QVERIFY2(rc == SQLITE_OK, message ? message : "");
    sqlite3_close(database);
}

} // namespace

class TestSqliteStore : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_path = m_dir->filePath("arcology.db").toStdString();
    }

    void aNewFileIsEmptyAndPrivate()
    {
        OpenStore store(m_path);
        QVERIFY(store.opened);
        const auto loaded = store.load();
        QVERIFY(loaded);
        QCOMPARE(loaded->revision, uint64_t {0});
        QCOMPARE(loaded->document, Document {});
        QCOMPARE(
            QFile::permissions(QString::fromStdString(m_path))
                & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther),
            QFile::Permissions());
    }

    void theThreadOfTheStoreKeepsNoCallback()
    {
        OpenStore store(m_path);
        QVERIFY(store.opened);
        for (int i = 0; i < 200; ++i) { // a copy left over there shows only when we are quick
            std::optional<long> holders;
            (*store.opened)
                ->load([&holders, token = std::make_shared<int>(i)](Result<StoredConfig> stored) {
                    holders = stored ? token.use_count() : -1;
                });
            QVERIFY(store.inbox.runOne());
            QCOMPARE(holders, std::optional<long>(1));
        }
    }

    void whatWasCommittedIsThereAfterReopening()
    {
        const Document document = documentWith(3);
        {
            OpenStore store(m_path);
            const auto revision = store.commit(0, document);
            QVERIFY2(revision, revision ? "" : revision.error().message().c_str());
            QCOMPARE(*revision, uint64_t {1});
            QVERIFY(store.close());
            QCOMPARE(store.load().error().code(), ErrorCode::Cancelled);
        }
        OpenStore store(m_path);
        const auto loaded = store.load();
        QVERIFY(loaded);
        QCOMPARE(loaded->revision, uint64_t {1});
        QCOMPARE(loaded->document, document); // the order of objects, too
        QVERIFY(loaded->warnings.empty());
    }

    void settingsOfEveryLevelAreRowsOfTheirOwn()
    {
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(3)));
        }
        QCOMPARE(count(m_path, "SELECT count(*) FROM setting"), int64_t {3});
        QCOMPARE(count(m_path, "SELECT value FROM setting WHERE scope='app' AND object_id='shop'"),
                 int64_t {3});
        QCOMPARE(
            count(m_path, "SELECT count(*) FROM object WHERE kind='app' AND json LIKE '%threads%'"),
            int64_t {0});
    }

    void aCommitAgainstAnOlderRevisionIsAConflict()
    {
        OpenStore store(m_path);
        QVERIFY(store.commit(0, documentWith(1)));
        const auto late = store.commit(0, documentWith(2));
        QVERIFY(!late);
        QCOMPARE(late.error().code(), ErrorCode::Conflict);
        QCOMPARE(late.error().message(),
                 std::string("the configuration is at revision 1 by now; this "
                             "change was made against 0"));
        QCOMPARE(store.load()->document, documentWith(1));
    }

    void anInvalidDocumentIsRefused()
    {
        OpenStore store(m_path);
        Document bad = documentWith(1);
        bad.apps.clear();
        const auto refused = store.commit(0, bad);
        QCOMPARE(refused.error().code(), ErrorCode::Invalid);
        QCOMPARE(refused.error().message(),
                 std::string("sites[0].routes[0].python.app: there is no app \"shop\""));
        QCOMPARE(store.load()->revision, uint64_t {0});
    }

    void aCommitWithoutAChangeMakesNoRevision()
    {
        OpenStore store(m_path);
        QVERIFY(store.commit(0, documentWith(1)));
        QCOMPARE(*store.commit(1, documentWith(1)), uint64_t {1});
        QCOMPARE(store.history(0, 10)->size(), size_t {1});
    }

    void historyTellsWhoDidWhat()
    {
        OpenStore store(m_path);
        QVERIFY(store.commit(0, documentWith(1), "first"));
        QVERIFY(store.commit(1, documentWith(2)));
        QVERIFY(store.commit(2, Document {}, "gone"));
        const auto all = store.history(0, 10);
        QVERIFY(all);
        QCOMPARE(all->size(), size_t {3});
        QCOMPARE((*all)[0].summary, std::string("gone"));
        QCOMPARE((*all)[1].number, uint64_t {2});
        QCOMPARE((*all)[1].author, std::string("test"));
        QCOMPARE((*all)[1].summary,
                 std::string("loops 1 → 2, app shop changed (pool.threads 1 → 2)"));
        QVERIFY((*all)[1].atUnixMs > 0);
        QCOMPARE((*all)[2].diff, diffDocuments({}, documentWith(1)));
        QCOMPARE(store.history(3, 1)->at(0).number, uint64_t {2});
        QVERIFY(store.history(1, 10)->empty());
    }

    void everyRevisionCanBeToldAndUndone()
    {
        OpenStore store(m_path);
        uint64_t at = 0;
        for (int i = 1; i <= 120; ++i) // more than one page of history
            at = store.commit(at, documentWith(i)).value_or(0);
        QCOMPARE(at, uint64_t {120});
        for (const uint64_t revision : {1, 2, 19, 20, 21, 119, 120})
            QCOMPARE(store.documentAt(revision).value_or(Document {}),
                     documentWith(int64_t(revision)));
        QCOMPARE(store.documentAt(0).value_or(documentWith(1)), Document {});
        QCOMPARE(store.documentAt(121).error().code(), ErrorCode::NotFound);
        const auto undone = store.commit(at, *store.documentAt(at - 1), "undo");
        QCOMPARE(undone.value_or(0), uint64_t {121});
        QCOMPARE(store.load()->document, documentWith(119));
    }

    void historyThatIsNoLongerKeptIsSaid()
    {
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(1)));
            QVERIFY(store.commit(1, documentWith(2)));
        }
        meddle(m_path, "DELETE FROM revision WHERE number = 1");
        OpenStore store(m_path);
        QVERIFY(store.documentAt(1));
        QCOMPARE(store.documentAt(0).error().message(),
                 std::string("revision 0 is no longer kept"));
    }

    void whatIsNotUnderstoodIsKeptAndReported()
    {
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(1)));
        }
        meddle(m_path,
               "INSERT INTO setting VALUES ('engine','','warp.speed','9',0,'x');"
               "INSERT INTO setting VALUES ('app','shop','pool.magic','1',0,'x');"
               "INSERT INTO setting VALUES ('site','zoo','log.access','\"perhaps\"',0,'x')"
               "  ON CONFLICT DO UPDATE SET value=excluded.value;"
               "INSERT INTO object VALUES ('upstream','api',1,'{\"id\":\"api\"}');"
               "INSERT INTO object VALUES ('site','proxy',1,'{\"id\":\"proxy\",\"mirror\":1}');");
        OpenStore store(m_path);
        QVERIFY(store.opened);
        const auto loaded = store.load();
        QVERIFY(loaded);
        QStringList told;
        for (const std::string &warning : loaded->warnings)
            told << QString::fromStdString(warning);
        told.sort();
        QCOMPARE(
            told,
            QStringList(
                {"setting log.access: \"perhaps\" is neither on nor off of site zoo is kept but "
                 "not used",
                 "setting pool.magic: there is no such setting of app shop is kept but not used",
                 "setting warp.speed: there is no such setting of the engine is kept but not used",
                 "site proxy: mirror: unknown key (known here: enabled, hosts, id, listeners, "
                 "routes, settings), so it is kept but not used",
                 "upstream api: unknown kind, so it is kept but not used"}));
        QVERIFY(loaded->document.findSite("zoo"));
        // Everything we know is deleted; what we do not know stays.
        QVERIFY(store.commit(1, Document {}));
        Document takesTheName;
        takesTheName.sites.push_back({.id = "proxy"});
        QCOMPARE(store.commit(2, takesTheName).error().code(), ErrorCode::Conflict);
        QVERIFY(store.close());
        QCOMPARE(count(m_path, "SELECT count(*) FROM setting"), int64_t {3});
        QCOMPARE(count(m_path, "SELECT count(*) FROM object"), int64_t {2});
    }

    void aNewerSchemaIsRefusedAndLeftAlone()
    {
        {
            OpenStore store(m_path);
        }
        QCOMPARE(count(m_path, "PRAGMA user_version"), int64_t {2});
        meddle(m_path, "PRAGMA user_version=7");
        OpenStore store(m_path);
        QVERIFY(!store.opened);
        QCOMPARE(store.opened.error().code(), ErrorCode::DataDir);
        QCOMPARE(store.opened.error().message(),
                 m_path
                     + ": was written by a newer Arcology (schema 7, this one knows 2); "
                       "start that version again, or choose another data directory");
        QCOMPARE(count(m_path, "PRAGMA user_version"), int64_t {7});
    }

    void aMigrationThatFailsChangesNothing()
    {
        meddle(m_path,
               "CREATE TABLE revision (x)"); // in the way of the first migration's last table
        {
            OpenStore store(m_path);
            QVERIFY(!store.opened);
        }
        QCOMPARE(count(m_path, "PRAGMA user_version"), int64_t {0});
        QCOMPARE(count(m_path, "SELECT count(*) FROM sqlite_master"), int64_t {1});
    }

    void aDamagedFileIsRefusedAndLeftAlone_data()
    {
        QTest::addColumn<int>("at");
        QTest::newRow("header") << 0;
        QTest::newRow("first page's tree") << 100;
        QTest::newRow("second page") << 4096;
    }
    void aDamagedFileIsRefusedAndLeftAlone()
    {
        QFETCH(int, at);
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(1)));
            QVERIFY(store.close());
        }
        overwrite(m_path, at, QByteArray(600, '\x5a'));
        const QByteArray before = contents(m_path);
        OpenStore store(m_path);
        QVERIFY(!store.opened);
        QCOMPARE(store.opened.error().code(), ErrorCode::DataDir);
        QVERIFY(store.opened.error().message().starts_with(m_path + ": is damaged"));
        QCOMPARE(contents(m_path), before);
    }

    void aDirectoryInItsPlaceIsRefused()
    {
        QVERIFY(QDir().mkdir(QString::fromStdString(m_path)));
        OpenStore store(m_path);
        QVERIFY(!store.opened);
        QCOMPARE(store.opened.error().code(), ErrorCode::DataDir);
    }

    void aSecondWriterIsWaitedForAndThenNamed()
    {
        OpenStore store(m_path);
        sqlite3 *other = nullptr;
        QCOMPARE(sqlite3_open(m_path.c_str(), &other), SQLITE_OK);
        QCOMPARE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
        const auto blocked = store.commit(0, documentWith(1));
        sqlite3_close(other);
        QCOMPARE(blocked.error().code(), ErrorCode::Unavailable);
        QCOMPARE(blocked.error().message(),
                 m_path + ": is held by another program; nothing was changed");
        QVERIFY(store.commit(0, documentWith(1)));
    }

    void tooManyWaitingCallsAreAnsweredFull()
    {
        OpenStore store(m_path);
        sqlite3 *other = nullptr; // holds the store's thread for as long as the busy timeout
        QCOMPARE(sqlite3_open(m_path.c_str(), &other), SQLITE_OK);
        QCOMPARE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
        size_t full = 0;
        size_t answered = 0;
        (*store.opened)->commit(0, documentWith(1), "a", "b", [&](Result<uint64_t>) {
            ++answered;
        });
        for (size_t i = 0; i < SqliteStore::kJobsMax + 2; ++i) {
            (*store.opened)->load([&](Result<StoredConfig> result) {
                ++answered;
                full += !result && result.error().code() == ErrorCode::Full;
            });
        }
        while (answered < SqliteStore::kJobsMax + 3)
            QVERIFY(store.inbox.runOne());
        sqlite3_close(other);
        QVERIFY(full >= 2 && full <= 3); // the first commit may or may not have left the queue
    }

    void aWriteThatFailsIsOneSentenceAndChangesNothing_data()
    {
        QTest::addColumn<QByteArray>("pragma");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("full") << QByteArray("PRAGMA max_page_count=1") << int(ErrorCode::Full)
                              << "the disk is full; nothing was changed; free some space";
        QTest::newRow("read-only") << QByteArray("PRAGMA query_only=1") << int(ErrorCode::Forbidden)
                                   << "cannot be written; nothing was changed; give the file "
                                      "back to the engine's user";
    }
    void aWriteThatFailsIsOneSentenceAndChangesNothing()
    {
        QFETCH(QByteArray, pragma);
        QFETCH(QString, sentence);
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(1)));
        }
        auto database = Database::open(m_path);
        QVERIFY(database);
        QVERIFY(database->run(pragma.toStdString()));
        Document large = documentWith(2);
        large.apps[0].env["LARGE"] = std::string(100'000, 'x');
        const auto change = [&]() -> Result<void> { // as a commit does it
            auto transaction = Transaction::begin(*database);
            if (!transaction)
                return std::move(transaction).error();
            return writeRevision(*database,
                                 {.number = 2, .diff = diffDocuments(documentWith(1), large)});
        };
        const auto written = change();
        QVERIFY(!written);
        QTEST(int(written.error().code()), "code");
        QCOMPARE(QString::fromStdString(written.error().message()),
                 QString::fromStdString(m_path) + ": " + sentence);
        const auto loaded = loadConfig(*database);
        QVERIFY(loaded);
        QCOMPARE(loaded->revision, uint64_t {1});
        QCOMPARE(loaded->document, documentWith(1));
    }

    void aFullDiskLosesNothingAndIsOvercome()
    {
        const std::string disk = m_dir->filePath("disk").toStdString();
        QVERIFY(QDir().mkdir(QString::fromStdString(disk)));
        if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=512k") != 0)
            QSKIP("mounting a small disk needs the right to mount");
        const auto unmount = qScopeGuard([&] { umount2(disk.c_str(), MNT_DETACH); });
        OpenStore store(disk + "/arcology.db");
        QVERIFY(store.opened);
        uint64_t at = 0;
        Document last;
        std::optional<Error> error;
        while (!error && at < 100) {
            Document next = documentWith(int64_t(at % 200 + 1));
            next.apps[0].env["LARGE"] = std::string(20'000, char('a' + at % 26));
            const auto revision = store.commit(at, next);
            if (!revision) {
                error = revision.error();
                continue;
            }
            at = *revision;
            last = next;
        }
        QVERIFY(error && at > 0);
        QCOMPARE(error->code(), ErrorCode::Full);
        QCOMPARE(store.load()->document, last);
        QCOMPARE(mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=4m"),
                 0); // somebody tidied up
        QCOMPARE(store.commit(at, documentWith(250)).value_or(0), at + 1);
        QVERIFY(store.close());
        OpenStore again(disk + "/arcology.db");
        QCOMPARE(again.load()->document, documentWith(250));
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
    std::string m_path;
};

QTEST_GUILESS_MAIN(TestSqliteStore)
#include "tst_sqlite_store.moc"
