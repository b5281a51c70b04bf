// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/accept.h"
#include "server/http/syntax/error_page.h"

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
