// SPDX-License-Identifier: Apache-2.0
// The copy beside a database, and the way back to it.
#include "server/store/backup.h"
#include "server/store/config_tables.h"
#include "server/store/migrations.h"
#include "tests/unit/store/store_files.h"

#include <QDir>
#include <QTemporaryDir>

#include <unistd.h>

using namespace arc;

namespace {

/// What the copy beside a database holds; 0: there is no whole one.
uint64_t copiedRevision(const std::string &path)
{
    auto database = Database::openUnchanged(backupPath(path));
    return database ? newestRevision(*database).value_or(0) : 0;
}

} // namespace

class TestStoreBackup : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_path = m_dir->filePath("arcology.db").toStdString();
    }

    void aCopyIsKeptBesideTheFileAndBringsItBack()
    {
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(1)));
            QVERIFY(store.commit(1, documentWith(2)));
            QVERIFY(store.close()); // the second change is copied here, for no minute has passed
        }
        QCOMPARE(QFile::permissions(QString::fromStdString(backupPath(m_path)))
                     & (QFile::ReadGroup | QFile::ReadOther),
                 QFile::Permissions());
        const QByteArray damaged(9000, 'x');
        overwrite(m_path, 0, damaged);
        const QByteArray before = contents(m_path);
        OpenStore refused(m_path);
        QVERIFY(!refused.opened);
        QVERIFY(refused.opened.error().message().find("doctor --repair --data-dir "
                                                      + m_dir->path().toStdString())
                != std::string::npos);
        QVERIFY(*Database::isDamaged(m_path));

        const auto restored = restoreBackup(m_path);
        QVERIFY2(restored, restored ? "" : restored.error().message().c_str());
        QCOMPARE(restored->revision, uint64_t {2});
        QCOMPARE(restored->damagedPath, m_path + ".damaged");
        QCOMPARE(contents(restored->damagedPath), before);
        QVERIFY(!*Database::isDamaged(m_path));
        OpenStore again(m_path);
        QCOMPARE(again.load()->document, documentWith(2));
        QCOMPARE(again.documentAt(1).value_or(Document {}), documentWith(1));
        QVERIFY(again.commit(2, documentWith(3)));
        QVERIFY(again.close());
        overwrite(m_path, 0, damaged); // once more: the first one that was kept stays as it is
        QCOMPARE(restoreBackup(m_path)->damagedPath, m_path + ".damaged-2");
    }

    void aLostDatabaseIsNotBegunAnew_data()
    {
        QTest::addColumn<bool>("isEmpty");
        QTest::newRow("missing") << false;
        QTest::newRow("empty") << true;
    }
    void aLostDatabaseIsNotBegunAnew()
    {
        QFETCH(bool, isEmpty);
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(1)));
            QVERIFY(store.close());
        }
        QFile file(QString::fromStdString(m_path));
        QVERIFY(isEmpty ? file.resize(0) : file.remove());
        const QByteArray copy = contents(backupPath(m_path));
        {
            OpenStore refused(m_path);
            QVERIFY(!refused.opened);
            QCOMPARE(refused.opened.error().code(), ErrorCode::DataDir);
            QVERIFY(refused.opened.error().message().starts_with(
                m_path + (isEmpty ? ": is empty, but" : ": is missing, but")));
        }
        QVERIFY(!examineDatabase(m_path));
        QCOMPARE(contents(backupPath(m_path)), copy);
        const auto restored = restoreBackup(m_path);
        QVERIFY2(restored, restored ? "" : restored.error().message().c_str());
        QCOMPARE(restored->damagedPath.empty(), !isEmpty);
        OpenStore again(m_path);
        QCOMPARE(again.load()->document, documentWith(1));
    }

    void aRestoreThatWasKilledIsNoLoss()
    {
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(1)));
            QVERIFY(store.close());
        }
        // Between its two renames: the database is put away, the copy is not yet in its place.
        const auto name = [this](const char *suffix) {
            return QString::fromStdString(m_path + suffix);
        };
        QVERIFY(QFile::copy(name(".backup"), name(".restore")));
        QVERIFY(QFile::rename(name(""), name(".damaged")));
        QVERIFY(examineDatabase(m_path)); // a window that looks first must not refuse to start
        OpenStore again(m_path);
        QVERIFY2(again.opened, again.opened ? "" : again.opened.error().message().c_str());
        QCOMPARE(again.load()->document, documentWith(1));
        QVERIFY(!QFile::exists(name(".restore")));
    }

    void whatIsNoCopyIsNotPutInPlace()
    {
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(1)));
            QVERIFY(store.close());
        }
        QFile rubbish(QString::fromStdString(m_path + ".restore"));
        QVERIFY(rubbish.open(QIODevice::WriteOnly) && rubbish.write(QByteArray(5000, 'x')) == 5000);
        rubbish.close();
        const QByteArray before = contents(m_path);
        {
            OpenStore refused(m_path);
            QVERIFY(!refused.opened);
            QVERIFY(refused.opened.error().message().starts_with(m_path + ".restore: "));
        }
        QCOMPARE(contents(m_path), before);
        QVERIFY(rubbish.remove());
        OpenStore again(m_path);
        QCOMPARE(again.load()->document, documentWith(1));
    }

    void theLogOfADamagedFileIsNotPlayedIntoTheCopy()
    {
        OpenStore store(m_path);
        QVERIFY(store.commit(0, documentWith(1)));
        QTRY_VERIFY(QFile::exists(QString::fromStdString(backupPath(m_path))));
        QVERIFY(store.commit(1, documentWith(2)));
        const QByteArray log = contents(m_path + "-wal"); // as a kill would leave it
        QVERIFY(!log.isEmpty());
        QVERIFY(store.close());
        overwrite(m_path, 0, QByteArray(9000, 'x'));
        overwrite(m_path + "-wal", 0, log);
        QCOMPARE(restoreBackup(m_path)->revision, uint64_t {2});
        QVERIFY(!QFile::exists(QString::fromStdString(m_path + "-wal")));
        QCOMPARE(contents(m_path + ".damaged-wal"), log);
    }

    void copiesAreMadeNoOftenerThanAsked()
    {
        Inbox inbox;
        auto store = SqliteStore::open(m_path, inbox.deliver(), std::chrono::hours(1));
        QVERIFY(store);
        const auto commit = [&](uint64_t at) {
            return inbox.wait<uint64_t>([&](auto done) {
                (*store)->commit(at, documentWith(int64_t(at) + 1), "test", {}, done);
            });
        };
        QVERIFY(commit(0));
        const QString backup = QString::fromStdString(backupPath(m_path));
        QTRY_VERIFY(QFile::exists(backup));
        const QByteArray first = contents(backupPath(m_path));
        for (uint64_t at = 1; at < 20; ++at)
            QVERIFY(commit(at));
        QCOMPARE(contents(backupPath(m_path)), first);
        QVERIFY(inbox.wait<void>([&](auto done) { (*store)->close(done); }));
        QCOMPARE(count(backupPath(m_path), "SELECT max(number) FROM revision"), int64_t {20});
    }

    void aChangeIsCopiedWhenTheTimeHasComeWithoutAFurtherOne()
    {
        Inbox inbox;
        auto store = SqliteStore::open(m_path, inbox.deliver(), std::chrono::milliseconds(50));
        QVERIFY(store);
        for (uint64_t at = 0; at < 3; ++at) {
            QVERIFY(inbox.wait<uint64_t>([&](auto done) {
                (*store)->commit(at, documentWith(int64_t(at) + 1), "test", {}, done);
            }));
        }
        QTRY_COMPARE(copiedRevision(m_path), uint64_t {3});
        QCOMPARE((*store)->trouble(), std::string());
    }

    void aCopyThatCannotBeMadeIsSaidAndServesNobodyWorse()
    {
        OpenStore store(m_path);
        QVERIFY(QDir().mkpath(QString::fromStdString(backupPath(m_path) + "/in the way")));
        QVERIFY(store.commit(0, documentWith(1)));
        QTRY_VERIFY((*store.opened)->trouble().find(backupPath(m_path)) != std::string::npos);
        QCOMPARE(*store.commit(1, documentWith(2)), uint64_t {2});
        QVERIFY(store.close());
    }

    void aFileWithoutACopyGetsOneAtTheNextStart()
    {
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(1)));
            QVERIFY(store.close());
        }
        QVERIFY(QFile::remove(QString::fromStdString(backupPath(m_path))));
        OpenStore store(m_path);
        QVERIFY(store.opened);
        QTRY_COMPARE(copiedRevision(m_path), uint64_t {1});
    }

    void aDamagedCopyIsNotPutInPlace()
    {
        {
            OpenStore store(m_path);
            QVERIFY(store.commit(0, documentWith(1)));
            QVERIFY(store.close());
        }
        overwrite(m_path, 0, QByteArray(9000, 'x'));
        overwrite(backupPath(m_path), 4096, QByteArray(4000, 'x'));
        const QByteArray before = contents(m_path);
        const auto restored = restoreBackup(m_path);
        QVERIFY(!restored);
        QVERIFY(restored.error().message().starts_with(backupPath(m_path) + ": is damaged"));
        QCOMPARE(contents(m_path), before);
        QVERIFY(QFile::remove(QString::fromStdString(backupPath(m_path))));
        QCOMPARE(restoreBackup(m_path).error().code(), ErrorCode::NotFound);
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
    std::string m_path;
};

QTEST_GUILESS_MAIN(TestStoreBackup)
#include "tst_store_backup.moc"
