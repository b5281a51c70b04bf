// SPDX-License-Identifier: Apache-2.0
// HTTP/2 over TLS: chosen in the handshake, answers in one record, and a way to newer certificates.
#include "tests/support/http2_peer.h"
#include "tests/support/http_under_test.h"
#include "tests/support/tls_under_test.h"

#include <QtTest>

using namespace arc;

namespace {

const std::string kBoth("\x02h2\x08http/1.1");

Route hello()
{
    return makeRoute("/", [](Exchange &exchange) {
        exchange.respond({.status = 200, .headers = {}},
                         Chunk::constant(exchange.isSecure() ? "safe" : "open"));
    });
}

std::string request(uint32_t stream)
{
    return http2::frame(http2::kHeaders, http2::kEndHeaders | http2::kEndStream, stream,
                        http2::getHead());
}

/// Bytes of whole frames, read from the front.
std::optional<http2::Frame> takeFrame(std::string &bytes)
{
    const auto byte = [&bytes](size_t at) {
        return static_cast<size_t>(static_cast<unsigned char>(bytes[at]));
    };
    if (bytes.size() < 9)
        return std::nullopt;
    const size_t size = byte(0) << 16 | byte(1) << 8 | byte(2);
    if (bytes.size() < 9 + size)
        return std::nullopt;
    http2::Frame frame {.type = static_cast<uint8_t>(byte(3)),
                        .flags = static_cast<uint8_t>(byte(4)),
                        .stream = static_cast<uint32_t>(byte(8)),
                        .payload = bytes.substr(9, size)};
    bytes.erase(0, 9 + size);
    return frame;
}

/// What one TLS record carries.
std::string readRecord(TlsClient &client)
{
    std::string bytes(32 * 1024, '\0');
    const int count = SSL_read(client.ssl(), bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
    return bytes;
}

/// Reads records until a frame of the type came; nothing: the connection ended before.
std::optional<http2::Frame> await(TlsClient &client, uint8_t type, uint8_t flags = 0)
{
    std::string bytes;
    while (true) {
        while (const auto frame = takeFrame(bytes)) {
            if (frame->type == type && (frame->flags & flags) == flags)
                return frame;
        }
        const std::string more = readRecord(client);
        if (more.empty())
            return std::nullopt;
        bytes += more;
    }
}

} // namespace

class TestTlsHttp2 : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theHandshakeChooses_data()
    {
        QTest::addColumn<bool>("isOn");
        QTest::addColumn<QByteArray>("offered");
        QTest::addColumn<QByteArray>("chosen");
        QTest::newRow("both") << true << QByteArray::fromStdString(kBoth) << QByteArray("h2");
        QTest::newRow("the other order")
            << true << QByteArray("\x08http/1.1\x02h2") << QByteArray("h2");
        QTest::newRow("HTTP/1 only")
            << true << QByteArray("\x08http/1.1") << QByteArray("http/1.1");
        QTest::newRow("HTTP/2 only") << true << QByteArray("\x02h2") << QByteArray("h2");
        QTest::newRow("switched off")
            << false << QByteArray::fromStdString(kBoth) << QByteArray("http/1.1");
    }
    void theHandshakeChooses()
    {
        QFETCH(bool, isOn);
        QFETCH(QByteArray, offered);
        QFETCH(QByteArray, chosen);
        const auto identity = m_ca.sign("one", "DNS:a");
        Settings settings;
        settings.http2 = isOn;
        HttpUnderTest server({.routes = {hello()}, .settings = settings, .tls = [&] {
                                  return contextsOf({endpoint("test", {}, identity)});
                              }});
        TlsClient client(connectTo(server.port()), {.protocols = offered.toStdString()});
        QVERIFY2(client.shakeHands(), client.error().c_str());
        QCOMPARE(client.protocol(), chosen.toStdString());
        if (chosen == "h2") {
            QVERIFY(client.write(http2::hello() + request(1)));
            const auto answer = await(client, http2::kData);
            QVERIFY(answer);
            QCOMPARE(answer->payload, std::string("safe"));
        } else {
            QVERIFY(client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
            QVERIFY(client.readUntil("safe").starts_with("HTTP/1.1 200"));
        }
    }

    void aSmallAnswerIsOneRecord()
    {
        const auto identity = m_ca.sign("one", "DNS:a");
        HttpUnderTest server({.routes = {hello()}, .tls = [&] {
                                  return contextsOf({endpoint("test", {}, identity)});
                              }});
        TlsClient client(connectTo(server.port()), {.protocols = kBoth});
        QVERIFY(client.shakeHands());
        QVERIFY(client.write(http2::hello() + http2::frame(http2::kSettings, http2::kAck, 0)
                             + request(1)));
        QVERIFY(await(client, http2::kData));
        QVERIFY(client.write(request(3) + request(5)));
        std::string record = readRecord(client);
        std::vector<int> types;
        while (const auto frame = takeFrame(record))
            types.push_back(frame->type);
        const std::vector<int> together {http2::kHeaders, http2::kHeaders, http2::kData,
                                         http2::kData};
        QCOMPARE(types, together);
        QVERIFY(record.empty());
    }

    void aFileThatShrinksEndsItsStreamAlone()
    {
        QTemporaryFile file;
        QVERIFY(file.open());
        file.write(QByteArray(40'000, 'x'));
        file.flush();
        const auto opened = std::make_shared<const FileDescriptor>(::dup(file.handle()));
        HttpUnderTest server(
            {.routes = {makeRoute("/",
                                  [opened](Exchange &exchange) {
                                      exchange.respond({.status = 200, .headers = {}},
                                                       Chunk::fromFile(opened, 0, 200'000));
                                  })},
             .tls = [&] {
                 return contextsOf({endpoint("test", {}, m_ca.sign("one", "DNS:a"))});
             }});
        TlsClient client(connectTo(server.port()), {.protocols = kBoth});
        QVERIFY(client.shakeHands());
        QVERIFY(client.write(http2::hello() + http2::frame(http2::kSettings, http2::kAck, 0)
                             + request(1)));
        const auto reset = await(client, http2::kRstStream);
        QVERIFY(reset);
        QCOMPARE(reset->stream, uint32_t(1));
        QVERIFY(client.write(http2::frame(http2::kPing, 0, 0, "12345678")));
        QVERIFY(await(client, http2::kPing, http2::kAck)); // the connection lives
    }

    void aNewCertificateAsksClientsToComeBack()
    {
        const auto one = m_ca.sign("one", "DNS:a");
        const auto two = m_ca.sign("two", "DNS:a");
        std::shared_ptr<const TlsIdentity> now = one;
        const auto contexts = [&] {
            return contextsOf({endpoint("test", {}, now)});
        };
        HttpUnderTest server({.routes = {hello()}, .tls = contexts});
        TlsClient client(connectTo(server.port()), {.name = "a", .protocols = kBoth});
        QVERIFY(client.shakeHands());
        QVERIFY(client.write(http2::hello() + http2::frame(http2::kSettings, http2::kAck, 0)
                             + request(1)));
        QVERIFY(await(client, http2::kData));

        server.publish({hello()}, {}); // other contexts, but the same certificate
        QVERIFY(client.write(request(3)));
        QVERIFY(await(client, http2::kData));

        now = two;
        server.publish({hello()}, {});
        const auto notice = await(client, http2::kGoAway);
        QVERIFY(notice);
        QCOMPARE(notice->payload.substr(0, 8), http2::number(0x7fffffff) + http2::number(0));
        QVERIFY(client.write(request(5))); // it was on its way
        QVERIFY(await(client, http2::kData));
    }

private:
    TestCa m_ca;
};

QTEST_GUILESS_MAIN(TestTlsHttp2)
#include "tst_tls_http2.moc"
