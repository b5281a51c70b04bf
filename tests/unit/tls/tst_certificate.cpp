// SPDX-License-Identifier: Apache-2.0
#include "server/tls/certificate.h"
#include "tests/support/tls_under_test.h"

#include <QtTest>

#include <ctime>

#include <openssl/pem.h>
#include <openssl/rsa.h>

using namespace arc;

namespace {

/// Self-signed, of any key.
std::string selfSigned(EVP_PKEY *key, const std::string &names = "DNS:a.test")
{
    CertificatePlan plan {.commonName = "a.test", .nowUnix = ::time(nullptr), .days = 10};
    if (!names.empty())
        plan.extensions.push_back({NID_subject_alt_name, names});
    return certificatePem(signCertificate(plan, key, nullptr, nullptr).value().get());
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
        QTest::newRow("short curve") << selfSigned(weakEc.get()) << "curve has 192 bits";
        QTest::newRow("no name") << selfSigned(good.get(), {}) << "names no host";
        QTest::newRow("foreign chain") << one->chainPem + other.pem() << "did not sign";
        QTest::newRow("wrong order") << ca.pem() + one->chainPem << "did not sign";
        QTest::newRow("cut") << one->chainPem.substr(0, one->chainPem.size() / 2)
                             << "no certificate";
        QTest::newRow("cut behind a whole one")
            << one->chainPem + ca.pem().substr(0, ca.pem().size() / 2) << "damaged";
        QTest::newRow("too long") << std::string(kPemBytesMax + 1, 'x') << "longer than 128 KiB";
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
