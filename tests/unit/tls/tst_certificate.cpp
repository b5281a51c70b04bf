// SPDX-License-Identifier: Apache-2.0
#include "server/tls/certificate.h"
#include "tests/support/tls_under_test.h"

#include <QtTest>

#include <ctime>

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace arc;

namespace {

/// Self-signed, of any key.
std::string selfSigned(EVP_PKEY *key, const std::string &names = "DNS:a.test",
                       std::vector<std::pair<int, std::string>> extensions = {})
{
    CertificatePlan plan {.commonName = "a.test",
                          .nowUnix = ::time(nullptr),
                          .days = 10,
                          .extensions = std::move(extensions)};
    if (!names.empty())
        plan.extensions.push_back({NID_subject_alt_name, names});
    return certificatePem(signCertificate(plan, key, nullptr, nullptr).value().get());
}

/// P-256 with its parameters spelt out instead of its name.
KeyPtr spelledOutKey()
{
    KeyPtr key = std::move(makeEcKey().value());
    if (EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING,
                                       OSSL_PKEY_EC_ENCODING_EXPLICIT)
        != 1)
        qFatal("no explicit parameters");
    return key;
}

/// A leaf with an issuer of its own key.
std::string chainOf(EVP_PKEY *issuerKey)
{
    const CertificatePlan plan {.commonName = "weak CA",
                                .nowUnix = ::time(nullptr),
                                .days = 10,
                                .extensions = {{NID_basic_constraints, "critical,CA:TRUE"}}};
    const X509Ptr issuer = std::move(signCertificate(plan, issuerKey, nullptr, nullptr).value());
    const KeyPtr key = std::move(makeEcKey().value());
    const CertificatePlan leaf {.commonName = "a.test",
                                .nowUnix = ::time(nullptr),
                                .days = 10,
                                .extensions = {{NID_subject_alt_name, "DNS:a.test"}}};
    return certificatePem(signCertificate(leaf, key.get(), issuer.get(), issuerKey).value().get())
        + certificatePem(issuer.get());
}

} // namespace

class TestCertificate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void factsAreReadFromAChain()
    {
        const TestCa ca;
        const auto identity = ca.sign("one", "DNS:A.test,DNS:*.b.test,IP:127.0.0.1,IP:::1");
        const auto facts = readCertificate(identity->chainPem + ca.pem());
        QVERIFY2(facts, facts ? "" : facts.error().message().c_str());
        const std::vector<std::string> names {"a.test", "*.b.test", "127.0.0.1", "::1"};
        QCOMPARE(facts->names, names);
        QCOMPARE(facts->issuer, std::string("Test CA"));
        QCOMPARE(facts->keyType, std::string("EC P-256"));
        QCOMPARE(facts->fingerprint.size(), size_t {64});
        QVERIFY(facts->notAfterUnix > ::time(nullptr) + 29 * 86400);
        QCOMPARE(publicKeyIdOf(identity->keyPem).value(), facts->publicKeyId);
        QVERIFY(checkKey(identity->chainPem, identity->keyPem));
    }

    void whatClientsWouldRefuseIsRefusedWithOneSentence_data()
    {
        QTest::addColumn<std::string>("chain");
        QTest::addColumn<QString>("says");
        const TestCa ca;
        const TestCa other;
        const KeyPtr weakRsa(EVP_RSA_gen(1024));
        const KeyPtr weakEc(EVP_EC_gen("P-192"));
        const KeyPtr good = std::move(makeEcKey().value());
        const auto one = ca.sign("one", "DNS:a.test");
        QTest::newRow("nothing") << std::string() << "no certificate in it";
        QTest::newRow("a key instead") << one->keyPem << "no certificate in it";
        QTest::newRow("text") << std::string("hello") << "no certificate in it";
        QTest::newRow("short RSA key") << selfSigned(weakRsa.get()) << "has 1024 bits";
        QTest::newRow("short curve") << selfSigned(weakEc.get()) << "none that TLS clients take";
        QTest::newRow("no name") << selfSigned(good.get(), {}) << "names no host";
        QTest::newRow("foreign chain") << one->chainPem + other.pem() << "did not sign";
        QTest::newRow("wrong order") << ca.pem() + one->chainPem << "did not sign";
        QTest::newRow("cut") << one->chainPem.substr(0, one->chainPem.size() / 2)
                             << "no certificate";
        QTest::newRow("cut behind a whole one")
            << one->chainPem + ca.pem().substr(0, ca.pem().size() / 2) << "damaged";
        QTest::newRow("too long") << std::string(kPemBytesMax + 1, 'x') << "longer than 128 KiB";
        const KeyPtr coin(EVP_EC_gen("secp256k1"));
        const KeyPtr spelled = spelledOutKey();
        QTest::newRow("curve without a signature") << selfSigned(coin.get()) << "secp256k1";
        QTest::newRow("curve spelt out") << selfSigned(spelled.get()) << "not named";
        QTest::newRow("a client's")
            << selfSigned(good.get(), "DNS:a.test", {{NID_ext_key_usage, "clientAuth"}})
            << "not made for a server";
        QTest::newRow("of usages without signatures")
            << selfSigned(good.get(), "DNS:a.test", {{NID_key_usage, "keyEncipherment"}})
            << "not made for a server";
        QTest::newRow("weak issuer")
            << chainOf(weakRsa.get()) << "certificate 2 of the chain: its RSA key has 1024 bits";
        std::string many;
        for (size_t i = 0; i <= kChainLengthMax; ++i)
            many += ca.pem();
        QTest::newRow("too many") << many << "more than 10 certificates";
    }

    void whatClientsWouldRefuseIsRefusedWithOneSentence()
    {
        QFETCH(std::string, chain);
        QFETCH(QString, says);
        const auto facts = readCertificate(chain);
        QVERIFY(!facts);
        const QString message = QString::fromStdString(facts.error().message());
        QVERIFY2(message.contains(says), qPrintable(message));
    }

    void aKeyOfAnotherCertificateIsRefused()
    {
        const TestCa ca;
        const auto one = ca.sign("one", "DNS:a.test");
        const auto two = ca.sign("two", "DNS:a.test");
        QCOMPARE(checkKey(one->chainPem, two->keyPem).error().message(),
                 std::string("the private key belongs to another certificate; give the one made "
                             "with this certificate"));
        QVERIFY(!checkKey(one->chainPem, one->chainPem));
        QVERIFY(!checkKey(one->chainPem, ""));
        QVERIFY(!checkKey(one->chainPem, one->keyPem.substr(0, 80)));
    }

    void aKeyWithAPassphraseIsRefusedWithTheWayOut()
    {
        const KeyPtr key = std::move(makeEcKey().value());
        const BioPtr text(BIO_new(BIO_s_mem()));
        PEM_write_bio_PrivateKey(text.get(), key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr,
                                 const_cast<char *>("secret"));
        const auto checked = checkKey(selfSigned(key.get()), takeOpenSslText(text.get()));
        QVERIFY(!checked);
        QVERIFY(checked.error().message().find("has a passphrase") != std::string::npos);
    }

    void aPassphraseOpensItsKey_data()
    {
        QTest::addColumn<bool>("isOld"); // the form from before PKCS 8
        QTest::newRow("PKCS 8") << false;
        QTest::newRow("older") << true;
    }
    void aPassphraseOpensItsKey()
    {
        QFETCH(bool, isOld);
        const KeyPtr key = std::move(makeEcKey().value());
        const BioPtr text(BIO_new(BIO_s_mem()));
        char *phrase = const_cast<char *>("open sesame");
        QCOMPARE((isOld ? PEM_write_bio_PrivateKey_traditional : PEM_write_bio_PrivateKey)(
                     text.get(), key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr, phrase),
                 1);
        const std::string locked = takeOpenSslText(text.get());
        const std::string chain = selfSigned(key.get());
        auto opened = openKey(locked, "open sesame");
        QVERIFY(opened);
        QVERIFY(checkKey(chain, opened->pem));
        QVERIFY(!openKey(locked, ""));
        QVERIFY(!openKey(locked, "open"));
        QVERIFY(!openKey(locked, std::string(100'000, 'x')));
        QVERIFY(!openKey(locked.substr(0, locked.size() / 2), "open sesame"));
        // One that is open stays as it is, whatever is said.
        QCOMPARE(openKey(opened->pem, "anything")->pem, opened->pem);
    }

    void aChainIsDescribedEvenWhenItIsRefused()
    {
        const TestCa ca("Test CA");
        const auto leaf = ca.sign("one", "DNS:a.test,DNS:b.test");
        const auto two = describeChain(leaf->chainPem + ca.pem());
        QCOMPARE(two.size(), size_t {2});
        QCOMPARE(two[0].names, (std::vector<std::string> {"a.test", "b.test"}));
        QCOMPARE(two[0].issuer, std::string("Test CA"));
        QCOMPARE(two[1].subject, std::string("Test CA"));
        QCOMPARE(two[0].fingerprint, readCertificate(leaf->chainPem)->fingerprint);
        QVERIFY(!readCertificate(ca.pem() + leaf->chainPem)); // the wrong way round
        QCOMPARE(describeChain(ca.pem() + leaf->chainPem).size(), size_t {2});
        QVERIFY(describeChain("nothing").empty());
    }

    void nobodyIsAskedForAPassphrase()
    {
        // A certificate can claim to be encrypted as well; OpenSSL then reads standard input.
        std::string claims = selfSigned(makeEcKey().value().get());
        claims.insert(claims.find('\n') + 1,
                      "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
                      "00112233445566778899AABBCCDDEEFF\n\n");
        int ends[2] {};
        QCOMPARE(::pipe(ends), 0);
        const int before = ::dup(STDIN_FILENO);
        QCOMPARE(::dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
        QCOMPARE(::write(ends[1], "secret\nsecret\n", 14), ssize_t {14});
        ::close(ends[1]);
        QVERIFY(!readCertificate(claims));
        int waiting = 0;
        QCOMPARE(::ioctl(ends[0], FIONREAD, &waiting), 0);
        ::dup2(before, STDIN_FILENO);
        ::close(before);
        ::close(ends[0]);
        QCOMPARE(waiting, 14);
    }

    void aKeyMayStandBelowANote()
    {
        const auto one = TestCa().sign("one", "DNS:a.test");
        QVERIFY(checkKey(one->chainPem, "# was ENCRYPTED once\n" + one->keyPem));
    }

    void namesCoverAsBrowsersTakeThem_data()
    {
        QTest::addColumn<std::string>("pattern");
        QTest::addColumn<std::string>("host");
        QTest::addColumn<bool>("covers");
        const auto row = [](const char *pattern, const char *host, bool covers) {
            QTest::addRow("%s %s", pattern, host)
                << std::string(pattern) << std::string(host) << covers;
        };
        row("a.test", "a.test", true);
        row("a.test", "b.a.test", false);
        row("*.a.test", "b.a.test", true);
        row("*.a.test", "a.test", false);
        row("*.a.test", "c.b.a.test", false);
        row("*.a.test", ".a.test", false);
        row("*.a.test", "", false);
        row("127.0.0.1", "127.0.0.1", true);
    }

    void namesCoverAsBrowsersTakeThem()
    {
        QFETCH(std::string, pattern);
        QFETCH(std::string, host);
        QFETCH(bool, covers);
        QCOMPARE(nameCovers(pattern, host), covers);
    }
};

QTEST_GUILESS_MAIN(TestCertificate)
#include "tst_certificate.moc"
