// SPDX-License-Identifier: Apache-2.0
// What is compressed, as its users meet it: curl decodes what Flask, FastAPI and files answer
// through `serve`.
#include "tests/integration/stage.h"

#include <QFile>
#include <QStandardPaths>
#include <QtTest>

using namespace arc::test;

namespace {

const char kFlask[] = R"(
import os, time
from flask import Flask, Response, request
app = Flask(__name__)
PAGE = "<li>a line of a page</li>" * 2000
HERE = os.path.dirname(__file__)

@app.get("/page")
def page():
    answer = Response(PAGE, mimetype="text/html")
    answer.set_etag("v1")
    answer.vary.add("Cookie")
    return answer.make_conditional(request)

@app.get("/packed")
def packed():
    import gzip
    return Response(gzip.compress(PAGE.encode()), mimetype="text/html", headers={"Content-Encoding": "gzip"})

@app.get("/fixed")
def fixed():
    return Response(PAGE, mimetype="text/html", headers={"Cache-Control": "no-transform"})

@app.get("/rows")
def rows():
    return Response(("row %d\n" % i for i in range(200000)), mimetype="text/csv")

@app.get("/events")
def events():
    def each():
        yield "data: first\n\n"
        while not os.path.exists(os.path.join(HERE, "go")):
            time.sleep(0.01)
        yield "data: second\n\n"
    return Response(each(), mimetype=request.args.get("type", "text/plain"))
)";

const char kFastApi[] = R"(
import asyncio, os
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
app = FastAPI()
HERE = os.path.dirname(__file__)

@app.get("/items")
def items():
    return [{"id": i, "name": "item %d" % i} for i in range(3000)]

@app.get("/events")
async def events():
    async def each():
        yield b"data: first\n\n"
        while not os.path.exists(os.path.join(HERE, "go")):
            await asyncio.sleep(0.01)
        yield b"data: second\n\n"
    return StreamingResponse(each(), media_type="text/event-stream")
)";

Finished curl(const QStringList &arguments)
{
    return runProgram("curl", QStringList {"-sS", "-m", "30"} + arguments);
}

/// Header lines in lower case.
QByteArray headOf(const QString &url, const QStringList &more)
{
    return curl(QStringList {"-o", "/dev/null", "-D", "-", url} + more).out.toLower();
}

QByteArray accept(const char *codings)
{
    return QByteArray("Accept-Encoding: ") + codings;
}

/// Reads a stream through curl's decoder, and lets the app go on only after its first event came.
void checkEventsArriveOneByOne(const QString &url, const char *coding, const QString &go)
{
    QFile::remove(go);
    QProcess client;
    client.start("curl",
                 {"-sSN", "-m", "60", "--compressed", "-D", "-", "-H", accept(coding), url});
    QByteArray seen;
    const auto reads = [&](const char *what) {
        client.waitForReadyRead(50);
        seen += client.readAllStandardOutput();
        return seen.contains(what);
    };
    QTRY_VERIFY2_WITH_TIMEOUT(reads("data: first"), coding, 20000);
    QVERIFY2(seen.toLower().contains(QByteArray("content-encoding: ") + coding), seen);
    QVERIFY(!seen.contains("data: second"));
    write(go, "");
    QTRY_VERIFY2_WITH_TIMEOUT(reads("data: second"), coding, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(client.state(), QProcess::NotRunning, 20000);
    QCOMPARE(client.exitCode(), 0);
}

} // namespace

class TestCompression : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    const QStringList m_codings {"gzip", "br", "zstd"};
    QString m_page;

    QString make(const QString &name, const char *source)
    {
        write(m_dir.filePath(name + "/app.py"), source);
        return m_dir.filePath(name);
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (QStandardPaths::findExecutable("curl").isEmpty())
            QSKIP("needs curl");
        m_page = QString("<li>a line of a page</li>").repeated(2000);
    }

    void answersOfAnAppAreCoded()
    {
        const Served served(make("flask", kFlask));
        QVERIFY(served.isServing());
        const QString page = served.url() + "/page";
        const QByteArray rows = curl({served.url() + "/rows"}).out;
        QVERIFY(rows.endsWith("row 199999\n"));
        for (const QString &coding : m_codings) {
            const QByteArray wish = accept(qPrintable(coding));
            const Finished decoded = curl({"--compressed", "-H", wish, page});
            QCOMPARE(QString(decoded.out), m_page);
            QVERIFY(curl({"-H", wish, page}).out.size() < m_page.size() / 10);
            QVERIFY(curl({"--compressed", "-H", wish, served.url() + "/rows"}).out == rows);
            const QByteArray head = headOf(page, {"-H", wish});
            QVERIFY(head.contains("content-encoding: " + coding.toUtf8()));
            QVERIFY(head.contains("vary: cookie, accept-encoding"));
            QVERIFY(head.contains("etag: w/\"v1\""));
            const QByteArray asHead = headOf(page, {"-I", "-H", wish});
            QVERIFY(asHead.contains("content-encoding: " + coding.toUtf8()));
            QVERIFY(asHead.contains("etag: w/\"v1\""));
            const QByteArray again = headOf(page, {"-H", wish, "-H", "If-None-Match: W/\"v1\""});
            QVERIFY2(again.contains(" 304 ") && again.contains("etag: w/\"v1\""), again);
        }
        QVERIFY(!headOf(page, {}).contains("content-encoding"));
        QVERIFY(headOf(page, {}).contains("vary: cookie, accept-encoding"));
        QVERIFY(headOf(page, {}).contains("etag: \"v1\""));
        const QStringList any {"-H", accept("br, gzip")};
        QCOMPARE(QString(curl({"--compressed", served.url() + "/packed"}).out), m_page);
        QCOMPARE(headOf(served.url() + "/packed", any).count("content-encoding"), 1);
        QVERIFY(!headOf(served.url() + "/fixed", any).contains("content-encoding"));
    }

    void eventsOfFlaskArriveWhenTheyHappen()
    {
        const QString folder = make("flask2", kFlask);
        const Served served(folder, {"--set", "compression.types=text/plain text/event-stream"});
        QVERIFY(served.isServing());
        for (const QString &coding : m_codings) {
            for (const char *type : {"text/plain", "text/event-stream"}) {
                checkEventsArriveOneByOne(served.url() + "/events?type=" + type, qPrintable(coding),
                                          folder + "/go");
                if (QTest::currentTestFailed())
                    return;
            }
        }
    }

    void answersOfFastApiAreCoded()
    {
        const QString folder = make("fastapi", kFastApi);
        const Served served(folder,
                            {"--set", "compression.types=application/json text/event-stream",
                             "--set", "compression.level=small"});
        QVERIFY(served.isServing());
        const QByteArray items = curl({served.url() + "/items"}).out;
        QVERIFY(items.contains("item 2999"));
        for (const QString &coding : m_codings) {
            const QByteArray wish = accept(qPrintable(coding));
            QVERIFY(curl({"--compressed", "-H", wish, served.url() + "/items"}).out == items);
            checkEventsArriveOneByOne(served.url() + "/events", qPrintable(coding), folder + "/go");
            if (QTest::currentTestFailed())
                return;
        }
    }

    void streamsBeyondTheLimitGoAsTheyAre()
    {
        const Served served(make("flask3", kFlask), {"--set", "compression.streams=0"});
        QVERIFY(served.isServing());
        const QStringList wish {"-H", accept("gzip")};
        QVERIFY(!headOf(served.url() + "/page", wish).contains("content-encoding"));
        QCOMPARE(QString(curl(QStringList {served.url() + "/page"} + wish).out), m_page);
    }

    void filesAreCodedAndNeighboursTaken()
    {
        const QString folder = m_dir.filePath("site");
        write(folder + "/index.html", m_page.toUtf8());
        write(folder + "/app.js", QByteArray("f();\n").repeated(1000));
        const QByteArray neighbour = "made by a build tool";
        write(folder + "/app.js.gz", neighbour);
        const Served served(folder);
        QVERIFY(served.isServing());
        for (const QString &coding : m_codings) {
            const QByteArray wish = accept(qPrintable(coding));
            QCOMPARE(QString(curl({"--compressed", "-H", wish, served.url() + "/"}).out), m_page);
            QVERIFY(headOf(served.url() + "/", {"-H", wish})
                        .contains("content-encoding: " + coding.toUtf8()));
        }
        QCOMPARE(curl({"-H", accept("gzip"), served.url() + "/app.js"}).out, neighbour);
        QVERIFY(headOf(served.url() + "/app.js", {"-H", accept("gzip")}).contains("-gzip\""));
        const Served off(folder, {"--set", "compression.enabled=off"});
        QVERIFY(!headOf(off.url() + "/", {"-H", accept("gzip")}).contains("content-encoding"));
    }
};

QTEST_GUILESS_MAIN(TestCompression)
#include "tst_compression.moc"
