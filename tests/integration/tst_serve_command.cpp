// SPDX-License-Identifier: Apache-2.0
// `arcology serve` with real projects, unedited, over real sockets.
#include "test_paths.h"
#include "tests/integration/program.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTcpServer>
#include <QtTest>

#include <csignal>

using namespace arc::test;

namespace {

QJsonObject jsonOf(const HttpAnswer &answer)
{
    return QJsonDocument::fromJson(answer.body).object();
}

QByteArray field(const QByteArray &html, const char *name)
{
    const QRegularExpression input(QString("name=\"%1\" value=\"([^\"]+)\"").arg(name));
    return input.match(html).captured(1).toLatin1();
}

constexpr const char *kFastApi = R"(
import asyncio
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()
started = False


@app.on_event("startup")
async def startup():
    global started
    started = True


@app.get("/async/{name}")
async def hello(name: str, times: int = 1):
    return {"hello": name, "times": times, "started": started}


@app.get("/sync")
def sync():
    return {"sync": True}


@app.get("/stream")
async def stream():
    async def pieces():
        for number in range(50):
            yield f"piece {number}\n"
            await asyncio.sleep(0)
    return StreamingResponse(pieces(), media_type="text/plain")


@app.post("/count")
async def count(request: Request):
    total = 0
    async for piece in request.stream():
        total += len(piece)
    return {"bytes": total}


@app.get("/fail")
async def fail():
    raise RuntimeError("planted")
)";

} // namespace

class TestServe : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aFreshDjangoProjectIsServedWithItsAdmin();
    void httpbinIsServedRouteByRoute_data();
    void httpbinIsServedRouteByRoute();
    void aFastApiAppIsServed();
    void aFolderOfFilesIsServed();
    void aFolderWithoutAFrontPageIsServedAsFilesIfAsked();
    void aFolderOfSeveralProjectsIsSaidToBeOne();
    void workersKilledUnderLoadLoseNoRequest_data();
    void workersKilledUnderLoadLoseNoRequest();
    void refusalsHaveTheirExitCode_data();
    void refusalsHaveTheirExitCode();
    void anAddressInUseNamesItsHolder();
    void theFirstRequestThatIsAcceptedIsAnsweredByTheApp();
    void jsonTellsEverythingOnce();
    void terminationAnswersWhatIsInFlight();
    void nothingIsKeptAfterwards();
};

void TestServe::aFreshDjangoProjectIsServedWithItsAdmin()
{
    QTemporaryDir folder;
    QCOMPARE(runProgram("django-admin", {"startproject", "shop", "."}, folder.path()).exitCode, 0);
    QCOMPARE(runProgram("/usr/bin/python3", {"manage.py", "migrate"}, folder.path()).exitCode, 0);
    qputenv("DJANGO_SUPERUSER_PASSWORD", "a planted passphrase");
    QCOMPARE(runProgram("/usr/bin/python3",
                        {"manage.py", "createsuperuser", "--noinput", "--username", "ana",
                         "--email", "ana@example.org"},
                        folder.path())
                 .exitCode,
             0);

    Served served(folder.path(), {"--workers", "2"});
    QVERIFY2(served.isServing(), served.errors());
    QVERIFY2(served.line().contains("Django") && served.line().contains("WSGI · 2 workers"),
             qPrintable(served.line()));

    const HttpAnswer front = http(served.url() + "/");
    QCOMPARE(front.status, 200);
    QVERIFY(front.body.contains("The install worked successfully"));

    const HttpAnswer login = http(served.url() + "/admin/login/?next=/admin/");
    QCOMPARE(login.status, 200);
    const HttpAnswer css = http(served.url() + "/static/admin/css/base.css");
    QCOMPARE(css.status, 200);
    QVERIFY(css.headers.value("content-type").startsWith("text/css"));
    QVERIFY(css.body.size() > 1000);

    const QByteArray form = "csrfmiddlewaretoken=" + field(login.body, "csrfmiddlewaretoken")
        + "&username=ana&password=a+planted+passphrase&next=%2Fadmin%2F";
    const QList<QPair<QByteArray, QByteArray>> formHeaders {
        {"Content-Type", "application/x-www-form-urlencoded"}};
    const HttpAnswer entered =
        http(served.url() + "/admin/login/?next=/admin/",
             {.method = "POST",
              .headers = formHeaders + decltype(formHeaders) {{"Cookie", login.cookies.join("; ")}},
              .body = form});
    QCOMPARE(entered.status, 302);
    const QByteArray session = entered.cookies.join("; ");
    QVERIFY(session.contains("sessionid="));

    const HttpAnswer addForm =
        http(served.url() + "/admin/auth/user/add/", {.headers = {{"Cookie", session}}});
    QCOMPARE(addForm.status, 200);
    const QByteArray user = "csrfmiddlewaretoken=" + field(addForm.body, "csrfmiddlewaretoken")
        + "&username=berta&password1=another+planted+one&password2=another+planted+one&_save=Save";
    const HttpAnswer added =
        http(served.url() + "/admin/auth/user/add/",
             {.method = "POST",
              .headers = formHeaders + decltype(formHeaders) {{"Cookie", session}},
              .body = user});
    QCOMPARE(added.status, 302);
    const HttpAnswer list =
        http(served.url() + "/admin/auth/user/", {.headers = {{"Cookie", session}}});
    QVERIFY(list.body.contains("berta"));
    QCOMPARE(served.stop(), 0);
}

void TestServe::httpbinIsServedRouteByRoute_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<int>("status");
    QTest::addColumn<qint64>("bodyBytes"); // -1: any
    const auto row = [](const char *path, const char *method, int status, qint64 bytes = -1) {
        QTest::newRow(qPrintable(QString("%1 %2").arg(method, path)))
            << QString(path) << QByteArray(method) << status << bytes;
    };
    row("/", "GET", 200);
    row("/get?a=1&a=2&b=%20", "GET", 200);
    row("/get", "HEAD", 200);
    row("/post", "POST", 200);
    row("/put", "PUT", 200);
    row("/patch", "PATCH", 200);
    row("/delete", "DELETE", 200);
    row("/get", "POST", 405);
    row("/anything/%C3%A9t%C3%A9", "GET", 200);
    row("/headers", "GET", 200);
    row("/ip", "GET", 200);
    row("/user-agent", "GET", 200);
    row("/uuid", "GET", 200);
    row("/status/204", "GET", 204);
    row("/status/304", "GET", 304);
    row("/status/418", "GET", 418);
    row("/status/500", "GET", 500);
    row("/status/503", "GET", 503);
    row("/bytes/1024", "GET", 200, 1024);
    row("/bytes/102400", "GET", 200, 102400);
    row("/stream-bytes/70000", "GET", 200, 70000);
    row("/stream/20", "GET", 200);
    row("/range/2048", "GET", 200, 2048);
    row("/drip?numbytes=5&duration=1&delay=0", "GET", 200, 5);
    row("/delay/1", "GET", 200);
    row("/gzip", "GET", 200);
    row("/deflate", "GET", 200);
    row("/encoding/utf8", "GET", 200);
    row("/html", "GET", 200);
    row("/xml", "GET", 200);
    row("/image/png", "GET", 200);
    row("/redirect/1", "GET", 302);
    row("/redirect-to?url=%2Fget", "GET", 302);
    row("/absolute-redirect/1", "GET", 302);
    row("/cookies/set?a=b", "GET", 302);
    row("/cookies", "GET", 200);
    row("/basic-auth/u/p", "GET", 401);
    row("/etag/x", "GET", 200);
    row("/cache", "GET", 200);
    row("/response-headers?X-Planted=1", "GET", 200);
    row("/base64/YXJjb2xvZ3k=", "GET", 200, 8);
    row("/links/3/0", "GET", 200);
    row("/forms/post", "GET", 200);
    row("/robots.txt", "GET", 200);
    row("/deny", "GET", 200);
    row("/no-such-route", "GET", 404);
}

void TestServe::httpbinIsServedRouteByRoute()
{
    QFETCH(QString, path);
    QFETCH(QByteArray, method);
    QFETCH(int, status);
    QFETCH(qint64, bodyBytes);
    static QTemporaryDir folder;
    static Served served(folder.path(),
                         {"--entry", "httpbin:app", "--interface", "wsgi", "--python",
                          "/usr/bin/python3", "--workers", "2"});
    QVERIFY2(served.isServing(), served.errors());
    HttpAsk ask {.method = method};
    if (method == "POST" || method == "PUT" || method == "PATCH")
        ask.body = QByteArray(100000, 'x');
    const HttpAnswer answer = http(served.url() + path, ask);
    QVERIFY2(answer.error.isEmpty(), qPrintable(answer.error));
    QCOMPARE(answer.status, status);
    if (bodyBytes >= 0)
        QCOMPARE(answer.body.size(), bodyBytes);
    if (status == 200 && !ask.body.isEmpty())
        QCOMPARE(jsonOf(answer).value("data").toString().toLatin1(), ask.body);
    if (path.startsWith("/get?"))
        QCOMPARE(jsonOf(answer).value("args").toObject().value("a").toArray().size(), 2);
    if (path == "/ip")
        QCOMPARE(jsonOf(answer).value("origin").toString(), QString("127.0.0.1"));
    if (path.startsWith("/response-headers"))
        QCOMPARE(answer.headers.value("x-planted"), QByteArray("1"));
}

void TestServe::aFastApiAppIsServed()
{
    QTemporaryDir folder;
    write(folder.filePath("main.py"), kFastApi);
    Served served(folder.path(), {"--workers", "2"});
    QVERIFY2(served.isServing(), served.errors());
    QVERIFY2(served.line().contains("FastAPI") && served.line().contains("ASGI"),
             qPrintable(served.line()));

    const QJsonObject hello = jsonOf(http(served.url() + "/async/welt?times=3"));
    QCOMPARE(hello.value("hello").toString(), QString("welt"));
    QCOMPARE(hello.value("times").toInt(), 3);
    QVERIFY(hello.value("started").toBool()); // lifespan ran before traffic
    QVERIFY(jsonOf(http(served.url() + "/sync")).value("sync").toBool());
    const HttpAnswer stream = http(served.url() + "/stream");
    QCOMPARE(stream.body.count('\n'), 50);
    const HttpAnswer counted =
        http(served.url() + "/count", {.method = "POST", .body = QByteArray(3000000, 'y')});
    QCOMPARE(jsonOf(counted).value("bytes").toInt(), 3000000);
    QCOMPARE(http(served.url() + "/fail").status, 500);
    QCOMPARE(http(served.url() + "/async/x?times=none").status, 422);
    QVERIFY(http(served.url() + "/openapi.json").body.contains("\"/async/{name}\""));
    QCOMPARE(http(served.url() + "/docs").status, 200);
    QCOMPARE(served.stop(), 0);
}

void TestServe::aFolderOfFilesIsServed()
{
    QTemporaryDir folder;
    write(folder.filePath("index.html"), "<h1>front</h1>");
    write(folder.filePath("sub/page.html"), "page");
    write(folder.filePath("big.bin"), QByteArray(700000, 'b'));
    write(folder.filePath(".secret"), "no");
    Served served(folder.path());
    QVERIFY2(served.isServing(), served.errors());
    QVERIFY2(served.line().contains("Static files"), qPrintable(served.line()));
    QCOMPARE(http(served.url() + "/").body, QByteArray("<h1>front</h1>"));
    QCOMPARE(http(served.url() + "/big.bin").body.size(), 700000);
    QCOMPARE(http(served.url() + "/sub").status, 301);
    QCOMPARE(http(served.url() + "/.secret").status, 404);
    QCOMPARE(http(served.url() + "/sub/%2e%2e/%2e%2e/etc/passwd").status, 400);
    const HttpAnswer part =
        http(served.url() + "/big.bin", {.headers = {{"Range", "bytes=10-19"}}});
    QCOMPARE(part.status, 206);
    QCOMPARE(part.body.size(), 10);
    const HttpAnswer whole = http(served.url() + "/index.html");
    const HttpAnswer again = http(served.url() + "/index.html",
                                  {.headers = {{"If-None-Match", whole.headers.value("etag")}}});
    QCOMPARE(again.status, 304);
}

void TestServe::aFolderWithoutAFrontPageIsServedAsFilesIfAsked()
{
    QTemporaryDir folder;
    write(folder.filePath("downloads/notes.txt"), "kept");
    write(folder.filePath("downloads/tool.py"), "print('no app')\n");
    const QString downloads = folder.filePath("downloads");
    QCOMPARE(runArcology({"serve", downloads, "--listen", "127.0.0.1:0"}).exitCode, 3);
    Served served(downloads, {"--kind", "static"});
    QVERIFY2(served.isServing(), served.errors());
    QVERIFY2(served.line().startsWith("Serving downloads (Static files)"),
             qPrintable(served.line()));
    QCOMPARE(http(served.url() + "/notes.txt").body, QByteArray("kept"));
}

void TestServe::aFolderOfSeveralProjectsIsSaidToBeOne()
{
    QTemporaryDir folder;
    const QByteArray app = "from flask import Flask\napp = Flask(__name__)\n";
    write(folder.filePath("api/app.py"), app);
    write(folder.filePath("web/server.py"), app);
    Served served(folder.path(), {"--workers", "1"});
    QVERIFY2(served.isServing(), served.errors());
    QVERIFY2(served.line().startsWith("Serving api "), qPrintable(served.line()));
    QVERIFY2(served.errors().contains("Also there: Flask")
                 && served.errors().contains("web (--entry server:app); name its folder"),
             served.errors());
    Served other(folder.path(), {"--workers", "1", "--entry", "server:app"});
    QVERIFY2(other.line().startsWith("Serving web "), qPrintable(other.line()));
    QVERIFY2(!other.errors().contains("Also there"), other.errors());
}

void TestServe::workersKilledUnderLoadLoseNoRequest_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<int>("seconds");
    QTest::newRow("started alone") << QStringList {"--workers", "3"} << 10;
    QTest::newRow("forked") << QStringList {"--workers", "3", "--preload"} << 5;
}
void TestServe::workersKilledUnderLoadLoseNoRequest()
{
    QFETCH(QStringList, options);
    QFETCH(int, seconds);
    QTemporaryDir folder;
    write(folder.filePath("app.py"),
          "def application(environ, start_response):\n"
          "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
          "    return [b'hello']\n");
    Served served(folder.path(), options);
    QVERIFY2(served.isServing(), served.errors());
    QProcess wrk;
    wrk.start("wrk",
              {"-t1", "-c16", QString("-d%1").arg(seconds), "--timeout", "10", served.url() + "/"});
    QVERIFY(wrk.waitForStarted());
    int killed = 0;
    QList<qint64> seen; // a preloader that is killed leaves its workers to somebody else
    QList<qint64> next;
    // Twice a second: the pause is a wait for the load to end, which it does not yet.
    while (!wrk.waitForFinished(500)) {
        for (const qint64 pid : served.workers()) {
            if (!seen.contains(pid)) {
                seen << pid;
                next << pid;
            }
        }
        if (!next.isEmpty() && ::kill(static_cast<pid_t>(next.takeFirst()), SIGKILL) == 0)
            ++killed;
    }
    const QByteArray report = wrk.readAllStandardOutput();
    QVERIFY2(killed >= seconds, report);
    QVERIFY2(report.contains("requests in") && !report.contains("Non-2xx")
                 && !report.contains("Socket errors"),
             report + served.errors());
    QCOMPARE(http(served.url() + "/").status, 200);
}

void TestServe::refusalsHaveTheirExitCode_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("said");
    static QTemporaryDir folder;
    write(folder.filePath("empty/script.py"), "print('no app')\n");
    write(folder.filePath("broken/app.py"),
          "import no_such_module_planted\ndef application(environ, start_response):\n    pass\n");
    const QString empty = folder.filePath("empty");
    const QString broken = folder.filePath("broken");
    const QString any = "127.0.0.1:0";
    QTest::newRow("no target") << QStringList {"serve"} << 2 << QByteArray("target");
    QTest::newRow("unknown option")
        << QStringList {"serve", empty, "--colour", "red"} << 2 << QByteArray("colour");
    QTest::newRow("no such folder")
        << QStringList {"serve", empty + "/none"} << 3 << QByteArray("does not exist");
    QTest::newRow("not a project")
        << QStringList {"serve", empty, "--listen", any} << 3 << QByteArray("is not a project");
    QTest::newRow("a URL") << QStringList {"serve", "http://127.0.0.1:1", "--listen", any} << 2
                           << QByteArray("no reverse proxy");
    QTest::newRow("import error") << QStringList {"serve", broken,    "--listen",
                                                  any,     "--entry", "app:application"}
                                  << 4 << QByteArray("No module named 'no_such_module_planted'");
    QTest::newRow("no such attribute")
        << QStringList {"serve", broken, "--listen", any, "--entry", "os:nothing_here"} << 4
        << QByteArray("nothing_here");
    QTest::newRow("an entry that was not recognised")
        << QStringList {"serve", broken, "--listen", any, "--entry", "os:nothing_here"} << 4
        << QByteArray("serve: broken did not start");
    QTest::newRow("bad address") << QStringList {"serve", broken, "--listen", "nonsense"} << 2
                                 << QByteArray("nonsense");
    QTest::newRow("bad setting") << QStringList {"serve", broken, "--set", "no.such=1"} << 2
                                 << QByteArray("no such setting");
    QTest::newRow("bad value") << QStringList {"serve", broken, "--set", "http.idle_timeout_s=soon"}
                               << 2 << QByteArray("idle_timeout");
    QTest::newRow("bad workers") << QStringList {"serve", broken, "--workers", "many"} << 2
                                 << QByteArray("--workers many: ");
    QTest::newRow("bad env") << QStringList {"serve", broken, "--env", "NAME"} << 2
                             << QByteArray("NAME=VALUE");
    QTest::newRow("data dir is a file")
        << QStringList {"serve", broken, "--data-dir", broken + "/app.py"} << 6
        << QByteArray("app.py");
    QTest::newRow("no interpreter")
        << QStringList {"serve",           broken,     "--listen",  any, "--entry",
                        "app:application", "--python", "/no/python"}
        << 2 << QByteArray("/no/python");
}

void TestServe::refusalsHaveTheirExitCode()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    QFETCH(QByteArray, said);
    const Finished finished = runArcology(arguments);
    QVERIFY2(finished.error.contains(said), finished.error + finished.out);
    QCOMPARE(finished.exitCode, exitCode);
    QVERIFY(finished.out.isEmpty());
}

void TestServe::anAddressInUseNamesItsHolder()
{
    QTcpServer holder;
    QVERIFY(holder.listen(QHostAddress::LocalHost));
    QTemporaryDir folder;
    write(folder.filePath("index.html"), "x");
    const Finished finished = runArcology(
        {"serve", folder.path(), "--listen", QString("127.0.0.1:%1").arg(holder.serverPort())});
    QCOMPARE(finished.exitCode, 5);
    QVERIFY2(finished.error.contains("is in use")
                 && finished.error.contains(QByteArray::number(QCoreApplication::applicationPid())),
             finished.error);
}

void TestServe::theFirstRequestThatIsAcceptedIsAnsweredByTheApp()
{
    QTemporaryDir folder;
    write(folder.filePath("app.py"),
          "import time\n"
          "time.sleep(0.5)\n"
          "def application(environ, start_response):\n"
          "    start_response('200 OK', [])\n"
          "    return [b'app']\n");
    QTcpServer port;
    QVERIFY(port.listen(QHostAddress::LocalHost));
    const QString address = QString("127.0.0.1:%1").arg(port.serverPort());
    port.close();
    QProcess served;
    served.start(ARC_BINARY, {"serve", folder.path(), "--listen", address, "--workers", "1"});
    HttpAnswer first;
    QTRY_VERIFY_WITH_TIMEOUT((first = http("http://" + address + "/")).status != 0, 30000);
    QVERIFY(served.readAllStandardOutput().isEmpty()); // asked long before it was announced
    served.terminate();
    QVERIFY(served.waitForFinished(30000));
    QCOMPARE(first.status, 200);
    QCOMPARE(first.body, QByteArray("app"));
}

void TestServe::jsonTellsEverythingOnce()
{
    QTemporaryDir folder;
    write(folder.filePath("index.html"), "x");
    Served served(folder.path(), {"--json", "--name", "pages", "--set", "ops.listen=127.0.0.1:0"});
    const QJsonObject line = QJsonDocument::fromJson(served.line().toUtf8()).object();
    QCOMPARE(line.keys(),
             QStringList({"data_dir", "interface", "kind", "name", "ops", "urls", "workers"}));
    QCOMPARE(line.value("name").toString(), QString("pages"));
    QCOMPARE(http(line.value("urls").toArray().first().toString() + "/").status, 200);
    const QString ops = line.value("ops").toString();
    QCOMPARE(http(ops + "/healthz").status, 200);
    QCOMPARE(http(ops + "/readyz").status, 200);
    // Counted once the answer is handed to the kernel, which the client may see first.
    QTRY_VERIFY_WITH_TIMEOUT(
        http(ops + "/metrics").body.contains("arcology_site_requests_total{site=\"pages\"} 1"),
        5000);
}

void TestServe::terminationAnswersWhatIsInFlight()
{
    QTemporaryDir folder;
    write(folder.filePath("app.py"),
          "import time\n"
          "def application(environ, start_response):\n"
          "    open('in-flight', 'w').close()\n"
          "    time.sleep(1.5)\n"
          "    start_response('200 OK', [])\n"
          "    return [b'late but whole']\n");
    Served served(folder.path(), {"--workers", "1"});
    QVERIFY2(served.isServing(), served.errors());
    QProcess client;
    client.start("curl", {"-s", "-i", served.url() + "/"});
    QVERIFY(client.waitForStarted());
    // In flight once the app says so, through a file it makes.
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder.filePath("in-flight")), 10000);
    ::kill(static_cast<pid_t>(served.pid()), SIGTERM);
    QVERIFY(client.waitForFinished(20000));
    const QByteArray answer = client.readAllStandardOutput();
    QVERIFY2(answer.contains("late but whole") && answer.contains("200 OK"), answer);
    QCOMPARE(served.stop(), 0); // a second SIGTERM changes nothing
}

void TestServe::nothingIsKeptAfterwards()
{
    QTemporaryDir folder;
    QTemporaryDir temporary;
    write(folder.filePath("index.html"), "x");
    qputenv("TMPDIR", temporary.path().toUtf8());
    {
        Served served(folder.path());
        QVERIFY2(served.isServing(), served.errors());
        QCOMPARE(QDir(temporary.path()).entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(), 1);
        QCOMPARE(served.stop(), 0);
    }
    qunsetenv("TMPDIR");
    QVERIFY(QDir(temporary.path()).isEmpty());
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList {"index.html"});
}

QTEST_GUILESS_MAIN(TestServe)
#include "tst_serve_command.moc"
