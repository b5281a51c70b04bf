// SPDX-License-Identifier: Apache-2.0
#include "files_under_test.h"
#include "server/http/files/folder_list.h"

#include <QtTest>

using namespace arc;

class TestFolderList : public QObject {
    Q_OBJECT

    static FileWishes lists(size_t most = 100) { return {.listing = true, .listingMax = most}; }

private Q_SLOTS:
    void aFolderIsListedByChoice()
    {
        const TestTree tree;
        tree.makeFolder("site/docs");
        tree.makeFolder("site/docs/sub");
        tree.write("site/docs/b & <i>.txt", "12345");
        tree.write("site/docs/.hidden", "secret");
        tree.write("secret", "secret");
        tree.link("../../secret", "site/docs/leads-out");
        tree.link("gone", "site/docs/leads-nowhere");
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}, .wishes = lists()});
        const RecordedAnswer answer = files.ask(handler, "/docs/");
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.header("Content-Type"), std::string("text/html; charset=utf-8"));
        QCOMPARE(answer.header("Cache-Control"), std::string("no-cache"));
        QCOMPARE(answer.header("ETag"), std::string());
        const QByteArray page = QByteArray::fromStdString(answer.body);
        QVERIFY(page.contains("<a href=\"./b%20&amp;%20%3Ci%3E.txt\">b &amp; &lt;i&gt;.txt</a>"));
        QVERIFY(page.contains("<td class=\"size\">5 B</td>"));
        QVERIFY(page.contains("<a href=\"./sub/\">sub/</a>"));
        QVERIFY(page.contains("<a href=\"../\">"));
        QVERIFY(page.indexOf("sub/</a>") < page.indexOf(".txt</a>")); // folders first
        for (const char *not_there : {"hidden", "leads-out", "leads-nowhere", "{{"})
            QVERIFY2(!page.contains(not_there), not_there);
        QCOMPARE(files.ask(handler, "/docs").status, 301);
        QCOMPARE(files.ask(handler, "/none/").status, 404);
        QCOMPARE(
            files.ask(handler, "/docs/", "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT\r\n")
                .status,
            200);
        tree.write("site/docs/new", "");
        QTRY_VERIFY(files.ask(handler, "/docs/").body.find("./new") != std::string::npos);
    }

    void withoutTheChoiceNothingIsShown()
    {
        const TestTree tree;
        tree.write("site/a.txt", "a");
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        QCOMPARE(files.ask(handler, "/").status, 404);
    }

    void anIndexComesFirst()
    {
        const TestTree tree;
        tree.write("site/index.html", "<p>front");
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}, .wishes = lists()});
        QCOMPARE(files.ask(handler, "/").body, std::string("<p>front"));
        const StaticHandler noIndex({.roots = {tree.root()}, .index = {}, .wishes = lists()});
        QVERIFY(files.ask(noIndex, "/").body.find("./index.html") != std::string::npos);
    }

    void aListEndsAtItsLimitAndSaysSo()
    {
        const TestTree tree;
        for (int i = 0; i < 30; ++i)
            tree.write("site/file" + std::to_string(i), "");
        FilesUnderTest files;
        const auto rowsOf = [&](size_t most) {
            const StaticHandler handler({.roots = {tree.root()}, .wishes = lists(most)});
            const QByteArray page = QByteArray::fromStdString(files.ask(handler, "/").body);
            return std::pair(page.count("<a href="), page.contains("more names"));
        };
        QCOMPARE(rowsOf(10), std::pair(qsizetype {10}, true));
        QCOMPARE(rowsOf(30), std::pair(qsizetype {30}, false));
    }

    void aFileIsNoFolder_data()
    {
        QTest::addColumn<OpenStrategy>("strategy");
        QTest::newRow("openat2") << bestOpenStrategy();
        QTest::newRow("walk") << OpenStrategy::Walk;
    }

    void aFileIsNoFolder()
    {
        QFETCH(OpenStrategy, strategy);
        const TestTree tree;
        tree.write("site/a.txt", "a");
        tree.makeFolder("site/sub");
        FilesUnderTest files(FilesUnderTest::Options {.strategy = strategy});
        const StaticHandler handler({.roots = {tree.root()}, .index = {}, .wishes = lists()});
        QCOMPARE(files.ask(handler, "/a.txt/").status, 404);
        QCOMPARE(files.ask(handler, "/a.txt").body, std::string("a"));
        QCOMPARE(files.ask(handler, "/sub/").status, 200);
    }

    void namesCannotSmuggle()
    {
        const std::vector<FolderItem> items {
            {.name = "javascript:alert(1)"}, {.name = "\"onclick=\"x"}, {.name = "{{note}}"}};
        const QByteArray page = QByteArray::fromStdString(folderPage("/<script>/", items, false));
        QVERIFY(page.contains("href=\"./javascript"));
        QVERIFY(!page.contains("\"onclick"));
        QVERIFY(!page.contains("<script>"));
        QVERIFY(page.contains("{{note}}</a>")); // a name is not a place of the page
    }
};

QTEST_APPLESS_MAIN(TestFolderList)
#include "tst_folder_list.moc"
