// SPDX-License-Identifier: Apache-2.0
// Records that we make in OpenSSL's place.
#include "server/base/thread.h"
#include "server/tls/tls_loop.h"
#include "server/tls/tls_stream.h"
#include "tests/support/http_under_test.h"
#include "tests/support/tls_under_test.h"

#include <QtTest>

#include <fcntl.h>
#include <linux/tls.h>
#include <poll.h>
#include <sys/socket.h>

using namespace arc;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a.test\r\n\r\n";

QByteArray hex(const char *text)
{
    return QByteArray::fromHex(text);
}

template <size_t N>
void put(unsigned char (&to)[N], const QByteArray &bytes)
{
    QCOMPARE(bytes.size(), static_cast<qsizetype>(N));
    std::copy(bytes.begin(), bytes.end(), to);
}

} // namespace

class TestTlsRecords : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// RFC 8448 3: what the server sends behind its session ticket, and as its last alert.
    void recordsAreThoseOfTheRfc()
    {
        tls12_crypto_info_aes_gcm_128 info {};
        info.info = {.version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128};
        put(info.key, hex("9f02283b6c9c07efc26bb9f2ac92e356"));
        put(info.salt, hex("cf782b88"));
        put(info.iv, hex("dd83549aadf1e984"));
        put(info.rec_seq, hex("0000000000000001"));
        SealingCiphers ciphers;
        const auto sealer = RecordSealer::make(ciphers, &info.info);
        QVERIFY(sealer);
        std::string plain(50, '\0');
        std::iota(plain.begin(), plain.end(), '\0');
        std::string record(plain.size() + RecordSealer::kOverhead, '\0');
        QCOMPARE(sealer->seal(RecordSealer::Type::Data, plain, record.data()), record.size());
        QCOMPARE(QByteArray::fromStdString(record).toHex(),
                 QByteArray("17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efa"
                            "f97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167"
                            "c2955d"));
        record.assign(2 + RecordSealer::kOverhead, '\0');
        QCOMPARE(
            sealer->seal(RecordSealer::Type::Alert, std::string_view("\1\0", 2), record.data()),
            record.size());
        QCOMPARE(QByteArray::fromStdString(record).toHex(),
                 QByteArray("1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9"));
    }

    void otherVersionsAndCiphersAreLeftToOpenSsl()
    {
        tls12_crypto_info_aes_gcm_128 info {};
        SealingCiphers ciphers;
        info.info = {.version = TLS_1_2_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128};
        QVERIFY(!RecordSealer::make(ciphers, &info.info));
        info.info = {.version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_AES_CCM_128};
        QVERIFY(!RecordSealer::make(ciphers, &info.info));
        QVERIFY(!RecordSealer::make(ciphers, nullptr));
    }

    void openSslGivesTheKeyAwayAndTakesItBack_data()
    {
        QTest::addColumn<int>("version");
        QTest::addColumn<QByteArray>("suite");
        for (const char *suite :
             {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})
            QTest::newRow(suite) << TLS1_3_VERSION << QByteArray(suite);
        QTest::newRow("TLS 1.2") << TLS1_2_VERSION << QByteArray();
    }
    void openSslGivesTheKeyAwayAndTakesItBack()
    {
        QFETCH(int, version);
        QFETCH(QByteArray, suite);
        const bool isNew = version == TLS1_3_VERSION;
        int ends[2] {};
        QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        const FileDescriptor socket(ends[0]);
        ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
        LoopMetrics metrics;
        TlsLoop loop(metrics);
        loop.use(contextsOf({endpoint("test", {}, m_ca.sign("a.test", "DNS:a.test"))}));
        const std::string listener = "tls";
        TlsStream stream(loop, listener);
        TlsClient client(FileDescriptor(ends[1]), {.name = "a.test", .version = version});
        if (isNew)
            QCOMPARE(SSL_set_ciphersuites(client.ssl(), suite.constData()), 1);
        std::string heard;
        Thread talker("client", [&] {
            if (!client.shakeHands() || !client.write("one"))
                return;
            heard = client.read(5);
            if (isNew)
                SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
            client.write("two");
            heard += client.readAll();
        });
        const auto receive = [&](std::string_view wanted) {
            std::vector<char> room(64 * 1024);
            std::string got;
            for (bool ended = false; !ended && got.size() < wanted.size();) {
                pollfd wait {.fd = socket.get(), .events = POLLIN, .revents = 0};
                ::poll(&wait, 1, 20000);
                const TlsStream::Received now = stream.receive(socket.get(), room);
                got.append(room.data(), now.bytes);
                ended = now.hasEnded || !wait.revents;
            }
            return got == wanted;
        };
        const bool first = receive("one");
        const bool sealsAtFirst = stream.makesRecords();
        stream.write("three");
        stream.flush(socket.get());
        const bool second = receive("two");
        stream.write("four"); // a key update goes before it
        stream.write("five");
        const bool sealsAtLast = stream.makesRecords();
        stream.endOutput();
        stream.flush(socket.get());
        ::shutdown(socket.get(), SHUT_WR);
        talker.join();
        QVERIFY2(first && second, client.error().c_str());
        QCOMPARE(heard, std::string("threefourfive"));
        QVERIFY(client.endedCleanly());
        QCOMPARE(sealsAtFirst, isNew);
        // OpenSSL tells nobody the next key before 3.2.
        QCOMPARE(sealsAtLast, isNew && OpenSSL_version_num() >= 0x30200000L);
        if (isNew)
            QCOMPARE(QByteArray(SSL_get_cipher_name(client.ssl())), suite);
    }

    void clientsMayAskForNewKeysAtAnyTime()
    {
        const auto server = startServer();
        TlsClient client(connectTo(server->port()), {.name = "a.test", .caPem = m_ca.pem()});
        QVERIFY2(client.shakeHands(), client.error().c_str());
        for (int round = 0; round < 6; ++round) {
            QVERIFY(client.write(kGet + kGet));
            QVERIFY(client.readUntil("safe").ends_with("safe"));
            QVERIFY(client.readUntil("safe").ends_with("safe"));
            QCOMPARE(
                SSL_key_update(client.ssl(),
                               round % 2 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED),
                1);
        }
    }

    void moreConnectionsWriteThanHaveACipher()
    {
        const auto server = startServer();
        std::vector<std::unique_ptr<TlsClient>> clients;
        for (size_t i = 0; i < SealingCiphers::kSlots + 8; ++i) {
            clients.push_back(std::make_unique<TlsClient>(
                connectTo(server->port()),
                TlsClient::Options {.name = "a.test", .caPem = m_ca.pem()}));
            QVERIFY2(clients.back()->shakeHands(), clients.back()->error().c_str());
        }
        for (int round = 0; round < 3; ++round) {
            for (const auto &client : clients) {
                QVERIFY(client->write(kGet));
                QVERIFY(client->readUntil("safe").ends_with("safe"));
            }
        }
    }

private:
    std::unique_ptr<HttpUnderTest> startServer()
    {
        return std::make_unique<HttpUnderTest>(HttpUnderTest::Options {
            .routes = {makeRoute("/hello",
                                 [](Exchange &exchange) {
                                     exchange.respond({.status = 200, .headers = {}},
                                                      Chunk::constant("safe"));
                                 })},
            .tls = [this] {
                return contextsOf({endpoint("test", {}, m_ca.sign("a.test", "DNS:a.test"))});
            }});
    }

    const TestCa m_ca;
};

QTEST_GUILESS_MAIN(TestTlsRecords)
#include "tst_tls_records.moc"
