// SPDX-License-Identifier: Apache-2.0
// Who holds what for how long: frames that cannot leave, bodies nobody reads yet, windows that stay
// shut.
#include "server/base/thread.h"
#include "server/http/session/simple_handlers.h"
#include "tests/support/http2_peer.h"
#include "tests/support/http_under_test.h"

#include <QtTest>

#include <nghttp2/nghttp2.h>

using namespace arc;
using namespace std::chrono_literals;

namespace {

using namespace arc::http2;

Route respond(std::string prefix, std::string body = "hello")
{
    return makeRoute(
        std::move(prefix),
        std::make_shared<const RespondHandler>(RespondRoute {.body = std::move(body)}));
}

/// As hello(), with windows that never close.
std::string wideHello()
{
    return hello().substr(0, 24) + frame(kSettings, 0, 0, std::string("\0\x04\x7f\xff\xff\xff", 6))
        + frame(kWindowUpdate, 0, 0, number(1 << 30));
}

/// Requests from stream `first` on, which are all refused while the server's limit is not agreed.
std::string refused(uint32_t first, int count)
{
    std::string all;
    for (int i = 0; i < count; ++i)
        all += get(first + 2 * static_cast<uint32_t>(i));
    return all;
}

} // namespace

class TestHttp2Flow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // The server's resets cannot leave, because nothing is read, and so they can neither be counted
    // as they leave nor pile up.
    void refusedStreamsCountThoughTheirResetsCannotLeave()
    {
        Settings settings;
        settings.http2Streams = 4;
        HttpUnderTest server(
            {.routes = {respond("/", std::string(16 << 20, 'x'))}, .settings = settings});
        ScriptedPeer peer(server.port(), 4096);
        peer.send(wideHello() + refused(1, 4));
        QTRY_VERIFY(server.loopMetrics().bytesWritten.read() > 0);
        peer.send(refused(9, 200));
        QTRY_COMPARE(server.loopMetrics().http2Calmed.read(), int64_t(1));
    }

    void framesThatCannotLeaveEndTheReading()
    {
        Settings settings;
        settings.http2Streams = 4;
        settings.http2Glitches = 1'000'000;
        settings.writeTimeout = 1s;
        HttpUnderTest server(
            {.routes = {respond("/", std::string(16 << 20, 'x'))}, .settings = settings});
        ScriptedPeer peer(server.port(), 4096);
        peer.send(wideHello() + refused(1, 4));
        QTRY_VERIFY(server.loopMetrics().bytesWritten.read() > 0);
        // More than the kernel holds: the end is the server's, which closes a client that takes
        // nothing.
        Thread sender("sender", [&] {
            for (uint32_t i = 0; i < 2000; ++i)
                peer.send(refused(9 + 2000 * i, 1000));
        });
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(0));
        sender.join();
        QVERIFY2(server.loopMetrics().bytesRead.read() < 1'000'000,
                 std::to_string(server.loopMetrics().bytesRead.read()).c_str());
        QCOMPARE(server.loopMetrics().bufferBytes.read(), int64_t(0));
    }

    void aReaderThatIsLateHasEverythingAnswered()
    {
        Settings settings;
        settings.http2Streams = 4;
        settings.http2Glitches = 1'000'000;
        HttpUnderTest server(
            {.routes = {respond("/", std::string(4 << 20, 'x'))}, .settings = settings});
        ScriptedPeer peer(server.port(), 4096);
        peer.send(wideHello() + refused(1, 4));
        QTRY_VERIFY(server.loopMetrics().bytesWritten.read() > 0);
        constexpr int kRefused = 2000; // more than may wait
        Thread sender("sender", [&] { peer.send(refused(9, kRefused)); });
        int resets = 0;
        while (resets < kRefused) {
            const auto got = readFrame(peer);
            if (!got)
                break;
            resets += got->type == kRstStream;
        }
        sender.join();
        QCOMPARE(resets, kRefused);
    }

    void settingsMustBeAcknowledged()
    {
        Settings settings;
        settings.headTimeout = 1s;
        HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
        ScriptedPeer silent(server.port());
        silent.send(hello() + get(1));
        Http2Peer honest(server.port());
        QVERIFY(honest.ping());
        QCOMPARE(goAwayOf(silent).value_or(0), uint32_t(NGHTTP2_SETTINGS_TIMEOUT));
        const int32_t stream = honest.get("/");
        QVERIFY(honest.untilComplete(stream));
        QVERIFY(honest.goAways.empty());
    }
};

QTEST_GUILESS_MAIN(TestHttp2Flow)
#include "tst_http2_flow.moc"
