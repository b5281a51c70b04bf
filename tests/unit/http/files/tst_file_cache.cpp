// SPDX-License-Identifier: Apache-2.0
#include "files_under_test.h"

#include <QtTest>

#include <filesystem>
#include <future>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace arc;

class TestFileCache : public QObject {
    Q_OBJECT

    /// The kernel tells nothing: what a look once a second finds.
    static FilesUnderTest::Options unwatched()
    {
        FilesUnderTest::Options options;
        options.settings.filesWatches = 0;
        return options;
    }

private Q_SLOTS:
    void aHitDoesNotLookAtTheDisk()
    {
        const TestTree tree;
        tree.write("site/a.txt", "first");
        FilesUnderTest files(unwatched());
        const StaticHandler handler({.roots = {tree.root()}});
        QCOMPARE(files.ask(handler, "/a.txt").body, std::string("first"));
        QCOMPARE(unlink(tree.path("site/a.txt").c_str()), 0);
        QCOMPARE(files.ask(handler, "/a.txt").body, std::string("first"));
        QTRY_COMPARE(files.ask(handler, "/a.txt").status, 404); // seen a second later
    }

    void anEditedFileIsNoticed()
    {
        const TestTree tree;
        tree.write("site/a.txt", "first");
        FilesUnderTest files(unwatched());
        const StaticHandler handler({.roots = {tree.root()}});
        const std::string tag = files.ask(handler, "/a.txt").header("ETag");
        tree.write("site/a.txt", "other");
        QTRY_COMPARE(files.ask(handler, "/a.txt").body, std::string("other"));
        QVERIFY(files.ask(handler, "/a.txt").header("ETag") != tag);
    }

    /// Images, packages and rsync -t bring other files with the times of the old ones.
    void aTagNamesTheBytes_data()
    {
        QTest::addColumn<int>("size");
        QTest::newRow("in memory") << 40;
        QTest::newRow("sent from the disk") << int(FileEntry::kInMemoryMax) + 1;
    }

    void aTagNamesTheBytes()
    {
        QFETCH(int, size);
        const TestTree tree;
        const auto put = [&](const std::string &name, char letter) {
            const timespec times[2] {{1, 0}, {1, 0}};
            tree.write(name, std::string(size_t(size), letter));
            ARC_ASSERT(utimensat(AT_FDCWD, tree.path(name).c_str(), times, 0) == 0);
        };
        put("site/a.txt", 'A');
        put("site/new", 'B');
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        const std::string tag = files.ask(handler, "/a.txt").header("ETag");
        QVERIFY(tag.starts_with('"')); // strong
        QCOMPARE(rename(tree.path("site/new").c_str(), tree.path("site/a.txt").c_str()), 0);
        QTRY_COMPARE(files.ask(handler, "/a.txt").body, std::string(size_t(size), 'B'));
        QVERIFY(files.ask(handler, "/a.txt").header("ETag") != tag);
        QCOMPARE(files.ask(handler, "/a.txt", "If-None-Match: " + tag + "\r\n").status, 200);
        const std::string part = "Range: bytes=4-9\r\nIf-Range: " + tag + "\r\n";
        QCOMPARE(files.ask(handler, "/a.txt", part).status, 200);
        const std::string coded =
            files.ask(handler, "/a.txt", "Accept-Encoding: gzip\r\n").header("ETag");
        QVERIFY(coded.find(tag) == coded.npos);
    }

    void equalBytesHaveEqualTags()
    {
        const TestTree tree;
        tree.write("site/a.txt", "first");
        tree.write("site/b.txt", "first"); // as on another machine
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        const std::string tag = files.ask(handler, "/a.txt").header("ETag");
        QCOMPARE(files.ask(handler, "/b.txt").header("ETag"), tag);
    }

    void anOldEntryIsNotServedUnseen()
    {
        const TestTree tree;
        tree.write("site/a.txt", "first");
        FilesUnderTest files(unwatched());
        const StaticHandler handler({.roots = {tree.root()}});
        QCOMPARE(files.ask(handler, "/a.txt").status, 200);
        tree.write("site/a.txt", "other");
        const auto then =
            std::chrono::steady_clock::now() + FileCache::kUsable + std::chrono::milliseconds(100);
        QTRY_VERIFY(std::chrono::steady_clock::now() > then);
        QCOMPARE(files.ask(handler, "/a.txt").body,
                 std::string("other")); // at once, not one request later
    }

    void aChangeIsServedAtOnce()
    {
        const TestTree tree;
        tree.makeFolder("site/sub");
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        int atOnce = 0;
        for (int i = 0; i < 20 && !atOnce; ++i) { // a slow machine may look in the usual way
            const std::string name = "/sub/" + std::to_string(i);
            tree.write("site" + name, "first");
            QCOMPARE(files.ask(handler, name).body, std::string("first"));
            const auto before = std::chrono::steady_clock::now();
            tree.write("site" + name, "other");
            QTRY_COMPARE(files.ask(handler, name).body, std::string("other"));
            atOnce += std::chrono::steady_clock::now() - before < FileCache::kFresh / 4;
        }
        QVERIFY(atOnce);
    }

    void aFolderThatGoesTakesItsFilesAlongAtOnce_data()
    {
        QTest::addColumn<bool>("comesBack");
        QTest::newRow("removed") << false;
        QTest::newRow("made anew") << true;
    }

    void aFolderThatGoesTakesItsFilesAlongAtOnce()
    {
        QFETCH(bool, comesBack);
        const TestTree tree;
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        int atOnce = 0;
        for (int i = 0; i < 20 && !atOnce; ++i) { // a slow machine may look in the usual way
            const std::string folder = "site/" + std::to_string(i);
            const std::string name = "/" + std::to_string(i) + "/a";
            tree.makeFolder(folder);
            tree.write(folder + "/a", "first");
            QCOMPARE(files.ask(handler, name).body, std::string("first"));
            const auto before = std::chrono::steady_clock::now();
            std::filesystem::remove_all(tree.path(folder));
            if (comesBack) {
                tree.makeFolder(folder);
                tree.write(folder + "/a", "other");
                QTRY_COMPARE(files.ask(handler, name).body, std::string("other"));
            } else {
                QTRY_COMPARE(files.ask(handler, name).status, 404);
            }
            atOnce += std::chrono::steady_clock::now() - before < FileCache::kFresh / 4;
            // What is gone is looked at as seldom as anything that is not there.
            int64_t looks = 0;
            files.onLoop([&] { looks = files.metrics().fileMisses.read(); });
            for (int k = 0; k < 20; ++k)
                files.ask(handler, name);
            files.onLoop([&] { QVERIFY(files.metrics().fileMisses.read() - looks < 10); });
        }
        QVERIFY(atOnce);
    }

    /// Cut in place, which the kernel does not tell before the writer closes it.
    void aLargeFileIsNotPromisedLongerThanItIs()
    {
        const TestTree tree;
        const std::string content(FileEntry::kInMemoryMax * 2, 'x');
        tree.write("site/a.bin", content);
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        for (size_t left = content.size(); left > FileEntry::kInMemoryMax; left -= 8192) {
            QCOMPARE(truncate(tree.path("site/a.bin").c_str(), off_t(left)), 0);
            const RecordedAnswer answer = files.ask(handler, "/a.bin");
            QCOMPARE(answer.length.value(), uint64_t(left));
            QCOMPARE(answer.body.size(), left);
        }
    }

    void foldersBeyondTheLimitAreLookedAt()
    {
        const TestTree tree;
        FilesUnderTest::Options options;
        options.settings.filesWatches = 2;
        FilesUnderTest files(options);
        const StaticHandler handler({.roots = {tree.root()}});
        for (int i = 0; i < 5; ++i) {
            const std::string folder = "/" + std::to_string(i);
            tree.makeFolder("site" + folder);
            tree.write("site" + folder + "/a", "first");
            QCOMPARE(files.ask(handler, folder + "/a").body, std::string("first"));
        }
        files.onLoop([&] { QCOMPARE(files.cache().foldersWatched(), size_t(2)); });
        for (int i = 0; i < 5; ++i) {
            const std::string folder = "/" + std::to_string(i);
            tree.write("site" + folder + "/a", "other");
            QTRY_COMPARE(files.ask(handler, folder + "/a").body, std::string("other"));
        }
    }

    /// Two writes in one tick of a coarse clock have the same times.
    void whatWasJustWrittenIsReadOnceMore_data()
    {
        QTest::addColumn<bool>("coded");
        QTest::newRow("as it is") << false;
        QTest::newRow("coded") << true;
    }

    void whatWasJustWrittenIsReadOnceMore()
    {
        QFETCH(bool, coded);
        const TestTree tree;
        const FileScope scope({tree.root()}, {});
        FileVariant variant;
        if (coded)
            variant = {.coding = Coding::Gzip, .mayMake = true};
        FolderWatcher watcher;
        const auto load = [&](const FileEntry *known) {
            return loadFile(scope, "/a.txt", variant, bestOpenStrategy(), known, watcher,
                            LoadStep::Code)
                .entry;
        };
        std::shared_ptr<const FileEntry> entry;
        int again = 0;
        for (int i = 0; i < 50 && !again; ++i) { // a slow machine may read it too late for that
            tree.write("site/a.txt", std::string(5000, 'x'));
            entry = load(nullptr);
            QCOMPARE(entry->status, 200);
            again = load(entry.get()) != nullptr;
        }
        QVERIFY(again);
        QTRY_VERIFY((entry = load(nullptr)) && !load(entry.get())); // the tick is over
    }

    void aNewFileIsNoticed()
    {
        const TestTree tree;
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        QCOMPARE(files.ask(handler, "/a.txt").status, 404);
        tree.write("site/a.txt", "new");
        QTRY_COMPARE(files.ask(handler, "/a.txt").body, std::string("new"));
    }

    void memoryAndDescriptorsAreBounded()
    {
        const TestTree tree;
        constexpr int kFiles = 560;
        Settings settings;
        settings.filesCacheMiB = 64; // what 512 open files cost
        for (int i = 0; i < kFiles; ++i) {
            const std::string name = "site/" + std::to_string(i);
            tree.write(name, "");
            QCOMPARE(truncate(tree.path(name).c_str(), off_t(FileEntry::kInMemoryMax) + 1), 0);
        }
        FilesUnderTest files(FilesUnderTest::Options {.settings = settings});
        const StaticHandler handler({.roots = {tree.root()}});
        for (int i = 0; i < kFiles; ++i)
            QCOMPARE(files.ask(handler, "/" + std::to_string(i)).status, 200);
        files.onLoop([&] {
            QVERIFY(files.cache().bytes() <= uint64_t {64} * 1024 * 1024);
            QVERIFY(files.cache().entries() < size_t(kFiles));
            QVERIFY(files.cache().entries() > size_t(kFiles) / 2);
        });
        QCOMPARE(files.ask(handler, "/0").status, 200); // evicted, and read again
    }

    void aScanForNamesEvictsNoFile()
    {
        const TestTree tree;
        tree.write("site/a.txt", "kept");
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        QCOMPARE(files.ask(handler, "/a.txt").status, 200);
        uint64_t bytes = 0;
        files.onLoop([&] { bytes = files.cache().bytes(); });
        for (size_t i = 0; i < FileCache::kMissingMax + 200; ++i)
            QCOMPARE(files.ask(handler, "/none" + std::to_string(i)).status, 404);
        files.onLoop([&] {
            QCOMPARE(files.cache().entries(), FileCache::kMissingMax + 1);
            QCOMPARE(files.cache().bytes(), bytes);
        });
    }

    /// An app's request waits for the call: one that never came would hold it for ever.
    void aPathThatIsTooLongIsToldToWhoAsked()
    {
        const TestTree tree;
        FilesUnderTest files;
        const auto scope =
            std::make_shared<const FileScope>(std::vector {tree.root()}, std::string());
        int status = 0;
        bool hasAnswered = true;
        files.onLoop([&] {
            FakeExchange exchange(files.http(), ExchangeId {0, 9999, 1},
                                  "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            exchange.use({});
            QVERIFY(files.cache().serve(
                exchange, scope, "/" + std::string(FileCache::kPathBytesMax, 'a'), {},
                [&](Exchange &, const FileCache::Found &found) { status = found.entry->status; }));
            hasAnswered = exchange.answer().status != 0;
        });
        QCOMPARE(status, 404);
        QVERIFY(!hasAnswered);
    }

    void aFullPoolIsToldAs503()
    {
        const TestTree tree;
        tree.write("site/a.txt", "a");
        FilesUnderTest files(FilesUnderTest::Options {.poolThreads = 1, .poolQueueMax = 1});
        const StaticHandler handler({.roots = {tree.root()}});
        std::promise<void> running, goOn;
        const auto blocked = goOn.get_future().share();
        QVERIFY(files.pool().submit(files.loop(), [&running, blocked]() -> std::function<void()> {
            running.set_value();
            blocked.wait();
            return {};
        }));
        running.get_future().wait();
        files.askAndLeave(handler, "/a.txt"); // takes the only place
        const RecordedAnswer refused = files.ask(handler, "/b.txt");
        QCOMPARE(refused.status, 503);
        QCOMPARE(refused.header("Retry-After"), std::string("1"));
        goOn.set_value();
        QCOMPARE(files.ask(handler, "/a.txt").body, std::string("a")); // who left harmed nobody
        QTRY_COMPARE(files.ask(handler, "/b.txt").status, 404);
    }

    void theCacheMayGoWhileThePoolReads()
    {
        const TestTree tree;
        tree.write("site/a.txt", "a");
        const StaticHandler handler({.roots = {tree.root()}});
        for (int i = 0; i < 20; ++i) {
            FilesUnderTest files;
            files.askAndLeave(handler, "/a.txt");
        }
    }

    void equalScopesShareTheirEntries()
    {
        const TestTree tree;
        tree.write("site/a.txt", "a");
        FilesUnderTest files;
        const StaticHandler one({.roots = {tree.root()}});
        const StaticHandler same(
            {.roots = {tree.root()}, .prefix = "/x"}); // as after a change of the configuration
        const StaticHandler other({.roots = {tree.root()}, .index = "start.html"});
        QCOMPARE(files.ask(one, "/a.txt").status, 200);
        QCOMPARE(files.ask(same, "/x/a.txt").status, 200);
        files.onLoop([&] { QCOMPARE(files.cache().entries(), size_t(1)); });
        QCOMPARE(files.ask(other, "/a.txt").status, 200);
        files.onLoop([&] { QCOMPARE(files.cache().entries(), size_t(2)); });
    }
};

QTEST_APPLESS_MAIN(TestFileCache)
#include "tst_file_cache.moc"
