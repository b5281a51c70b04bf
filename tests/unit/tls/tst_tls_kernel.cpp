// SPDX-License-Identifier: Apache-2.0
// When the kernel is asked to make records, and what it is given. That it makes them well is seen
// where it has TLS: by tests/kernel-tls/run, on a kernel of Debian's.
#include "server/base/thread.h"
#include "server/tls/kernel_tls.h"
#include "server/tls/tls_loop.h"
#include "server/tls/tls_stream.h"
#include "tests/support/http_under_test.h"
#include "tests/support/tls_under_test.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fcntl.h>
#include <linux/tls.h>
#include <poll.h>
#include <sys/socket.h>

using namespace arc;

namespace {

/// As of a kernel that has all of it.
const KernelTls kClaimed {.ciphers = {true, true, true}, .obstacle = {}};

std::array<unsigned char, 32> someKey()
{
    std::array<unsigned char, 32> key {};
    std::iota(key.begin(), key.end(), static_cast<unsigned char>(1));
    return key;
}

constexpr std::array<unsigned char, KernelTlsKey::kNonceBytes> kIv {101, 102, 103, 104, 105, 106,
                                                                    107, 108, 109, 110, 111, 112};

template <class Info>
QByteArray expected(uint16_t type)
{
    Info info {};
    info.info = {.version = TLS_1_3_VERSION, .cipher_type = type};
    const auto key = someKey();
    std::memcpy(info.key, key.data(), sizeof info.key);
    std::memcpy(info.salt, kIv.data(), sizeof info.salt);
    std::memcpy(info.iv, kIv.data() + sizeof info.salt, sizeof info.iv);
    const unsigned char number[8] {0, 0, 0, 0, 0, 1, 2, 3};
    std::memcpy(info.rec_seq, number, sizeof number);
    return {reinterpret_cast<const char *>(&info), sizeof info};
}

QByteArray bytesOf(const KernelTlsKey &key)
{
    const auto bytes = key.bytes();
    return {reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size())};
}

const tls_crypto_info *infoOf(const QByteArray &bytes)
{
    return reinterpret_cast<const tls_crypto_info *>(bytes.constData());
}

/// A stream and its client, which says "one" after the handshake, and "two" with `asksForKey`.
struct Pair {
    LoopMetrics metrics;
    TlsLoop loop {metrics};
    const std::string listener = "tls";
    FileDescriptor socket;
    std::unique_ptr<TlsStream> stream;
    std::unique_ptr<TlsClient> client;

    Pair(const TestCa &ca, int version)
    {
        int ends[2] {};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return;
        socket = FileDescriptor(ends[0]);
        ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
        loop.use(contextsOf({endpoint("test", {}, ca.sign("a.test", "DNS:a.test"))}));
        loop.use(kClaimed);
        stream = std::make_unique<TlsStream>(loop, listener);
        client = std::make_unique<TlsClient>(
            FileDescriptor(ends[1]), TlsClient::Options {.name = "a.test", .version = version});
    }

    bool hear(std::string_view wanted, bool asksForKey)
    {
        Thread talker("client", [&] {
            if (!client->shakeHands())
                return;
            if (asksForKey)
                SSL_key_update(client->ssl(), SSL_KEY_UPDATE_REQUESTED);
            client->write(wanted);
        });
        std::vector<char> room(64 * 1024);
        std::string got;
        for (bool ended = false; !ended && got.size() < wanted.size();) {
            pollfd wait {.fd = socket.get(), .events = POLLIN, .revents = 0};
            ::poll(&wait, 1, 20000);
            const TlsStream::Received now = stream->receive(socket.get(), room);
            got.append(room.data(), now.bytes);
            ended = now.hasEnded || !wait.revents;
        }
        talker.join();
        return got == wanted;
    }
};

} // namespace

class TestTlsKernel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keysAreInTheKernelsForm_data()
    {
        QTest::addColumn<int>("cipher");
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("AES-128-GCM")
            << int(RecordCipher::Aes128)
            << expected<tls12_crypto_info_aes_gcm_128>(TLS_CIPHER_AES_GCM_128);
        QTest::newRow("AES-256-GCM")
            << int(RecordCipher::Aes256)
            << expected<tls12_crypto_info_aes_gcm_256>(TLS_CIPHER_AES_GCM_256);
        QTest::newRow("ChaCha20-Poly1305")
            << int(RecordCipher::ChaCha20)
            << expected<tls12_crypto_info_chacha20_poly1305>(TLS_CIPHER_CHACHA20_POLY1305);
    }
    void keysAreInTheKernelsForm()
    {
        QFETCH(int, cipher);
        QFETCH(QByteArray, bytes);
        const KernelTlsKey key(static_cast<RecordCipher>(cipher), someKey(), kIv, 0x010203);
        QCOMPARE(bytesOf(key).toHex(), bytes.toHex());
        // OpenSSL gives ours away in the same form, so it comes back as it was.
        SealingCiphers ciphers;
        const auto sealer = RecordSealer::make(ciphers, infoOf(bytes));
        QVERIFY(sealer);
        QCOMPARE(sealer->cipher(), static_cast<RecordCipher>(cipher));
        QCOMPARE(bytesOf(sealer->kernelKey()).toHex(), bytes.toHex());
    }

    void theKernelGoesOnWithTheNextRecord_data() { keysAreInTheKernelsForm_data(); }
    void theKernelGoesOnWithTheNextRecord()
    {
        QFETCH(QByteArray, bytes);
        SealingCiphers ciphers;
        const auto sealer = RecordSealer::make(ciphers, infoOf(bytes));
        QVERIFY(sealer);
        const std::string plain = "some text";
        const auto seal = [&plain](RecordSealer &by) {
            std::string record(plain.size() + RecordSealer::kOverhead, '\0');
            by.seal(RecordSealer::Type::Data, plain, record.data());
            return QByteArray::fromStdString(record).toHex();
        };
        const QByteArray first = seal(*sealer);
        for (int i = 0; i < 300; ++i) // over the end of a byte of the number
            seal(*sealer);
        const QByteArray now = bytesOf(sealer->kernelKey());
        QVERIFY(now != bytes);
        const auto other = RecordSealer::make(ciphers, infoOf(now));
        QVERIFY(other);
        const QByteArray next = seal(*sealer);
        QCOMPARE(seal(*other), next);
        QVERIFY(next != first);
    }

    void itIsSaidWhatTheKernelCanDoOrWhyNot()
    {
        const KernelTls found = tryKernelTls();
        QCOMPARE(found.isThere(), found.obstacle.empty());
        QCOMPARE(found.isThere(), !found.cipherList().empty());
        QCOMPARE(kClaimed.cipherList(), std::string("AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305"));
        QVERIFY(!KernelTls {}.isThere());
        for (const RecordCipher cipher :
             {RecordCipher::Aes128, RecordCipher::Aes256, RecordCipher::ChaCha20})
            QVERIFY(!KernelTls {}.knows(cipher));
    }

    void socketsThatAreNoTcpAreLeftAsTheyAre()
    {
        int ends[2] {};
        QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        const FileDescriptor one(ends[0]);
        const FileDescriptor other(ends[1]);
        const KernelTlsKey key(RecordCipher::Aes128, someKey(), kIv, 0);
        QVERIFY(!beginKernelTls(one.get(), key));
        QVERIFY(!beginKernelTls(-1, key));
        QCOMPARE(::send(one.get(), "plain", 5, 0), ssize_t {5});
        char room[8] {};
        QCOMPARE(::recv(other.get(), room, sizeof room, 0), ssize_t {5});
    }

    /// TLS 1.2; a client that asked for another key, which nobody else is told; before the
    /// handshake.
    void onlyStreamsWhoseKeyIsKnownMayMove_data()
    {
        QTest::addColumn<int>("version");
        QTest::addColumn<bool>("asksForKey");
        QTest::addColumn<bool>("may");
        QTest::newRow("TLS 1.3") << TLS1_3_VERSION << false << true;
        QTest::newRow("TLS 1.3, key update") << TLS1_3_VERSION << true << false;
        QTest::newRow("TLS 1.2") << TLS1_2_VERSION << false << false;
    }
    void onlyStreamsWhoseKeyIsKnownMayMove()
    {
        QFETCH(int, version);
        QFETCH(bool, asksForKey);
        QFETCH(bool, may);
        Pair pair(m_ca, version);
        QVERIFY(pair.stream && pair.stream->isValid());
        QVERIFY(!pair.stream->mayMoveToKernel());
        QVERIFY2(pair.hear("one", asksForKey), pair.client->error().c_str());
        QCOMPARE(pair.stream->mayMoveToKernel(), may);
        pair.loop.use(KernelTls {});
        QVERIFY(!pair.stream->mayMoveToKernel());
    }

    void aKernelThatRefusesIsAskedOnceAndTheStreamGoesOn()
    {
        Pair pair(m_ca, TLS1_3_VERSION);
        QVERIFY(pair.stream && pair.stream->isValid());
        QVERIFY2(pair.hear("one", false), pair.client->error().c_str());
        QVERIFY(pair.stream->write("before "));
        QCOMPARE(pair.stream->flush(pair.socket.get()), TlsStream::Flush::Done);
        QVERIFY(pair.stream->mayMoveToKernel());
        QVERIFY(!pair.stream->moveToKernel(pair.socket.get())); // a Unix socket
        QVERIFY(!pair.stream->mayMoveToKernel());
        QVERIFY(!pair.stream->isInKernel());
        QVERIFY(pair.stream->write("after"));
        pair.stream->endOutput();
        QCOMPARE(pair.stream->flush(pair.socket.get()), TlsStream::Flush::Done);
        ::shutdown(pair.socket.get(), SHUT_WR);
        QCOMPARE(pair.client->readAll(), std::string("before after"));
        QVERIFY(pair.client->endedCleanly());
        QCOMPARE(pair.metrics.kernelTlsConnections.read(), int64_t {0});
    }

    /// With a kernel that only claims to, or with one that does.
    void largeFilesArriveWhateverTheKernelCan_data()
    {
        QTest::addColumn<QString>("setting");
        QTest::newRow("auto") << "auto";
        QTest::newRow("off") << "off";
    }
    void largeFilesArriveWhateverTheKernelCan()
    {
        QFETCH(QString, setting);
        QTemporaryDir folder;
        const std::string content = patternBytes(0, 3'000'000);
        QFile file(folder.filePath("large"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(content.data(), qsizetype(content.size())), qint64(content.size()));
        file.close();
        const auto opened = std::make_shared<const FileDescriptor>(
            ::open(file.fileName().toUtf8().constData(), O_RDONLY | O_CLOEXEC));
        Settings settings;
        settings.tlsKernel = setting.toStdString();
        HttpUnderTest server(
            {.routes = {makeRoute("/large",
                                  [opened, size = content.size()](Exchange &exchange) {
                                      exchange.respond({.status = 200, .headers = {}},
                                                       Chunk::fromFile(opened, 0, size));
                                  }),
                        makeRoute("/small",
                                  [](Exchange &exchange) {
                                      exchange.respond({.status = 200, .headers = {}},
                                                       Chunk::constant("safe"));
                                  })},
             .settings = settings,
             .tls =
                 [this] {
                     return contextsOf({endpoint("test", {}, m_ca.sign("a.test", "DNS:a.test"))});
                 },
             .kernelTls = &kClaimed});
        TlsClient client(connectTo(server.port()), {.name = "a.test", .caPem = m_ca.pem()});
        QVERIFY2(client.shakeHands(), client.error().c_str());
        for (int round = 0; round < 3; ++round) {
            QVERIFY(client.write("GET /small HTTP/1.1\r\nHost: a.test\r\n\r\n"));
            QVERIFY(client.readUntil("safe").ends_with("safe"));
            QVERIFY(client.write("GET /large HTTP/1.1\r\nHost: a.test\r\n\r\n"));
            QVERIFY(client.readUntil("\r\n\r\n").ends_with("\r\n\r\n"));
            QVERIFY(client.read(content.size()) == content);
        }
        const bool isThere = setting == "auto" && tryKernelTls().isThere();
        QCOMPARE(server.loopMetrics().kernelTlsConnections.read(), int64_t {isThere});
        QCOMPARE(server.loopMetrics().kernelTlsBytes.read() > 9'000'000, isThere);
    }

private:
    const TestCa m_ca;
};

QTEST_GUILESS_MAIN(TestTlsKernel)
#include "tst_tls_kernel.moc"
