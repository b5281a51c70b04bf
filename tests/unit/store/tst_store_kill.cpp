// SPDX-License-Identifier: Apache-2.0
#include "server/base/file_descriptor.h"
#include "server/store/backup.h"
#include "server/store/config_tables.h"
#include "tests/unit/store/inbox.h"

#include <QTemporaryDir>

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace arc;

namespace {

constexpr int kKills = 200;

Document documentOf(uint64_t revision)
{
    Document out;
    out.settings["limits.connections"] = static_cast<int64_t>(16 + revision);
    out.listeners.push_back({"r" + std::to_string(revision), "127.0.0.1:0"});
    return out;
}

/// The child: commits for as long as it lives and writes each acknowledged revision to standard
/// output.
int commitForever(const std::string &path)
{
    OpenStore store(path);
    if (!store.opened)
        return 1;
    auto loaded = store.load();
    for (uint64_t at = loaded ? loaded->revision : 0; loaded;) {
        const auto revision = store.commit(at, documentOf(at + 1));
        if (!revision)
            return 2;
        at = *revision;
        if (write(STDOUT_FILENO, &at, sizeof at) != sizeof at)
            return 3;
    }
    return 4;
}

bool spoil(const std::string &path)
{
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const std::string text(9000, 'x');
    return file && pwrite(file.get(), text.data(), text.size(), 0) == ssize_t(text.size());
}

/// The child: spoils the database and brings its copy back, for as long as it lives.
int restoreForever(const std::string &path)
{
    for (uint64_t round = 1;; ++round) {
        if (!spoil(path) || !spoil(path + "-wal"))
            return 1;
        const auto restored = restoreBackup(path);
        if (!restored)
            return 2;
        ::unlink(restored->damagedPath.c_str());
        ::unlink((restored->damagedPath + "-wal").c_str());
        if (write(STDOUT_FILENO, &round, sizeof round) != sizeof round)
            return 3;
    }
}

struct Child {
    pid_t pid = -1;
    FileDescriptor acknowledged;
};

Child startChild(const std::string &path, const char *what = "--commit-forever")
{
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return {};
    const std::string self = QCoreApplication::applicationFilePath().toStdString();
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(self.c_str(), self.c_str(), what, path.c_str(), nullptr);
        _exit(127);
    }
    ::close(ends[1]);
    return {pid, FileDescriptor(ends[0])};
}

/// One revision from the child; 0 at its end or after ten seconds.
uint64_t readOne(int fd)
{
    uint64_t revision = 0;
    pollfd waiting {.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, 10'000) != 1 || read(fd, &revision, sizeof revision) != sizeof revision)
        return 0;
    return revision;
}

} // namespace

class TestStoreKill : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatWasAcknowledgedSurvivesKillDashNine()
    {
        QTemporaryDir dir;
        const std::string path = dir.filePath("arcology.db").toStdString();
        uint64_t acknowledged = 0;
        int copies = 0;
        for (int i = 0; i < kKills; ++i) {
            const Child child = startChild(path);
            QVERIFY(child.pid > 0);
            // A different number of commits each time, so that the kill meets different moments.
            for (int k = 0; k <= i % 7; ++k) {
                const uint64_t revision = readOne(child.acknowledged.get());
                QVERIFY2(revision > acknowledged, "the child ended, or went back");
                acknowledged = revision;
            }
            QCOMPARE(kill(child.pid, SIGKILL), 0);
            int status = 0;
            QCOMPARE(waitpid(child.pid, &status, 0), child.pid);
            QVERIFY(WIFSIGNALED(status));
            while (const uint64_t revision = readOne(child.acknowledged.get())) // still in the pipe
                acknowledged = revision;

            OpenStore store(path);
            QVERIFY2(store.opened, store.opened ? "" : store.opened.error().message().c_str());
            const auto loaded = store.load();
            QVERIFY(loaded);
            QVERIFY(loaded->revision >= acknowledged);
            QVERIFY(loaded->revision <= acknowledged + 1); // the one that could not be acknowledged
            QCOMPARE(loaded->document, documentOf(loaded->revision));
            acknowledged = loaded->revision;
            if (access(backupPath(path).c_str(), F_OK) != 0)
                continue;                                          // killed before the first one
            auto copy = Database::openUnchanged(backupPath(path)); // old or new, but whole
            QVERIFY2(copy, copy ? "" : copy.error().message().c_str());
            QVERIFY(newestRevision(*copy).value_or(0) <= acknowledged);
            ++copies;
        }
        QVERIFY(copies > 0);
        OpenStore store(path);
        QCOMPARE(store.documentAt(1).value_or(Document {}), documentOf(1)); // all history, too
        qInfo("%d kills, %llu revisions, none lost", kKills, (unsigned long long)acknowledged);
    }

    void aRepairThatIsKilledIsFinishedOrBeginsAnew()
    {
        QTemporaryDir dir;
        const std::string path = dir.filePath("arcology.db").toStdString();
        {
            OpenStore store(path);
            QVERIFY(store.commit(0, documentOf(1)));
            QVERIFY(store.close());
        }
        int finished = 0;
        for (int i = 0; i < kKills; ++i) {
            const Child child = startChild(path, "--restore-forever");
            QVERIFY(child.pid > 0);
            for (int k = 0; k <= i % 3; ++k)
                QVERIFY(readOne(child.acknowledged.get()) > 0);
            for (int k = 0; k < i * 20; ++k)
                (void)getppid(); // another moment of its round each time
            QCOMPARE(kill(child.pid, SIGKILL), 0);
            int status = 0;
            QCOMPARE(waitpid(child.pid, &status, 0), child.pid);
            QVERIFY(WIFSIGNALED(status));

            QVERIFY(finishRestore(path));
            QVERIFY(access(path.c_str(), F_OK) == 0);
            if (*Database::isDamaged(path))
                QVERIFY(restoreBackup(path)); // it had not been decided
            else
                ++finished;
            OpenStore store(path);
            QVERIFY2(store.opened, store.opened ? "" : store.opened.error().message().c_str());
            QCOMPARE(store.load()->document, documentOf(1));
            QVERIFY(store.close());
        }
        qInfo("%d kills, %d after the restore was decided", kKills, finished);
    }
};

int main(int argc, char **argv)
{
    if (argc == 3 && std::string_view(argv[1]) == "--commit-forever")
        return commitForever(argv[2]);
    if (argc == 3 && std::string_view(argv[1]) == "--restore-forever")
        return restoreForever(argv[2]);
    QCoreApplication app(argc, argv);
    TestStoreKill test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_store_kill.moc"
