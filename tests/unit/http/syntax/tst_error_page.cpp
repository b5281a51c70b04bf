// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/accept.h"
#include "server/http/syntax/error_page.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace arc;

class TestErrorPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void browsersGetHtmlAndToolsPlainText_data()
    {
        QTest::addColumn<bool>("html");
        const auto row = [](const char *accept, bool html) {
            QTest::newRow(accept) << html;
        };
        row("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true);
        row("TEXT/HTML", true);
        row("text/*", true);
        row("text/plain;q=0.5, text/html", true);
        row("", false);
        row("*/*", false);
        row("text/plain", false);
        row("application/json", false);
        row("text/html;q=0", false);
        row("text/html;q=0.2, text/plain", false);
        row("text/html;q=x", false);
        row("text/html;q=2", false); // no weight is above one
        row("text/html;q=0.5, */*", false);
        row("texthtml", false);
        row(",,;;,", false);
    }
    void browsersGetHtmlAndToolsPlainText()
    {
        QFETCH(bool, html);
        QCOMPARE(preferredForm(QTest::currentDataTag()) == PageForm::Html, html);
    }

    void everythingPutInIsEscaped()
    {
        const ErrorPage page =
            makeErrorPage(404, "<script>alert('a & \"b\"')</script>", "<id>", "text/html");
        QCOMPARE(page.contentType, std::string_view("text/html; charset=utf-8"));
        const QByteArray body = QByteArray::fromStdString(page.body);
        QVERIFY(
            body.contains("&lt;script&gt;alert(&#39;a &amp; &quot;b&quot;&#39;)&lt;/script&gt;"));
        QVERIFY(body.contains("&lt;id&gt;"));
        QVERIFY(!body.contains("<script>"));
        QVERIFY(body.contains("Not Found"));
        QVERIFY(!body.contains("{{"));
    }

    void plainPagesSayTheSame()
    {
        const ErrorPage page = makeErrorPage(503, {}, "abc", std::nullopt);
        QCOMPARE(page.contentType, std::string_view("text/plain; charset=utf-8"));
        QCOMPARE(page.body,
                 "503 Service Unavailable\n" + std::string(standardExplanation(503))
                     + "\nRequest: abc\n");
        QCOMPARE(makeErrorPage(404, "No.", {}, "*/*").body, std::string("404 Not Found\nNo.\n"));
    }

    void formsAreChosenByWeight_data()
    {
        QTest::addColumn<int>("form");
        const auto row = [](const char *accept, PageForm form) {
            QTest::newRow(accept) << static_cast<int>(form);
        };
        row("application/json", PageForm::Json);
        row("application/problem+json", PageForm::Json);
        row("application/json, text/plain, */*", PageForm::Json);
        row("application/json;q=0.5, text/plain", PageForm::Plain);
        row("application/json;q=0", PageForm::Plain);
        row("application/json;q=0.5, text/html", PageForm::Html);
        row("application/json, text/html;q=0.5", PageForm::Json);
        row("application/*", PageForm::Plain);
        row("*/*", PageForm::Plain);
    }
    void formsAreChosenByWeight()
    {
        QFETCH(int, form);
        QCOMPARE(static_cast<int>(preferredForm(QTest::currentDataTag())), form);
    }

    void jsonIsEscaped()
    {
        const ErrorPage page = makeErrorPage(404, "a \"b\" \\ \n", "id", "application/json");
        QCOMPARE(page.contentType, std::string_view("application/json"));
        const QJsonDocument read = QJsonDocument::fromJson(QByteArray::fromStdString(page.body));
        QCOMPARE(read.object(),
                 (QJsonObject {{"status", 404},
                               {"title", "Not Found"},
                               {"detail", "a \"b\" \\  "},
                               {"request_id", "id"}}));
    }

    void ownPagesAreThoseOfTheFolder()
    {
        QTemporaryDir folder;
        const auto write = [&folder](const QString &name, const QByteArray &text) {
            QFile file(folder.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(text);
        };
        write("404.html", "{{status}} {{{phrase}} {{unknown}} {{ <{{explanation}}>");
        write("5xx.html", "ours: {{status}}");
        write("399.html", "no error");
        write("600.html", "no status");
        write("404.htm", "another name");
        write("4040.html", "another name");
        write("410.html", QByteArray(OwnErrorPages::kBytesMax + 1, 'x'));
        QVERIFY(QDir(folder.path()).mkdir("403.html"));
        const auto pages = OwnErrorPages::read(folder.path().toStdString());
        QVERIFY(pages);
        const auto pageOf = [&pages](int status) {
            return makeErrorPage(status, "<a>", "id", "text/html", pages.get()).body;
        };
        QCOMPARE(pageOf(404), std::string("404 {Not Found {{unknown}} {{ <&lt;a&gt;>"));
        QCOMPARE(pageOf(500), std::string("ours: 500"));
        QCOMPARE(pageOf(599), std::string("ours: 599"));
        for (const int status : {0, 301, 399, 400, 403, 410, 600, -1})
            QVERIFY(pages->find(status).empty());
        QVERIFY(makeErrorPage(404, {}, "id", "text/plain", pages.get()).body.starts_with("404 N"));
        QVERIFY(!OwnErrorPages::read(folder.filePath("nothing").toStdString()));
    }

    void everyStatusHasAPage()
    {
        for (int status = 400; status < 600; ++status) {
            const ErrorPage page = makeErrorPage(status, {}, "x", "text/html");
            QVERIFY(page.body.find(std::to_string(status)) != std::string::npos);
            QVERIFY(!standardExplanation(status).empty());
        }
    }
};

QTEST_APPLESS_MAIN(TestErrorPage)
#include "tst_error_page.moc"
