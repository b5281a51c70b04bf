// SPDX-License-Identifier: Apache-2.0
// Long request bodies on their way to an app: collected in memory and on disk before a worker gets
// the request, or streamed behind it.
#include "tests/support/http2_peer.h"
#include "tests/support/pool_under_test.h"

#include <QDir>
#include <QtTest>

#include <fmt/format.h>

#include <future>
#include <mutex>

#include <fcntl.h>
#include <unistd.h>

using namespace arc;

namespace {

constexpr size_t kMiB = 1024 * 1024;
constexpr const char *kApp = R"(
import os, time
GATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gate")
def application(environ, start_response):
    deadline = time.monotonic() + 60
    while environ["PATH_INFO"] == "/gate" and not os.path.exists(GATE):
        if time.monotonic() > deadline:
            raise TimeoutError("nobody opened the gate")
        time.sleep(0.01)
    if environ["PATH_INFO"] == "/die":
        environ["wsgi.input"].read(300000)
        os._exit(1)
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("X-Length", str(len(body)))])
    return [body]
)";
constexpr const char *kFileApp = R"(
import os
def application(environ, start_response):
    start_response("200 OK", [("X-Sendfile", os.environ["FILE"])])
    return []
)";
constexpr const char *kAsgiApp = R"(
async def application(scope, receive, send):
    body = b""
    more = True
    while more:
        message = await receive()
        body += message["body"]
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
)";

/// One worker with one slot, so that a request that holds it holds all.
PoolUnderTest::Options uploads(const char *source = kApp)
{
    PoolUnderTest::Options options;
    options.source = source;
    options.interface = source == kAsgiApp ? "asgi" : "wsgi";
    options.settings.poolProcesses = 1;
    options.settings.poolThreads = options.settings.poolAsgiRequests = 1;
    options.settings.requestBufferKiB = 64;
    return options;
}

std::string announcing(size_t length)
{
    return fmt::format("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", length);
}

const std::string kChunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view bytes)
{
    return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

/// The open files of this program that are the spool's and have no name.
std::vector<std::string> spoolFiles()
{
    std::vector<std::string> found;
    const QDir all("/proc/self/fd");
    for (const QString &name : all.entryList(QDir::System | QDir::Files)) {
        const QString target = QFile::symLinkTarget(all.filePath(name));
        if (target.contains("/spool/") && target.endsWith("(deleted)"))
            found.push_back(all.filePath(name).toStdString());
    }
    return found;
}

} // namespace

class TestPoolBodies : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void collectedBodiesArriveWhole_data()
    {
        QTest::addColumn<int>("size");
        QTest::addColumn<bool>("chunked");
        for (const int size :
             {65535, 65536, 65537, 65536 + 131071, 65536 + 131072, 400000, 5000000}) {
            QTest::addRow("%d announced", size) << size << false;
            QTest::addRow("%d chunked", size) << size << true;
        }
    }
    void collectedBodiesArriveWhole()
    {
        QFETCH(int, size);
        QFETCH(bool, chunked);
        auto options = uploads();
        options.loops = 2;
        PoolUnderTest pool(options);
        const std::string body = patternBytes(0, static_cast<size_t>(size));
        ScriptedPeer peer(pool.port());
        peer.send(chunked ? kChunked : announcing(body.size()));
        const size_t first = body.size() / 3;
        for (const std::string &part : {body.substr(0, first), body.substr(first)})
            peer.send(chunked ? chunk(part) : part);
        peer.send(chunked ? "0\r\n\r\n" : "");
        const PeerAnswer answer = peer.readAnswer();
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.headers.at("x-length"), std::to_string(size));
        QVERIFY(answer.body == body);
        QTRY_COMPARE(pool.spool().used(), int64_t(0));
        QTRY_VERIFY(spoolFiles().empty());
    }

    void aSlowUploadHoldsNoWorker_data()
    {
        QTest::addColumn<bool>("chunked");
        QTest::newRow("announced") << false;
        QTest::newRow("chunked") << true;
    }
    void aSlowUploadHoldsNoWorker()
    {
        QFETCH(bool, chunked);
        PoolUnderTest pool(uploads());
        QVERIFY(pool.reachesReady(1));
        const std::string body = patternBytes(0, 2 * kMiB);
        const auto part = [&](size_t from, size_t size) {
            const auto bytes = std::string_view(body).substr(from, size);
            return chunked ? chunk(bytes) : std::string(bytes);
        };
        ScriptedPeer slow(pool.port());
        slow.send((chunked ? kChunked : announcing(body.size())) + part(0, kMiB));
        QTRY_VERIFY(pool.spool().used() >= int64_t(kMiB / 2));
        QCOMPARE(spoolFiles().size(), size_t(1));
        QCOMPARE(pool.metrics().busy.read(), int64_t(0));
        QCOMPARE(pool.get("/").status, 200); // by the only worker
        slow.send(part(kMiB, kMiB) + (chunked ? "0\r\n\r\n" : ""));
        QVERIFY(slow.readAnswer().body == body);
        QTRY_COMPARE(pool.spool().used(), int64_t(0));
        QTRY_VERIFY(spoolFiles().empty());
    }

    void anHttp2UploadIsCollectedToo()
    {
        PoolUnderTest pool(uploads());
        QVERIFY(pool.reachesReady(1));
        const std::string body = patternBytes(0, 2 * kMiB);
        Http2Peer slow(pool.port());
        const int32_t stream = slow.ask(Http2Peer::head("POST", "/"), body.substr(0, kMiB), false);
        QVERIFY(slow.until([&] { return pool.spool().used() >= int64_t(kMiB / 2); }));
        QCOMPARE(pool.metrics().busy.read(), int64_t(0));
        QCOMPARE(pool.get("/").status, 200);
        slow.send(stream, std::string_view(body).substr(kMiB), true);
        QVERIFY(slow.untilComplete(stream));
        QVERIFY(slow.answers[stream].body == body);
    }

    void aClientThatLeavesAnUploadCostsNoWorker()
    {
        PoolUnderTest pool(uploads());
        QVERIFY(pool.reachesReady(1));
        ScriptedPeer leaving(pool.port());
        leaving.send(announcing(4 * kMiB) + std::string(kMiB, 'x'));
        QTRY_VERIFY(pool.spool().used() > 0);
        leaving.closeWithReset();
        QTRY_COMPARE(pool.spool().used(), int64_t(0));
        QTRY_VERIFY(spoolFiles().empty());
        QCOMPARE(pool.metrics().requests.read(), int64_t(0));
        QCOMPARE(pool.get("/").status, 200);
    }

    void aWorkerThatDiesWithAnUploadEndsItAlone()
    {
        PoolUnderTest pool(uploads());
        QVERIFY(pool.reachesReady(1));
        const std::string body = patternBytes(0, 2 * kMiB);
        ScriptedPeer peer(pool.port());
        peer.send("PUT /die HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size())
                  + "\r\n\r\n" + body);
        // Part of it has been read and is kept nowhere: it cannot be asked for again.
        QCOMPARE(peer.readAnswer().status, 502);
        QCOMPARE(pool.metrics().requests.read(), int64_t(1));
        QTRY_COMPARE(pool.spool().used(), int64_t(0));
        QTRY_VERIFY(spoolFiles().empty());
        ScriptedPeer next(pool.port());
        next.send(announcing(body.size()) + body);
        QVERIFY(next.readAnswer().body == body);
    }

    void whoAsksFirstIsToldToSend()
    {
        PoolUnderTest pool(uploads());
        QVERIFY(pool.reachesReady(1));
        const std::string body = patternBytes(0, kMiB);
        ScriptedPeer peer(pool.port());
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
                  + std::to_string(body.size()) + "\r\n\r\n");
        const std::string go = "HTTP/1.1 100 Continue\r\n\r\n";
        QCOMPARE(peer.readBytes(go.size()), go);
        QCOMPARE(pool.metrics().busy.read(), int64_t(0));
        peer.send(body);
        QVERIFY(peer.readAnswer().body == body);
    }

    void someAppsAreGivenTheBodyAsItComes_data()
    {
        QTest::addColumn<bool>("asgi");
        QTest::addColumn<QByteArray>("collect");
        QTest::addColumn<int>("busy"); // workers while the upload stands still
        QTest::newRow("wsgi, auto") << false << QByteArray("auto") << 0;
        QTest::newRow("wsgi, off") << false << QByteArray("off") << 1;
        QTest::newRow("asgi, auto") << true << QByteArray("auto") << 1;
        QTest::newRow("asgi, on") << true << QByteArray("on") << 0;
    }
    void someAppsAreGivenTheBodyAsItComes()
    {
        QFETCH(bool, asgi);
        QFETCH(QByteArray, collect);
        QFETCH(int, busy);
        auto options = uploads(asgi ? kAsgiApp : kApp);
        options.settings.poolCollectBodies = collect.toStdString();
        PoolUnderTest pool(options);
        QVERIFY(pool.reachesReady(1));
        const std::string body = patternBytes(0, kMiB);
        ScriptedPeer slow(pool.port());
        slow.send(announcing(body.size()) + body.substr(0, kMiB / 2));
        if (busy)
            QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        else
            QTRY_VERIFY(pool.spool().used() > 0);
        QCOMPARE(pool.metrics().busy.read(), int64_t(busy));
        QCOMPARE(pool.spool().used() > 0, busy == 0);
        slow.send(std::string_view(body).substr(kMiB / 2));
        QVERIFY(slow.readAnswer().body == body);
    }

    void whatFindsNoSpaceGoesToItsWorkerAtOnce_data()
    {
        QTest::addColumn<bool>("chunked");
        QTest::addColumn<int>("spoolMiB");
        QTest::newRow("announced too long") << false << 1;
        QTest::newRow("grows too long") << true << 1;
        QTest::newRow("no spool, announced") << false << 0;
        QTest::newRow("no spool, chunked") << true << 0;
    }
    void whatFindsNoSpaceGoesToItsWorkerAtOnce()
    {
        QFETCH(bool, chunked);
        QFETCH(int, spoolMiB);
        auto options = uploads();
        options.settings.spoolMiBMax = spoolMiB;
        PoolUnderTest pool(options);
        QVERIFY(pool.reachesReady(1));
        const std::string body = patternBytes(0, 4 * kMiB);
        ScriptedPeer peer(pool.port());
        const std::string_view half = std::string_view(body).substr(0, 2 * kMiB);
        const std::string_view rest = std::string_view(body).substr(2 * kMiB);
        peer.send((chunked ? kChunked + chunk(half) : announcing(body.size()) + std::string(half)));
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        peer.send(chunked ? chunk(rest) + "0\r\n\r\n" : std::string(rest));
        QVERIFY(peer.readAnswer().body == body);
        QTRY_COMPARE(pool.spool().used(), int64_t(0));
    }

    void aDiskThatTakesNothingHarmsNoUpload_data()
    {
        QTest::addColumn<std::string>("folder"); // empty: one that takes everything
        QTest::addColumn<std::string>("cause");
        QTest::newRow("no such folder")
            << std::string("/proc/self/no-such-folder/spool")
            << std::string("/proc/self/no-such-folder/spool: No such file or directory");
        QTest::newRow("nobody may write") << std::string("/proc/spool") << std::string();
        QTest::newRow("a file") << std::string("/proc/self/exe")
                                << std::string("/proc/self/exe: Not a directory");
        QTest::newRow("nearly full") << std::string() << std::string("its disk is nearly full");
    }
    void aDiskThatTakesNothingHarmsNoUpload()
    {
        QFETCH(std::string, folder);
        QFETCH(std::string, cause);
        std::mutex guard; // of what is heard
        std::vector<std::string> heard;
        auto options = uploads();
        options.spoolFolder = folder;
        options.spoolComplains = [&](const std::string &sentence) {
            std::scoped_lock lock(guard);
            heard.push_back(sentence);
        };
        PoolUnderTest pool(options);
        if (folder.empty())
            pool.spool().setReserve(INT64_MAX);
        const std::string body = patternBytes(0, 3 * kMiB);
        for (int i = 0; i < 2; ++i) {
            ScriptedPeer peer(pool.port());
            peer.send(announcing(body.size()) + body);
            QVERIFY(peer.readAnswer().body == body);
            QTRY_COMPARE(pool.spool().used(), int64_t(0));
        }
        std::scoped_lock lock(guard);
        QCOMPARE(heard.size(), size_t(1)); // not for each upload
        QVERIFY2(heard[0].starts_with("request bodies cannot wait in "), heard[0].c_str());
        QVERIFY2(heard[0].ends_with(cause), heard[0].c_str());
    }

    void whatComesBehindAnAnswerIsNotTheAppsAnyMore()
    {
        // The app has a file sent and reads nothing; while the disk is asked for it, the client
        // sends on.
        QTemporaryDir files;
        QFile file(files.filePath("big.txt"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("from the disk");
        file.close();
        auto options = uploads(kFileApp);
        options.settings.poolCollectBodies = "off";
        options.settings.filesSendFrom = files.path().toStdString();
        options.env["FILE"] = file.fileName().toStdString();
        PoolUnderTest pool(options);
        QVERIFY(pool.reachesReady(1));
        std::promise<void> release;
        const std::shared_future<void> released = release.get_future().share();
        pool.control().post([&pool, released] {
            for (int i = 0; i < 2; ++i) // both threads
                (void)pool.blocking().submit(pool.control(), [released]() -> std::function<void()> {
                    released.wait();
                    return {};
                });
        });
        const std::string body(kMiB / 2, 'x');
        ScriptedPeer peer(pool.port());
        peer.send(announcing(body.size()) + body.substr(0, kMiB / 8));
        QTRY_COMPARE(pool.metrics().requests.read(), int64_t(1));
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(0));
        peer.send(std::string_view(body).substr(kMiB / 8));
        const int64_t came = static_cast<int64_t>(body.size());
        QTRY_VERIFY(pool.bytesReceived() >= came);
        release.set_value();
        QCOMPARE(peer.readAnswer().body, std::string("from the disk"));
        QCOMPARE(pool.metrics().requests.read(), int64_t(1));
        QCOMPARE(pool.get("/").body, std::string("from the disk")); // by the same worker
        QCOMPARE(pool.info().restarts, 0);
    }

    void whatTheDiskHasLostIsNotTakenForTheWhole()
    {
        PoolUnderTest pool(uploads());
        QVERIFY(pool.reachesReady(1));
        ScriptedPeer first(pool.port());
        first.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        ScriptedPeer peer(pool.port());
        peer.send(announcing(kMiB) + std::string(kMiB, 'x'));
        QTRY_COMPARE(pool.metrics().queued.read(), int64_t(1));
        const auto files = spoolFiles();
        QCOMPARE(files.size(), size_t(1));
        QTRY_COMPARE(int64_t(QFileInfo(QString::fromStdString(files[0])).size()),
                     pool.spool().used());
        const FileDescriptor file(::open(files[0].c_str(), O_WRONLY | O_CLOEXEC));
        QCOMPARE(::ftruncate(file.get(), 0), 0);
        pool.writeFile("gate", "open");
        QCOMPARE(first.readAnswer().status, 200);
        QCOMPARE(peer.readAnswer().status, 500);
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(0));
        QCOMPARE(pool.get("/").status, 200);
    }

    void uploadsThatFindNoMemoryAreLetGo()
    {
        auto options = uploads();
        options.settings.buffersMiBMax = 2;
        options.settings.requestBufferKiB = 2048;
        options.settings.bodyTimeout = std::chrono::seconds(1);
        options.settings.bodyRate = 0;
        PoolUnderTest pool(options);
        QVERIFY(pool.reachesReady(1));
        std::vector<std::unique_ptr<ScriptedPeer>> peers;
        for (int i = 0; i < 4; ++i) { // together more than there is; none has sent all
            peers.push_back(std::make_unique<ScriptedPeer>(pool.port()));
            peers.back()->send(announcing(2 * kMiB) + std::string(3 * kMiB / 2, 'x'));
        }
        int refused = 0;
        for (const auto &peer : peers)
            refused += peer->readAnswer().status == 503;
        QVERIFY(refused > 0);
        peers.clear();
        QCOMPARE(pool.get("/").status, 200);
        QTRY_COMPARE_WITH_TIMEOUT(pool.bufferBytes(), int64_t(0), 20000);
    }

    void http2UploadsThatFindNoMemoryAreLetGoToo()
    {
        auto options = uploads();
        options.settings.buffersMiBMax = 2;
        options.settings.requestBufferKiB = 2048;
        options.settings.http2ConnectionWindowKiB = 128; // of each, beyond the limit
        options.settings.bodyTimeout = std::chrono::seconds(1);
        options.settings.bodyRate = 0;
        PoolUnderTest pool(options);
        QVERIFY(pool.reachesReady(1));
        std::vector<std::unique_ptr<Http2Peer>> peers;
        std::vector<int32_t> streams;
        for (size_t i = 0; i < 4; ++i) {
            peers.push_back(std::make_unique<Http2Peer>(pool.port()));
            streams.push_back(peers[i]->ask(Http2Peer::head("POST", "/"), "x", false));
            QVERIFY(peers[i]->ping());
        }
        for (size_t i = 0; i < 4; ++i)
            peers[i]->send(streams[i], std::string(3 * kMiB / 2, 'x'), false);
        int64_t most = 0;
        const auto status = [&](size_t i) {
            return peers[i]->answers[streams[i]].status;
        };
        for (size_t i = 0; i < 4; ++i) { // all of them go on, in turn
            QVERIFY(QTest::qWaitFor(
                [&] {
                    for (const auto &peer : peers)
                        peer->ping();
                    most = std::max(most, pool.bufferBytes());
                    return status(i) != 0;
                },
                20000));
        }
        QVERIFY(status(0) == 503 || status(1) == 503 || status(2) == 503 || status(3) == 503);
        QVERIFY2(most < int64_t(4 * kMiB), std::to_string(most).c_str()); // they would send six
        QCOMPARE(pool.get("/").status, 200);
    }

    void theQueueHoldsWhatIsCollected()
    {
        PoolUnderTest pool(uploads());
        QVERIFY(pool.reachesReady(1));
        const std::string body = patternBytes(0, kMiB);
        std::vector<std::unique_ptr<ScriptedPeer>> peers;
        for (int i = 0; i < 8; ++i) {
            peers.push_back(std::make_unique<ScriptedPeer>(pool.port()));
            peers.back()->send(announcing(body.size()) + body);
        }
        for (const auto &peer : peers)
            QVERIFY(peer->readAnswer().body == body);
        QTRY_COMPARE(pool.spool().used(), int64_t(0));
    }
};

POOL_TEST_MAIN(TestPoolBodies)
#include "tst_pool_bodies.moc"
