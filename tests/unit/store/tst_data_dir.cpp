// SPDX-License-Identifier: Apache-2.0
#include "server/store/data_dir.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace arc;

class TestDataDir : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void itIsMadeForItsOwnerOnly()
    {
        QTemporaryDir parent;
        const std::string path = parent.filePath("a/b/data").toStdString();
        const auto dir = DataDir::open(path + "/");
        QVERIFY(dir);
        QCOMPARE(dir->path(), path);
        for (const std::string &inner : {dir->path(), dir->logs(), dir->run()}) {
            struct stat info { };
            QCOMPARE(stat(inner.c_str(), &info), 0);
            QCOMPARE(info.st_mode & 07777, mode_t {0700});
        }
        QCOMPARE(dir->database(), path + "/arcology.db");
    }

    void aSecondEngineIsToldWhoHoldsIt()
    {
        QTemporaryDir parent;
        const std::string path = parent.filePath("data").toStdString();
        {
            const auto first = DataDir::open(path);
            QVERIFY(first);
            const auto second = DataDir::open(path);
            QVERIFY(!second);
            QCOMPARE(second.error().code(), ErrorCode::DataDir);
            QCOMPARE(exitCode(second.error().code()), 6);
            QCOMPARE(second.error().message(),
                     path + " is in use by another engine (pid " + std::to_string(getpid())
                         + "); stop it, or choose another data directory");
        }
        QVERIFY(DataDir::open(path)); // free again
    }

    void whatCannotBeADirectoryIsRefused()
    {
        QTemporaryDir parent;
        const std::string file = parent.filePath("file").toStdString();
        const int fd = ::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        QVERIFY(fd >= 0);
        ::close(fd);
        for (const std::string &path :
             {file, file + "/below", std::string(), std::string("/proc/no")}) {
            const auto dir = DataDir::open(path);
            QVERIFY(!dir);
            QCOMPARE(dir.error().code(), ErrorCode::DataDir);
            QVERIFY(dir.error().message().find('\n') == std::string::npos);
        }
    }

    void whatEverybodyMayWriteIsNotTrusted()
    {
        QTemporaryDir parent;
        const std::string path = parent.filePath("data").toStdString();
        QCOMPARE(mkdir(path.c_str(), 0700), 0);
        QCOMPARE(chmod(path.c_str(), 0707), 0);
        QVERIFY(!DataDir::check(path));
        const auto refused = DataDir::open(path);
        QVERIFY(!refused);
        QVERIFY(refused.error().message().starts_with(path + " may be written by everybody"));
        QVERIFY(!std::filesystem::exists(path + "/lock"));
        QCOMPARE(chmod(path.c_str(), 0770), 0);
        QVERIFY(DataDir::open(path));
    }

    void somebodyElsesDirectoryIsLeftAlone()
    {
        QTemporaryDir parent;
        std::string path = parent.filePath("data").toStdString();
        if (geteuid() == 0) {
            QCOMPARE(mkdir(path.c_str(), 0777), 0);
            QCOMPARE(chown(path.c_str(), 65534, 65534), 0);
        } else {
            path = "/usr";
        }
        for (const auto &refused : {DataDir::check(path), DataDir::examine(path)}) {
            QVERIFY(!refused);
            QVERIFY(refused.error().message().starts_with(path + " belongs to "));
        }
        QVERIFY(!DataDir::open(path));
        QVERIFY(geteuid() != 0 || QDir(parent.filePath("data")).isEmpty());
    }

    void aLookTellsWhyAnEngineCouldNotStartAndChangesNothing()
    {
        QTemporaryDir parent;
        const std::string path = parent.filePath("data").toStdString();
        QVERIFY(DataDir::examine(path)); // what is not there can be made
        QVERIFY(!QFileInfo::exists(parent.filePath("data")));
        {
            const auto held = DataDir::open(path);
            QVERIFY(held);
            QVERIFY(DataDir::examine(path).error().message().find("is in use by another engine")
                    != std::string::npos);
        }
        QVERIFY(DataDir::examine(path));
        QFile database(parent.filePath("data/arcology.db"));
        QVERIFY(database.open(QIODevice::WriteOnly));
        database.write(QByteArray(5000, 'x'));
        database.close();
        QVERIFY(DataDir::examine(path).error().message().find("is damaged") != std::string::npos);
        QCOMPARE(database.size(), 5000);
        QVERIFY(!QFileInfo::exists(parent.filePath("data/arcology.db-wal")));
    }

    void aLockThatIsALinkIsRefused()
    {
        QTemporaryDir parent;
        const std::string target = parent.filePath("precious").toStdString();
        QCOMPARE(symlink(target.c_str(), parent.filePath("lock").toStdString().c_str()), 0);
        QVERIFY(!DataDir::open(parent.path().toStdString()));
        QVERIFY(!QFileInfo::exists(QString::fromStdString(target)));
    }
};

QTEST_GUILESS_MAIN(TestDataDir)
#include "tst_data_dir.moc"
