// SPDX-License-Identifier: Apache-2.0
// HTTP/2 as its users meet it: curl and h2load against `serve`, files and real apps.
#include "tests/integration/program.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QtTest>

using namespace arc::test;

namespace {

Finished curl(const QStringList &arguments)
{
    return runProgram("curl", QStringList {"-sS", "-m", "30"} + arguments);
}

/// Status, version and body of one answer: "200 2 <h1>...".
QByteArray told(const QStringList &arguments)
{
    const Finished got = curl(QStringList {"-w", "\n%{http_code} %{http_version}"} + arguments);
    const qsizetype at = got.out.lastIndexOf('\n');
    return got.out.mid(at + 1) + " " + got.out.left(at) + got.error;
}

const QString kPrior = "--http2-prior-knowledge";

QString secureUrl(const QString &line)
{
    static const QRegularExpression address("(https://[0-9.:]+)");
    return address.match(line).captured(1);
}

/// Requests h2load says were answered 2xx.
int succeeded(const Finished &load)
{
    static const QRegularExpression status("status codes: (\\d+) 2xx, 0 3xx, 0 4xx, 0 5xx");
    return status.match(QString::fromUtf8(load.out)).captured(1).toInt();
}

const char kFlask[] = R"(
from flask import Flask, request, Response
app = Flask(__name__)

@app.route("/")
def front():
    return request.environ["SERVER_PROTOCOL"] + " " + request.host.split(":")[0]

@app.route("/echo", methods=["POST"])
def echo():
    return Response(request.get_data(), mimetype="application/octet-stream")

@app.route("/pieces")
def pieces():
    return Response((b"%06d\n" % i for i in range(30000)), mimetype="text/plain")

@app.route("/cookie")
def cookie():
    answer = Response(request.cookies.get("a", "") + request.cookies.get("b", ""))
    answer.set_cookie("seen", "1")
    answer.set_cookie("twice", "2")
    return answer
)";

const char kFastApi[] = R"(
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
app = FastAPI()

@app.get("/")
async def front(request: Request):
    return {"version": request.scope["http_version"]}

@app.post("/count")
async def count(request: Request):
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return {"size": size}

@app.get("/pieces")
async def pieces():
    async def make():
        for i in range(2000):
            yield b"%06d\n" % i
    return StreamingResponse(make(), media_type="text/plain")
)";

} // namespace

class TestHttp2 : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (QStandardPaths::findExecutable("curl").isEmpty()
            || QStandardPaths::findExecutable("h2load").isEmpty())
            QSKIP("needs curl and h2load");
        QDir(m_dir.path()).mkdir("files");
        write(m_dir.filePath("files/index.html"), "<h1>two</h1>");
        m_large = QByteArray(3'000'000, 'x');
        for (qsizetype i = 0; i < m_large.size(); i += 1000)
            m_large.replace(i, 7, QByteArray::number(i).rightJustified(7, '0'));
        write(m_dir.filePath("files/large.bin"), m_large);
        QDir(m_dir.path()).mkdir("flask");
        write(m_dir.filePath("flask/app.py"), kFlask);
        QDir(m_dir.path()).mkdir("fastapi");
        write(m_dir.filePath("fastapi/main.py"), kFastApi);
    }

    void filesOverPlainHttpByPriorKnowledge()
    {
        Served served(m_dir.filePath("files"));
        QVERIFY2(served.isServing(), served.errors());
        QCOMPARE(told({kPrior, served.url() + "/"}), QByteArray("200 2 <h1>two</h1>"));
        QCOMPARE(told({served.url() + "/"}), QByteArray("200 1.1 <h1>two</h1>"));
        QCOMPARE(told({kPrior, "-r", "3-6", served.url() + "/index.html"}),
                 QByteArray("206 2 >two"));
        QVERIFY(told({kPrior, served.url() + "/nowhere"}).startsWith("404 2"));
        QVERIFY(curl({kPrior, served.url() + "/large.bin"}).out == m_large);
        const QByteArray head = curl({kPrior, "-I", served.url() + "/large.bin"}).out;
        QVERIFY2(head.startsWith("HTTP/2 200") && head.contains("content-length: 3000000"), head);
        QCOMPARE(served.stop(), 0);
    }

    void tlsAgreesOnTheVersion()
    {
        QTemporaryDir data;
        Served served(m_dir.filePath("files"),
                      {"--tls-listen", "127.0.0.1:0", "--data-dir", data.path()});
        QVERIFY2(served.isServing(), served.errors());
        const QString url = secureUrl(served.line());
        const QStringList trust {"--cacert", data.filePath("ca/root.pem")};
        QCOMPARE(told(trust + QStringList {"--http2", url + "/"}),
                 QByteArray("200 2 <h1>two</h1>"));
        QCOMPARE(told(trust + QStringList {"--http2", "--tls-max", "1.2", url + "/"}),
                 QByteArray("200 2 <h1>two</h1>"));
        QCOMPARE(told(trust + QStringList {"--http1.1", url + "/"}),
                 QByteArray("200 1.1 <h1>two</h1>"));
        QVERIFY(curl(trust + QStringList {url + "/large.bin"}).out == m_large);

        const Finished load =
            runProgram("h2load", {"-n", "3000", "-c", "5", "-m", "20", url + "/"});
        QVERIFY2(succeeded(load) == 3000, load.out);
        const Finished large =
            runProgram("h2load", {"-n", "60", "-c", "3", "-m", "10", url + "/large.bin"});
        QVERIFY2(succeeded(large) == 60, large.out);
        QCOMPARE(served.stop(), 0);
    }

    void aFlaskAppNoticesNothingButTheVersion()
    {
        QTemporaryDir data;
        Served served(m_dir.filePath("flask"),
                      {"--tls-listen", "127.0.0.1:0", "--data-dir", data.path(), "--workers", "2"});
        QVERIFY2(served.isServing(), served.errors());
        const QString secure = secureUrl(served.line());
        const QStringList trust {"--cacert", data.filePath("ca/root.pem")};
        QCOMPARE(told(trust + QStringList {secure + "/"}), QByteArray("200 2 HTTP/2.0 127.0.0.1"));
        QCOMPARE(told({kPrior, served.url() + "/"}), QByteArray("200 2 HTTP/2.0 127.0.0.1"));
        QCOMPARE(told({kPrior, "-b", "a=1; b=2", served.url() + "/cookie"}),
                 QByteArray("200 2 12"));

        const QString large = "@" + m_dir.filePath("files/large.bin");
        for (const QString &url : {secure, served.url()}) {
            const QStringList toIt =
                url == secure ? trust : QStringList {kPrior}; // announced, then of unknown length
            QVERIFY(curl(toIt + QStringList {"--data-binary", large, url + "/echo"}).out
                    == m_large);
            QVERIFY(curl(toIt
                         + QStringList {"-X", "POST", "-T", m_dir.filePath("files/large.bin"), "-H",
                                        "Content-Length:", url + "/echo"})
                        .out
                    == m_large);
            const QByteArray pieces = curl(toIt + QStringList {url + "/pieces"}).out;
            QCOMPARE(pieces.size(), qsizetype(30000 * 7));
            QVERIFY(pieces.endsWith("029999\n"));
        }
        const Finished load =
            runProgram("h2load", {"-n", "600", "-c", "4", "-m", "10", served.url() + "/"});
        QVERIFY2(succeeded(load) == 600, load.out);
        QCOMPARE(served.stop(), 0);
    }

    void aFastApiAppStreamsBothWays()
    {
        Served served(m_dir.filePath("fastapi"), {"--workers", "1"});
        QVERIFY2(served.isServing(), served.errors());
        QCOMPARE(told({kPrior, served.url() + "/"}), QByteArray("200 2 {\"version\":\"2\"}"));
        QCOMPARE(told({kPrior, "-T", m_dir.filePath("files/large.bin"), "-X", "POST",
                       served.url() + "/count"}),
                 QByteArray("200 2 {\"size\":3000000}"));
        const QByteArray pieces = curl({kPrior, served.url() + "/pieces"}).out;
        QCOMPARE(pieces.size(), qsizetype(2000 * 7));
        const Finished load =
            runProgram("h2load", {"-n", "600", "-c", "4", "-m", "20", served.url() + "/"});
        QVERIFY2(succeeded(load) == 600, load.out);
        QCOMPARE(served.stop(), 0);
    }

    void switchedOffItIsNotOffered()
    {
        QTemporaryDir data;
        Served served(m_dir.filePath("files"),
                      {"--tls-listen", "127.0.0.1:0", "--data-dir", data.path(), "--set",
                       "http2.enabled=off"});
        QVERIFY2(served.isServing(), served.errors());
        QCOMPARE(told({"--cacert", data.filePath("ca/root.pem"), "--http2",
                       secureUrl(served.line()) + "/"}),
                 QByteArray("200 1.1 <h1>two</h1>"));
        QVERIFY(curl({kPrior, served.url() + "/"}).exitCode != 0);
        QCOMPARE(served.stop(), 0);
    }

private:
    QTemporaryDir m_dir;
    QByteArray m_large;
};

QTEST_GUILESS_MAIN(TestHttp2)
#include "tst_http2.moc"
