// SPDX-License-Identifier: Apache-2.0
// Copying a folder: the same content is the same release, what did not change takes no space, what
// cannot be copied soundly is refused by name, and what is not whole is never taken for a release.
#include "server/releases/release_copy.h"
#include "server/releases/release_store.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

using namespace arc;

namespace {

/// The exit code of a line for the shell.
int shell(const QString &line)
{
    return QProcess::execute(QStringLiteral("sh"), {QStringLiteral("-c"), line});
}

} // namespace

class TestReleaseCopy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void aCopyHasWhatTheFolderHas();
    void nothingCanBeWrittenIntoACopyButWhatPythonCompiles();
    void theSameContentIsTheSameRelease();
    void anyChangeIsAnotherRelease_data();
    void anyChangeIsAnotherRelease();
    void whatDidNotChangeIsALink();
    void aFileThatOnlyWasTouchedIsALink();
    void aKnownCopyThatSomebodyChangedIsNotUsed();
    void whatIsSharedLeadsToTheFolder();
    void whatIsExcludedIsNotThere();
    void whatCannotBeCopiedIsRefusedByName_data();
    void whatCannotBeCopiedIsRefusedByName();
    void aDatabaseByAnyNameIsRefused();
    void aFileThatIsWrittenToMeanwhileIsNamed();
    void aFolderThatChangesMeanwhileIsRefused();
    void aCancelledCopyLeavesNothing();
    void aKillAtAnyTimeLeavesNoHalfRelease();
    void aCopyThatWasChangedIsFoundOut_data();
    void aCopyThatWasChangedIsFoundOut();
    void aDatabaseMadeWithinAReleaseIsFound();
    void theSameContentElsewhereSharesOtherData();
    void aDamagedReleaseIsCopiedAnewUnlessItServes();
    void aRetiredReleaseIsGoneAtOnce();
    void aSpoiledManifestIsRefused_data();
    void aSpoiledManifestIsRefused();

private:
    QString live(const QString &path = {}) const { return m_dir->filePath("live/" + path); }
    std::string store() const { return m_dir->filePath("store").toStdString(); }
    QString tree(const std::string &id, const QString &path = {}) const
    {
        return QString::fromStdString(ReleaseStore::tree(store(), id)) + "/" + path;
    }
    static void write(const QString &path, const QByteArray &text);
    static QByteArray read(const QString &path);
    static ino_t inode(const QString &path);
    void age(); ///< everything is old enough to be believed without reading
    CopyOrder order(std::vector<std::string> known = {}) const;
    ReleaseMade make(std::vector<std::string> known = {});
    QString refusal(const CopyOrder &order) const;
    QString refusal() const { return refusal(order()); }

    std::unique_ptr<QTemporaryDir> m_dir;
};

void TestReleaseCopy::write(const QString &path, const QByteArray &text)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    QVERIFY2(file.open(QFile::WriteOnly), qPrintable(path));
    file.write(text);
}

QByteArray TestReleaseCopy::read(const QString &path)
{
    QFile file(path);
    return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray("(none)");
}

ino_t TestReleaseCopy::inode(const QString &path)
{
    struct stat status { };
    return ::stat(path.toLocal8Bit().constData(), &status) == 0 ? status.st_ino : 0;
}

void TestReleaseCopy::init()
{
    if (m_dir)
        removeTree(m_dir->path().toStdString()); // QTemporaryDir leaves what cannot be written
    m_dir = std::make_unique<QTemporaryDir>();
    QDir().mkpath(m_dir->filePath("store"));
    write(live("manage.py"), "import shop\n");
    write(live("shop/__init__.py"), "");
    write(live("shop/views.py"), "page = 1\n");
    write(live("shop/static/logo.svg"), "<svg/>");
    QVERIFY(QFile::link("static/logo.svg", live("shop/icon.svg")));
    QDir().mkpath(live("empty"));
}

CopyOrder TestReleaseCopy::order(std::vector<std::string> known) const
{
    return {.folder = m_dir->filePath("live").toStdString(),
            .store = store(),
            .rules = {.shared = {},
                      .exclude = {".git", "__pycache__", "docs/build", "*.log"},
                      .filesMax = 100,
                      .bytesMax = 1 << 20,
                      .dataDir = m_dir->filePath("data").toStdString()},
            .known = std::move(known),
            .progress = std::make_shared<CopyProgress>()};
}

ReleaseMade TestReleaseCopy::make(std::vector<std::string> known)
{
    auto made = makeRelease(order(std::move(known)));
    if (!made)
        qWarning("%s", made.error().message().c_str());
    return made.value_or(ReleaseMade {});
}

QString TestReleaseCopy::refusal(const CopyOrder &order) const
{
    const auto made = makeRelease(order);
    const QStringList left = QDir(m_dir->filePath("store"))
                                 .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    if (!left.isEmpty())
        return "left behind: " + left.join(", ");
    return made ? "was made" : QString::fromStdString(made.error().message());
}

/// The manifest's clock is set forward instead of waiting.
void TestReleaseCopy::age()
{
    for (const QString &id :
         QDir(m_dir->filePath("store")).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        auto manifest = ReleaseStore::manifest(store(), id.toStdString());
        QVERIFY(manifest);
        manifest->scannedNs += 60'000'000'000;
        write(m_dir->filePath("store/" + id + "/files"),
              QByteArray::fromStdString(writeManifest(*manifest)));
    }
}

void TestReleaseCopy::aCopyHasWhatTheFolderHas()
{
    const ReleaseMade made = make();
    QCOMPARE(made.id.size(), Manifest::kIdDigits);
    QVERIFY(made.isNew);
    QCOMPARE(made.files, int64_t {4});
    QCOMPARE(made.bytes, int64_t {12 + 9 + 6});
    QCOMPARE(made.addedBytes, made.bytes);
    QCOMPARE(read(tree(made.id, "shop/views.py")), QByteArray("page = 1\n"));
    QCOMPARE(read(tree(made.id, "shop/icon.svg")), QByteArray("<svg/>"));
    QVERIFY(QFileInfo(tree(made.id, "shop/icon.svg")).isSymLink());
    QVERIFY(QFileInfo(tree(made.id, "empty")).isDir());
    QCOMPARE(QFileInfo(tree(made.id, "manage.py")).lastModified(),
             QFileInfo(live("manage.py")).lastModified());
    CopyProgress progress;
    QVERIFY(ReleaseStore::verify(store(), made.id, progress));
}

void TestReleaseCopy::nothingCanBeWrittenIntoACopyButWhatPythonCompiles()
{
    QVERIFY(QFile::setPermissions(live("manage.py"),
                                  QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    const ReleaseMade made = make();
    const auto mode = [&](const QString &path) {
        struct stat status { };
        ::stat(tree(made.id, path).toLocal8Bit().constData(), &status);
        return status.st_mode & 07777;
    };
    QCOMPARE(mode("manage.py"), 0500u);
    for (const char *folder : {"", "shop", "shop/static", "empty"})
        QVERIFY2(!(mode(folder) & 0222), folder);
    QCOMPARE(mode("shop/__pycache__"), 0700u);
    QCOMPARE(mode("__pycache__"), 0700u);
    QVERIFY(!QFileInfo::exists(tree(made.id, "empty/__pycache__")));
}

void TestReleaseCopy::theSameContentIsTheSameRelease()
{
    const ReleaseMade first = make();
    const ReleaseMade again = make({first.id});
    QCOMPARE(again.id, first.id);
    QVERIFY(!again.isNew);
    QCOMPARE(again.addedBytes, int64_t {0});
    // Another folder, another time, the right to write: none of them is content.
    QDir().rename(m_dir->filePath("live"), m_dir->filePath("other"));
    QDir().mkpath(m_dir->filePath("live"));
    QCOMPARE(shell((QString("cp -r %1/. %2 && chmod -R g+w %2")
                        .arg(m_dir->filePath("other"), m_dir->filePath("live")))),
             0);
    QCOMPARE(make().id, first.id);
    QCOMPARE(QDir(m_dir->filePath("store"))
                 .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot)
                 .size(),
             1);
}

void TestReleaseCopy::anyChangeIsAnotherRelease_data()
{
    QTest::addColumn<QString>("command");
    QTest::newRow("content") << "printf 'page = 2\\n' > shop/views.py";
    QTest::newRow("a file more") << "touch shop/models.py";
    QTest::newRow("a file less") << "rm manage.py";
    QTest::newRow("another name") << "mv manage.py admin.py";
    QTest::newRow("may be executed") << "chmod 755 manage.py";
    QTest::newRow("a link elsewhere") << "ln -sf views.py shop/icon.svg";
    QTest::newRow("a file in the place of a link")
        << "rm shop/icon.svg && cp shop/static/logo.svg shop/icon.svg";
    QTest::newRow("an empty folder less") << "rmdir empty";
}
void TestReleaseCopy::anyChangeIsAnotherRelease()
{
    QFETCH(QString, command);
    const ReleaseMade first = make();
    age();
    QCOMPARE(shell(("cd " + live() + " && " + command)), 0);
    const ReleaseMade second = make({first.id});
    QVERIFY(second.isNew && second.id != first.id);
    QVERIFY(ReleaseStore::isWhole(store(), first.id) && ReleaseStore::isWhole(store(), second.id));
}

void TestReleaseCopy::whatDidNotChangeIsALink()
{
    const ReleaseMade first = make();
    age();
    write(live("shop/views.py"), "page = 22\n");
    const QString logo = tree(first.id, "shop/static/logo.svg");
    const ReleaseMade second = make({first.id});
    QCOMPARE(second.addedBytes, int64_t {10});
    QCOMPARE(inode(tree(second.id, "shop/static/logo.svg")), inode(logo));
    QVERIFY(inode(tree(second.id, "shop/views.py")) != inode(tree(first.id, "shop/views.py")));
    QCOMPARE(read(tree(first.id, "shop/views.py")), QByteArray("page = 1\n"));
}

void TestReleaseCopy::aFileThatOnlyWasTouchedIsALink()
{
    const ReleaseMade first = make();
    age();
    const utimbuf times {1'000'000'000, 1'000'000'000};
    ::utime(live("shop/static/logo.svg").toLocal8Bit().constData(), &times);
    write(live("shop/views.py"), "page = 22\n");
    const ReleaseMade second = make({first.id});
    const ino_t kept = inode(tree(first.id, "shop/static/logo.svg"));
    QCOMPARE(inode(tree(second.id, "shop/static/logo.svg")), kept);
    age();
    write(live("shop/views.py"), "page = 333\n");
    QCOMPARE(inode(tree(make({second.id}).id, "shop/static/logo.svg")), kept);
}

void TestReleaseCopy::aKnownCopyThatSomebodyChangedIsNotUsed()
{
    const ReleaseMade first = make();
    age();
    const QString logo = tree(first.id, "shop/static/logo.svg");
    QCOMPARE(shell(("chmod u+w " + logo + " && echo '<SVG/>' > " + logo)), 0);
    write(live("shop/views.py"), "page = 22\n");
    const ReleaseMade second = make({first.id});
    QCOMPARE(read(tree(second.id, "shop/static/logo.svg")), QByteArray("<svg/>"));
    CopyProgress progress;
    QVERIFY(ReleaseStore::verify(store(), second.id, progress));
}

void TestReleaseCopy::whatIsSharedLeadsToTheFolder()
{
    write(live("db.sqlite3"), QByteArray("SQLite format 3\0", 16));
    write(live("db.sqlite3-wal"), "new");
    write(live("media/photo.jpg"), "jpg");
    CopyOrder both = order();
    both.rules.shared = {"db.sqlite3", "media"};
    const auto made = makeRelease(both);
    QVERIFY2(made, made ? "" : made.error().message().c_str());
    QCOMPARE(QFileInfo(tree(made->id, "db.sqlite3")).symLinkTarget(), live("db.sqlite3"));
    QCOMPARE(read(tree(made->id, "media/photo.jpg")), QByteArray("jpg"));
    QVERIFY(!QFileInfo::exists(tree(made->id, "db.sqlite3-wal")));
    write(live("media/more.jpg"), "jpg"); // no content of a release
    QCOMPARE(makeRelease(both)->id, made->id);
}

void TestReleaseCopy::whatIsExcludedIsNotThere()
{
    for (const char *path : {".git/HEAD", "shop/.git/HEAD", "shop/__pycache__/a.pyc",
                             "docs/build/x", "docs/source/build/x", "debug.log", "shop/debug.log"})
        write(live(path), "x");
    const ReleaseMade made = make();
    for (const char *path : {".git", "shop/.git", "shop/__pycache__/a.pyc", "docs/build",
                             "debug.log", "shop/debug.log"})
        QVERIFY2(!QFileInfo::exists(tree(made.id, path)), path);
    QVERIFY(QFileInfo::exists(tree(made.id, "docs/source/build/x")));
}

void TestReleaseCopy::whatCannotBeCopiedIsRefusedByName_data()
{
    QTest::addColumn<QString>("command");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("a database by its name")
        << "touch shop/db.sqlite3"
        << "shop/db.sqlite3 is an SQLite database: .*release.shared.*";
    QTest::newRow("an empty database") << "touch a.db"
                                       << "a.db is an SQLite database: .*";
    QTest::newRow("uploads") << "mkdir media"
                             << "media looks like a folder that the app writes to: "
                                ".*release.shared.*";
    QTest::newRow("a link out") << "ln -s ../data x"
                                << "x is a link to ../data, .*";
    QTest::newRow("an absolute link") << "ln -s $PWD/manage.py x"
                                      << "x is a link to /.*";
    QTest::newRow("a link out by a detour") << "ln -s empty/../../data x"
                                            << "x is a link to empty/../../data, .*";
    QTest::newRow("a link out of a folder below") << "ln -s ../../data shop/x"
                                                  << "shop/x is a link to ../../data, .*";
    QTest::newRow("a pipe") << "mkfifo x"
                            << "x is a pipe, which cannot be copied.*release.exclude";
    QTest::newRow("too many files") << "touch $(seq 100)"
                                    << ".* has more than 100 files and folders "
                                       "\\(release.files\\).*";
    QTest::newRow("too much") << "truncate -s 2M x"
                              << ".* holds more than .*\\(release.size_mib\\).*";
    QTest::newRow("the data directory") << "mv ../data data"
                                        << "data is the engine's own data directory.*";
}
void TestReleaseCopy::whatCannotBeCopiedIsRefusedByName()
{
    QFETCH(QString, command);
    QFETCH(QString, sentence);
    QDir().mkpath(m_dir->filePath("data"));
    QCOMPARE(shell(("cd " + live() + " && " + command)), 0);
    CopyOrder asked = order();
    if (QFileInfo::exists(live("data")))
        asked.rules.dataDir = live("data").toStdString();
    const QString said = refusal(asked);
    QVERIFY2(QRegularExpression("^" + sentence + "$").match(said).hasMatch(), qPrintable(said));
}

void TestReleaseCopy::aDatabaseByAnyNameIsRefused()
{
    write(live("shop/state"), QByteArray("SQLite format 3\0", 16) + QByteArray(1000, 'x'));
    QVERIFY2(refusal().startsWith("shop/state is an SQLite database: "), qPrintable(refusal()));
    write(live("shop/state"), "no database");
    write(live("shop/hash.db"), "no database either");
    QVERIFY(make().isNew);
    CopyOrder asked = order();
    asked.rules.shared = {"nowhere"};
    const auto made = makeRelease(asked);
    QVERIFY(!made);
    QVERIFY2(made.error().message().starts_with("release.shared names nowhere, and there is none"),
             made.error().message().c_str());
}

/// A process that writes to a file without a pause, until it is destroyed.
class Writer {
public:
    explicit Writer(const QString &path) : m_pid(::fork())
    {
        if (m_pid != 0)
            return;
        const int file = ::open(path.toLocal8Bit().constData(), O_WRONLY | O_CREAT, 0600);
        for (size_t i = 0;; ++i)
            (void)!::pwrite(file, &i, sizeof i, 0);
    }
    ~Writer()
    {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }

private:
    const pid_t m_pid;
};

void TestReleaseCopy::aFileThatIsWrittenToMeanwhileIsNamed()
{
    // Reading it takes many ticks of the clock that stamps files.
    write(live("state.bin"), QByteArray(32 << 20, 'x'));
    CopyOrder asked = order();
    asked.rules.bytesMax = 64 << 20;
    const Writer writer(live("state.bin"));
    const QString said = refusal(asked);
    QVERIFY2(said.startsWith("state.bin ") && said.contains("release.shared"), qPrintable(said));
}

void TestReleaseCopy::aFolderThatChangesMeanwhileIsRefused()
{
    CopyProgress progress;
    const CopyOrder asked = order();
    const auto before = scanFolder(asked.folder, asked.rules, progress);
    QVERIFY(checkUnchanged(asked.folder, asked.rules, *before));
    write(live("shop/debug.log"), "excluded"); // its folder's time is another now
    QVERIFY(checkUnchanged(asked.folder, asked.rules, *before));
    write(live("shop/new.py"), "");
    const auto more = checkUnchanged(asked.folder, asked.rules, *before);
    QVERIFY(!more && more.error().code() == ErrorCode::Conflict);
    QVERIFY(more.error().message().starts_with("shop/new.py changed while "));
    QFile::remove(live("shop/new.py"));
    QFile::remove(live("manage.py"));
    const auto less = checkUnchanged(asked.folder, asked.rules, *before);
    QVERIFY(!less && less.error().message().starts_with("manage.py changed while "));
}

void TestReleaseCopy::aCancelledCopyLeavesNothing()
{
    CopyOrder asked = order();
    asked.progress->isCancelled = true;
    QVERIFY(refusal(asked).contains("cancelled"));
    QCOMPARE(makeRelease(asked).error().code(), ErrorCode::Cancelled);
}

void TestReleaseCopy::aKillAtAnyTimeLeavesNoHalfRelease()
{
    for (int i = 0; i < 60; ++i)
        write(live(QString("data/%1.bin").arg(i)), QByteArray(10'000, char('a' + i % 26)));
    const std::string id = make().id;
    removeTree(store() + "/" + id);
    int whole = 0;
    for (int microseconds = 0; whole < 3; microseconds = microseconds * 5 / 4 + 100) {
        const pid_t child = ::fork();
        if (child == 0) {
            (void)makeRelease(order());
            ::_exit(0);
        }
        const timespec moment {.tv_sec = 0, .tv_nsec = microseconds * 1000L};
        ::ppoll(nullptr, 0, &moment, nullptr); // the moment of the kill is what varies
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        if (ReleaseStore::isWhole(store(), id)) {
            CopyProgress progress;
            const auto good = ReleaseStore::verify(store(), id, progress);
            QVERIFY2(good, good ? "" : good.error().message().c_str());
            removeTree(store() + "/" + id);
            ++whole;
        }
        for (const std::string &gone : ReleaseStore::clean(store(), {}))
            removeTree(gone);
        QVERIFY(QDir(m_dir->filePath("store"))
                    .isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
        QVERIFY(microseconds < 60'000'000);
    }
}

void TestReleaseCopy::aCopyThatWasChangedIsFoundOut_data()
{
    QTest::addColumn<QString>("command");
    QTest::addColumn<QString>("place");
    QTest::newRow("content of the same size") << "printf 'page = 9\\n' > shop/views.py"
                                              << "shop/views.py";
    QTest::newRow("a file is gone") << "rm manage.py"
                                    << "manage.py";
    QTest::newRow("another link") << "ln -sf views.py shop/icon.svg"
                                  << "shop/icon.svg";
    QTest::newRow("a file for a folder") << "rmdir empty && touch empty"
                                         << "empty";
}
void TestReleaseCopy::aCopyThatWasChangedIsFoundOut()
{
    QFETCH(QString, command);
    QFETCH(QString, place);
    const ReleaseMade made = make();
    QCOMPARE(shell(("cd " + tree(made.id) + " && chmod -R u+w . && " + command)), 0);
    CopyProgress progress;
    const auto checked = ReleaseStore::verify(store(), made.id, progress);
    QVERIFY(!checked);
    QVERIFY2(checked.error().message().find(": " + place.toStdString() + " in ")
                 != std::string::npos,
             checked.error().message().c_str());
}

void TestReleaseCopy::aDatabaseMadeWithinAReleaseIsFound()
{
    const ReleaseMade made = make();
    QVERIFY(ReleaseStore::checkNothingWritten(store(), made.id));
    QCOMPARE(shell(("chmod u+w " + tree(made.id, "shop"))), 0);
    write(tree(made.id, "shop/db.sqlite3"), "");
    CopyOrder next = order({made.id});
    next.serving = made.id;
    const auto refused = makeRelease(next);
    QVERIFY(!refused);
    QVERIFY2(refused.error().message().starts_with(
                 "the app has written shop/db.sqlite3 within release "),
             refused.error().message().c_str());
}

void TestReleaseCopy::theSameContentElsewhereSharesOtherData()
{
    write(live("data/x"), "1");
    CopyOrder asked = order();
    asked.rules.shared = {"data"};
    const std::string first = makeRelease(asked)->id;
    QDir().rename(m_dir->filePath("live"), m_dir->filePath("moved"));
    asked.folder = m_dir->filePath("moved").toStdString();
    const std::string second = makeRelease(asked)->id;
    QVERIFY(second != first);
    QCOMPARE(QFileInfo(tree(second, "data")).symLinkTarget(), m_dir->filePath("moved/data"));
}

void TestReleaseCopy::aDamagedReleaseIsCopiedAnewUnlessItServes()
{
    const ReleaseMade made = make();
    QCOMPARE(shell(("cd " + tree(made.id) + " && chmod u+w manage.py && echo >> manage.py")), 0);
    CopyOrder serving = order({made.id});
    serving.serving = made.id;
    const auto refused = makeRelease(serving);
    QVERIFY(!refused && refused.error().message().find("manage.py") != std::string::npos);
    const ReleaseMade anew = make({made.id});
    QCOMPARE(anew.id, made.id);
    QVERIFY(anew.isNew);
    CopyProgress progress;
    QVERIFY(ReleaseStore::verify(store(), made.id, progress));
}

void TestReleaseCopy::aRetiredReleaseIsGoneAtOnce()
{
    const ReleaseMade made = make();
    const std::string gone = ReleaseStore::retire(store(), made.id);
    QVERIFY(!ReleaseStore::isWhole(store(), made.id));
    removeTree(gone);
    QVERIFY(QDir(m_dir->filePath("store"))
                .isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
    QVERIFY(ReleaseStore::retire(store(), made.id).empty());
    QVERIFY(QFileInfo::exists(live("shop/static/logo.svg"))); // links are not followed
}

void TestReleaseCopy::aSpoiledManifestIsRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    const QByteArray head("arcology release 1 5\0", 21);
    const QByteArray entry("f 256 1 2 3 4 5 6 2 ab path\0", 28);
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("another file") << QByteArray("hello\0", 6);
    QTest::newRow("cut off") << (head + entry).chopped(1);
    QTest::newRow("no time") << QByteArray("arcology release 1 \0", 20);
    QTest::newRow("an unknown kind") << head + QByteArray(entry).replace("f 256", "q 256");
    QTest::newRow("a field less") << head + QByteArray(entry).replace(" 6 ", " ");
    QTest::newRow("content longer than the entry")
        << head + QByteArray(entry).replace("2 ab", "99 ab");
    QTest::newRow("no path") << head + QByteArray(entry).replace(" path", " ");
    QTest::newRow("not sorted") << head + entry + QByteArray(entry).replace("path", "a");
}
void TestReleaseCopy::aSpoiledManifestIsRefused()
{
    QFETCH(QByteArray, text);
    QVERIFY(!readManifest(text.toStdString()));
    const QByteArray good("arcology release 1 5\0f 256 1 2 3 4 5 6 2 ab a b\n c\0", 51);
    QCOMPARE(readManifest(good.toStdString())->entries.front().path, std::string("a b\n c"));
}

QTEST_GUILESS_MAIN(TestReleaseCopy)
#include "tst_release_copy.moc"
