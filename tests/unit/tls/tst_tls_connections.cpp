// SPDX-License-Identifier: Apache-2.0
// HTTP over TLS on real loops: bytes in every portion, large answers, ends of every kind.
#include "server/base/thread.h"
#include "tests/support/http_under_test.h"
#include "tests/support/tls_under_test.h"

#include <QTemporaryFile>
#include <QtTest>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

using namespace arc;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a.test\r\n\r\n";
const std::string kLastGet = "GET /hello HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

/// The body behind the first empty line.
std::string bodyOf(const std::string &answer)
{
    const size_t at = answer.find("\r\n\r\n");
    return at == answer.npos ? std::string() : answer.substr(at + 4);
}

/// Passes bytes on between a socket of its own and a server, so many at a time.
class Relay {
public:
    Relay(uint16_t port, size_t pieceBytes) : m_server(connectTo(port)), m_pieceBytes(pieceBytes)
    {
        int ends[2] {};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            qFatal("no socket pair");
        m_client = FileDescriptor(ends[0]);
        m_inner = FileDescriptor(ends[1]);
        const int on = 1;
        ::setsockopt(m_server.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        m_thread = Thread("relay", [this] {
            run();
            ::shutdown(m_inner.get(), SHUT_RDWR);
            ::shutdown(m_server.get(), SHUT_RDWR);
        });
    }
    ~Relay()
    {
        ::shutdown(m_server.get(), SHUT_RDWR);
        m_thread.join();
    }
    FileDescriptor takeClient() { return std::move(m_client); }

private:
    void run()
    {
        std::string bytes(m_pieceBytes, '\0');
        pollfd ends[2] {{.fd = m_inner.get(), .events = POLLIN, .revents = 0},
                        {.fd = m_server.get(), .events = POLLIN, .revents = 0}};
        while (::poll(ends, 2, 20000) > 0) {
            for (int i = 0; i < 2; ++i) {
                if (!ends[i].revents)
                    continue;
                const ssize_t count = ::recv(ends[i].fd, bytes.data(), bytes.size(), 0);
                if (count <= 0)
                    return;
                if (::send(ends[1 - i].fd, bytes.data(), static_cast<size_t>(count), MSG_NOSIGNAL)
                    < 0)
                    return;
            }
        }
    }

    FileDescriptor m_server;
    FileDescriptor m_client;
    FileDescriptor m_inner;
    const size_t m_pieceBytes;
    Thread m_thread;
};

} // namespace

class TestTlsConnections : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_identity = m_ca.sign("a.test", "DNS:a.test");
        m_server = std::make_unique<HttpUnderTest>(HttpUnderTest::Options {
            .routes = {makeRoute("/hello",
                                 [](Exchange &exchange) {
                                     exchange.respond(
                                         {.status = 200, .headers = {}},
                                         Chunk::constant(exchange.isSecure() ? "safe" : "open"));
                                 }),
                       echoRoute("/echo", m_heard),
                       streamRoute("/stream", {.total = 8 * 1024 * 1024}, m_heard),
                       streamRoute("/chunked", {.total = 300'000, .announced = false}, m_heard)},
            .tls = [this] {
                return contextsOf({endpoint("test", {}, m_identity)});
            }});
    }
    void cleanup() { m_server.reset(); }

    void bothVersionsAreSpoken_data()
    {
        QTest::addColumn<int>("version");
        QTest::newRow("TLS 1.2") << TLS1_2_VERSION;
        QTest::newRow("TLS 1.3") << TLS1_3_VERSION;
    }
    void bothVersionsAreSpoken()
    {
        QFETCH(int, version);
        TlsClient client(connectTo(port()),
                         {.name = "a.test", .caPem = m_ca.pem(), .version = version});
        QVERIFY2(client.shakeHands(), client.error().c_str());
        QCOMPARE(client.version(), version);
        QVERIFY(client.write(kGet + kGet)); // pipelined in one record
        QVERIFY(client.write(kLastGet));
        const std::string all = client.readAll();
        QCOMPARE(QByteArray::fromStdString(all).count("safe"), 3);
        QVERIFY(client.endedCleanly());
    }

    void oldVersionsAndWeakCiphersAreRefused()
    {
        TlsClient old(connectTo(port()),
                      {.version = TLS1_1_VERSION, .ciphers = "DEFAULT@SECLEVEL=0"});
        QVERIFY(!old.shakeHands());
        TlsClient weak(connectTo(port()), {.version = TLS1_2_VERSION, .ciphers = "AES128-SHA"});
        QVERIFY(!weak.shakeHands());
        QTRY_COMPARE(m_server->loopMetrics().tlsFailed.read(), int64_t {2});
    }

    void plainHttpIsToldToSpeakHttps_data()
    {
        QTest::addColumn<std::string>("sent");
        for (const char *method : {"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PROPFIND"})
            QTest::newRow(method) << std::string(method) + " / HTTP/1.1\r\nHost: a.test\r\n\r\n";
        QTest::newRow("one letter") << std::string("G");
        QTest::newRow("large") << "GET / HTTP/1.1\r\nX: " + std::string(20000, 'x');
    }
    void plainHttpIsToldToSpeakHttps()
    {
        QFETCH(std::string, sent);
        const FileDescriptor socket = connectTo(port());
        QCOMPARE(::send(socket.get(), sent.data(), sent.size(), MSG_NOSIGNAL),
                 static_cast<ssize_t>(sent.size()));
        std::string answer(4096, '\0');
        answer.resize(static_cast<size_t>(
            std::max<ssize_t>(0, ::recv(socket.get(), answer.data(), answer.size(), MSG_WAITALL))));
        QVERIFY2(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), answer.c_str());
        QVERIFY(answer.find("Connection: close\r\n") != answer.npos);
        QVERIFY(bodyOf(answer).find("https://") != std::string::npos);
        QVERIFY(answer.find(fmt::format("Content-Length: {}\r\n", bodyOf(answer).size()))
                != std::string::npos);
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), int64_t {0});
        QCOMPARE(m_server->loopMetrics().tlsFailed.read(), int64_t {1});
    }

    void whatIsNeitherTlsNorHttpHearsNothingOfHttp()
    {
        for (const char *sent : {"\r\n\r\n", "\x80\x2e\x01\x03\x01", "get / http/1.1\r\n\r\n",
                                 "\x17\x03\x03\x00\x05hello", "\xff\xff\xff\xff\xff\xff"}) {
            const FileDescriptor socket = connectTo(port());
            QVERIFY(::send(socket.get(), sent, strlen(sent), MSG_NOSIGNAL) > 0);
            std::string answer(4096, '\0');
            ::shutdown(socket.get(), SHUT_WR);
            answer.resize(static_cast<size_t>(std::max<ssize_t>(
                0, ::recv(socket.get(), answer.data(), answer.size(), MSG_WAITALL))));
            QVERIFY(answer.find("HTTP") == std::string::npos);
        }
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), int64_t {0});
    }

    void whoGivesUpInAHandshakeIsLetGoAtOnce_data()
    {
        QTest::addColumn<std::string>("sent");
        QTest::addColumn<int>("failed");
        QTest::newRow("nothing") << std::string() << 0;
        QTest::newRow("a byte") << std::string("\x16") << 1;
        QTest::newRow("part of a hello") << std::string("\x16\x03\x01\x02\x00\x01\x00", 7) << 1;
    }
    void whoGivesUpInAHandshakeIsLetGoAtOnce()
    {
        QFETCH(std::string, sent);
        QFETCH(int, failed);
        FileDescriptor socket = connectTo(port());
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), int64_t {1});
        m_server->onLoop([&](HttpLoop &) { // so that the loop hears of both at once
            ::send(socket.get(), sent.data(), sent.size(), MSG_NOSIGNAL);
            socket.reset();
        });
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), int64_t {0});
        QCOMPARE(m_server->loopMetrics().tlsFailed.read(), int64_t {failed});
    }

    void drainAnswersWhoHadNotAskedYet()
    {
        const TlsClient::Options options {.name = "a.test", .caPem = m_ca.pem()};
        TlsClient greeted(connectTo(port()), options);
        QVERIFY2(greeted.shakeHands(), greeted.error().c_str());
        TlsClient again(connectTo(port()), options);
        QVERIFY(again.shakeHands() && again.write(kGet));
        QVERIFY(again.readUntil("safe").ends_with("safe"));
        TlsClient newcomer(connectTo(port()), options);
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), 3);
        std::atomic<int> drained {0};
        m_server->onLoop(
            [&](HttpLoop &http) { http.drain(std::chrono::seconds(10), [&] { ++drained; }); });
        QVERIFY2(newcomer.shakeHands(), newcomer.error().c_str());
        for (TlsClient *client : {&newcomer, &greeted}) {
            QVERIFY(client->write(kGet));
            const std::string answer = client->readAll();
            QVERIFY2(answer.ends_with("safe"), answer.c_str());
            QVERIFY(client->endedCleanly());
        }
        QVERIFY(again.readAll().empty() && again.endedCleanly());
        QTRY_COMPARE(drained.load(), 1);
    }

    void bytesMayComeInAnyPortion_data()
    {
        QTest::addColumn<int>("pieceBytes");
        QTest::addColumn<int>("version");
        for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
            for (const int bytes : {1, 2, 3, 5, 7, 64, 1000, 16389})
                QTest::addRow("%d bytes, version %x", bytes, version) << bytes << version;
        }
    }
    void bytesMayComeInAnyPortion()
    {
        QFETCH(int, pieceBytes);
        QFETCH(int, version);
        Relay relay(port(), static_cast<size_t>(pieceBytes));
        TlsClient client(relay.takeClient(),
                         {.name = "a.test", .caPem = m_ca.pem(), .version = version});
        QVERIFY2(client.shakeHands(), client.error().c_str());
        const std::string body = patternBytes(0, 3000);
        QVERIFY(client.write("POST /echo HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n"
                             "Content-Length: 3000\r\n\r\n"
                             + body));
        QCOMPARE(bodyOf(client.readAll()), body);
        QVERIFY(client.endedCleanly());
    }

    /// The queue of errors is one for all connections of a thread, and for whoever else uses
    /// OpenSSL there: what lies in it must end no connection.
    void errorsOfOthersEndNoConnection()
    {
        const auto leaveError = [this] {
            m_server->onLoop([](HttpLoop &) { ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT); });
        };
        constexpr int kPieceBytes = 20; // less than a record: the loop must wait for the rest
        Relay relay(port(), kPieceBytes);
        TlsClient client(relay.takeClient(), {.name = "a.test", .caPem = m_ca.pem()});
        QVERIFY2(client.shakeHands(), client.error().c_str());
        for (int i = 0; i < 3; ++i) {
            leaveError();
            QVERIFY(client.write(kGet));
            QVERIFY(client.readUntil("safe").ends_with("safe"));
        }
        leaveError();
        client.shutdown();
        QVERIFY(client.readAll().empty());
        QVERIFY(client.endedCleanly()); // and not as if it had sent what is no TLS
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), int64_t {0});
    }

    void recordsMayHaveAnySize_data()
    {
        QTest::addColumn<size_t>("recordBytes");
        for (const size_t bytes : {1, 15, 16, 17, 255, 256, 1369, 4096, 16383, 16384, 40000})
            QTest::addRow("%zu", bytes) << bytes;
    }
    void recordsMayHaveAnySize()
    {
        QFETCH(size_t, recordBytes);
        TlsClient client(connectTo(port()), {.name = "a.test", .caPem = m_ca.pem()});
        QVERIFY(client.shakeHands());
        const std::string body = patternBytes(0, recordBytes < 100 ? 2000 : 200'000);
        const std::string all =
            fmt::format("POST /echo HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n"
                        "Content-Length: {}\r\n\r\n{}",
                        body.size(), body);
        Thread writer("writer", [&] {
            for (size_t at = 0; at < all.size(); at += recordBytes)
                client.write(std::string_view(all).substr(at, recordBytes));
        });
        writer.join();
        QCOMPARE(bodyOf(client.readAll()), body);
    }

    void largeAnswersArriveWholeWhateverTheClientTakes()
    {
        TlsClient client(connectTo(port()), {.name = "a.test", .caPem = m_ca.pem()});
        const int small = 32 * 1024;
        ::setsockopt(client.socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        QVERIFY(client.shakeHands());
        QVERIFY(client.write("GET /stream HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"));
        const std::string body = bodyOf(client.readAll());
        QCOMPARE(body.size(), size_t {8 * 1024 * 1024});
        QVERIFY(body == patternBytes(0, body.size()));
        QVERIFY(client.endedCleanly());
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), int64_t {0});
        QCOMPARE(m_server->loopMetrics().bufferBytes.read(), int64_t {0});
    }

    void chunkedAnswersAndPartsOfFilesArriveWhole()
    {
        QTemporaryFile file;
        QVERIFY(file.open());
        const std::string content = patternBytes(0, 500'000);
        file.write(content.data(), static_cast<qint64>(content.size()));
        file.flush();
        const auto opened = std::make_shared<const FileDescriptor>(
            ::open(file.fileName().toLocal8Bit().constData(), O_RDONLY | O_CLOEXEC));
        m_server->publish({makeRoute("/file",
                                     [opened](Exchange &exchange) {
                                         exchange.respond({.status = 200, .headers = {}},
                                                          Chunk::fromFile(opened, 1000, 400'000));
                                     }),
                           makeRoute("/short",
                                     [opened](Exchange &exchange) {
                                         exchange.respond(
                                             {.status = 200, .headers = {}},
                                             Chunk::fromFile(opened, 400'000, 200'000));
                                     })},
                          {});
        TlsClient client(connectTo(port()), {.name = "a.test", .caPem = m_ca.pem()});
        QVERIFY(client.shakeHands());
        QVERIFY(client.write("GET /file HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"));
        QVERIFY(bodyOf(client.readAll()) == content.substr(1000, 400'000));

        // A file that shrank: the client must notice that something is missing.
        TlsClient second(connectTo(port()), {.name = "a.test", .caPem = m_ca.pem()});
        QVERIFY(second.shakeHands());
        QVERIFY(second.write("GET /short HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"));
        QVERIFY(bodyOf(second.readAll()).size() < 200'000);
        QVERIFY(!second.endedCleanly());
    }

    void aRequestMayComeWithTheLastFlightOfTheHandshake()
    {
        const FileDescriptor socket = connectTo(port());
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        SSL *ssl = SSL_new(context);
        BIO *in = BIO_new(BIO_s_mem());
        BIO *out = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl, in, out);
        SSL_set_tlsext_host_name(ssl, "a.test");
        SSL_set_connect_state(ssl);
        const auto send = [&] {
            const std::string bytes = takeOpenSslText(out);
            (void)BIO_reset(out);
            return ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL)
                == static_cast<ssize_t>(bytes.size());
        };
        std::array<char, 16384> bytes {};
        SSL_do_handshake(ssl);
        QVERIFY(send());
        while (SSL_do_handshake(ssl) != 1) {
            const ssize_t count = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
            QVERIFY(count > 0);
            BIO_write(in, bytes.data(), static_cast<int>(count));
        }
        QCOMPARE(SSL_write(ssl, kLastGet.data(), static_cast<int>(kLastGet.size())),
                 static_cast<int>(kLastGet.size()));
        QVERIFY(send()); // Finished and the request in one
        std::string answer;
        ssize_t count = 0;
        while ((count = ::recv(socket.get(), bytes.data(), bytes.size(), 0)) > 0)
            BIO_write(in, bytes.data(), static_cast<int>(count));
        size_t got = 0;
        while (SSL_read_ex(ssl, bytes.data(), bytes.size(), &got) == 1)
            answer.append(bytes.data(), got);
        QVERIFY(answer.ends_with("safe"));
        SSL_free(ssl);
        SSL_CTX_free(context);
    }

    void whatIsNotTlsEndsTheConnectionAndNothingElse_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("plain HTTP") << QByteArray("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
        QTest::newRow("HTTP/2 preface") << QByteArray("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        QTest::newRow("zeros") << QByteArray(3000, '\0');
        QTest::newRow("an alert") << QByteArray("\x15\x03\x03\x00\x02\x02\x28", 7);
        QTest::newRow("a record too long")
            << QByteArray("\x16\x03\x01\xff\xff", 5) + QByteArray(70000, 'x');
        QTest::newRow("application data first") << QByteArray("\x17\x03\x03\x00\x05hello", 10);
        QTest::newRow("SSLv2") << QByteArray("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10", 11)
                + QByteArray(40, 'x');
        QTest::newRow("a hello of nothing")
            << QByteArray("\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9);
    }
    void whatIsNotTlsEndsTheConnectionAndNothingElse()
    {
        QFETCH(QByteArray, bytes);
        TlsClient good(connectTo(port()), {.name = "a.test", .caPem = m_ca.pem()});
        QVERIFY(good.shakeHands());
        const FileDescriptor bad = connectTo(port());
        ::send(bad.get(), bytes.constData(), static_cast<size_t>(bytes.size()), MSG_NOSIGNAL);
        std::array<char, 4096> answer {};
        while (::recv(bad.get(), answer.data(), answer.size(), 0) > 0) { }
        QTRY_COMPARE(m_server->loopMetrics().tlsFailed.read(), int64_t {1});
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), int64_t {1});
        QVERIFY(good.write(kLastGet));
        QVERIFY(good.readAll().ends_with("safe"));
    }

    void garbageAfterTheHandshakeEndsTheConnection()
    {
        TlsClient client(connectTo(port()), {.name = "a.test", .caPem = m_ca.pem()});
        QVERIFY(client.shakeHands());
        QVERIFY(client.write(kGet));
        QVERIFY(client.read(20).starts_with("HTTP/1.1 200"));
        std::string record("\x17\x03\x03\x00\x20", 5);
        record.append(32, 'x');
        QVERIFY(::send(client.socket(), record.data(), record.size(), MSG_NOSIGNAL) > 0);
        client.readAll();
        QVERIFY(!client.endedCleanly());
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), int64_t {0});
    }

    void aConnectionCutInTheMiddleLeavesNothingBehind()
    {
        for (int i = 0; i < 20; ++i) {
            TlsClient client(connectTo(port()), {.name = "a.test", .caPem = m_ca.pem()});
            QVERIFY(client.shakeHands());
            QVERIFY(client.write(
                "POST /echo HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\nhalf"));
            if (i % 2) {
                const linger reset {.l_onoff = 1, .l_linger = 0};
                ::setsockopt(client.socket(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            }
        }
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), int64_t {0});
        QTRY_COMPARE(m_server->siteMetrics().inFlight.read(), int64_t {0});
    }

    void aCloseNotifyOfTheClientEndsTheConnection()
    {
        TlsClient client(connectTo(port()), {.name = "a.test", .caPem = m_ca.pem()});
        QVERIFY(client.shakeHands());
        QVERIFY(client.write(kGet));
        QVERIFY(client.read(20).starts_with("HTTP/1.1 200"));
        client.shutdown();
        QTRY_COMPARE(m_server->loopMetrics().connectionsOpen.read(), int64_t {0});
    }

private:
    uint16_t port() const { return m_server->port(); }

    const TestCa m_ca;
    std::shared_ptr<const TlsIdentity> m_identity;
    Heard m_heard;
    std::unique_ptr<HttpUnderTest> m_server;
};

QTEST_GUILESS_MAIN(TestTlsConnections)
#include "tst_tls_connections.moc"
