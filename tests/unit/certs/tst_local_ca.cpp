// SPDX-License-Identifier: Apache-2.0
#include "server/certs/key_vault.h"
#include "server/certs/local_ca.h"
#include "server/secrets/files.h"
#include "tests/support/tls_under_test.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include <array>
#include <ctime>

#include <openssl/pem.h>
#include <sys/stat.h>

using namespace arc;

namespace {

const std::string kId(64, 'a');

std::string readAll(const std::string &path)
{
    return readSmallFile(path, 1 << 20).value();
}

/// Whether a chain is good for a name in the eyes of a client that trusts `root`.
bool isTrusted(const std::string &chainPem, const std::string &rootPem, const std::string &name)
{
    const BioPtr text = bioOver(chainPem);
    const X509Ptr leaf(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    STACK_OF(X509) *chain = sk_X509_new_null();
    while (X509 *next = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr))
        sk_X509_push(chain, next);
    const BioPtr rootText = bioOver(rootPem);
    const X509Ptr root(PEM_read_bio_X509(rootText.get(), nullptr, nullptr, nullptr));
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, root.get());
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, leaf.get(), chain);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) != 1)
        X509_VERIFY_PARAM_set1_host(param, name.c_str(), name.size());
    const bool good = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_pop_free(chain, X509_free);
    return good;
}

} // namespace

class TestLocalCa : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void aKeyComesBackAndIsNowhereInTheClear()
    {
        KeyVault vault = KeyVault::open(path()).value();
        QVERIFY(!vault.has(kId));
        QVERIFY(vault.put(kId, "the private key"));
        QVERIFY(vault.has(kId));
        QCOMPARE(vault.get(kId).value(), std::string("the private key"));
        const std::string file = path() + "/keys/" + kId + ".key";
        QVERIFY(readAll(file).find("private") == std::string::npos);
        struct stat info { };
        QCOMPARE(::stat(file.c_str(), &info), 0);
        QCOMPARE(info.st_mode & 0777, mode_t {0600});
        QCOMPARE(::stat((path() + "/secret.key").c_str(), &info), 0);
        QCOMPARE(info.st_mode & 0777, mode_t {0600});
        QCOMPARE(KeyVault::open(path()).value().get(kId).value(), std::string("the private key"));
    }

    void aKeyThatWasTouchedIsRefused()
    {
        KeyVault vault = KeyVault::open(path()).value();
        QVERIFY(vault.put(kId, "the private key"));
        const std::string file = path() + "/keys/" + kId + ".key";
        const std::string sealed = readAll(file);
        for (size_t at = 0; at < sealed.size(); ++at) {
            std::string changed = sealed;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            QVERIFY(replaceFile(file, changed, 0600));
            QVERIFY2(!vault.get(kId), std::to_string(at).c_str());
        }
        for (size_t size = 0; size < sealed.size(); ++size) {
            QVERIFY(replaceFile(file, sealed.substr(0, size), 0600));
            QVERIFY2(!vault.get(kId), std::to_string(size).c_str());
        }
        // Under another name: the files cannot be swapped.
        const std::string other(64, 'b');
        QVERIFY(replaceFile(path() + "/keys/" + other + ".key", sealed, 0600));
        QVERIFY(!vault.get(other));
    }

    void badNamesAndForeignSecretsAreRefused()
    {
        KeyVault vault = KeyVault::open(path()).value();
        for (const std::string &id :
             {std::string("../../etc/passwd"), std::string(), std::string(63, 'a'),
              std::string(64, 'A'), std::string(64, '/')}) {
            QVERIFY(!vault.put(id, "x"));
            QVERIFY(!vault.get(id));
            QVERIFY(!vault.has(id));
        }
        QVERIFY(!vault.put(kId, ""));
        QVERIFY(!vault.put(kId, std::string(KeyVault::kKeyBytesMax + 1, 'x')));
        QVERIFY(vault.put(kId, "x"));
        QVERIFY(replaceFile(path() + "/secret.key", std::string(32, 's'), 0600));
        const auto foreign = KeyVault::open(path()).value().get(kId);
        QVERIFY(!foreign);
        QVERIFY(foreign.error().message().find("secret.key") != std::string::npos);
    }

    void aSecretThatOthersCanReadIsRefused()
    {
        QVERIFY(KeyVault::open(path()));
        ::chmod((path() + "/secret.key").c_str(), 0640);
        const auto opened = KeyVault::open(path());
        QVERIFY(!opened);
        QVERIFY(opened.error().message().find("chmod 600") != std::string::npos);
        ::chmod((path() + "/secret.key").c_str(), 0600);
        QVERIFY(replaceFile(path() + "/secret.key", "short", 0600));
        QVERIFY(!KeyVault::open(path()));
    }

    void theLocalCaSignsOnlyWhatItMay()
    {
        KeyVault vault = KeyVault::open(path()).value();
        const LocalCa ca = LocalCa::open(path(), vault, "box", ::time(nullptr)).value();
        for (const char *name : {"localhost", "shop.localhost", "a.b.localhost", "127.0.0.1",
                                 "127.1.2.3", "::1", "box", "shop.box"})
            QVERIFY2(ca.permits(name), name);
        for (const char *name :
             {"example.org", "*.localhost", "localhost.example.org", "xlocalhost", "10.0.0.1",
              "::2", "", ".localhost", "a b.localhost", "notbox"})
            QVERIFY2(!ca.permits(name), name);
        QVERIFY(!ca.sign({}, ::time(nullptr)));
        QVERIFY(!ca.sign({"localhost", "example.org"}, ::time(nullptr)));

        const std::vector<std::string> names {"shop.localhost", "127.0.0.1", "::1", "box"};
        const auto leaf = ca.sign(names, ::time(nullptr)).value();
        for (const std::string &name : names)
            QVERIFY2(isTrusted(leaf->chainPem, ca.rootPem(), name), name.c_str());
        QVERIFY(!isTrusted(leaf->chainPem, ca.rootPem(), "other.localhost"));
        QVERIFY(checkKey(leaf->chainPem, leaf->keyPem));
        const auto facts = readCertificate(leaf->chainPem).value();
        QCOMPARE(facts.names, names);
    }

    void theIntermediateBindsWhoeverStealsItsKey()
    {
        // What a thief could sign with the intermediate's key: clients must refuse it.
        KeyVault vault = KeyVault::open(path()).value();
        QVERIFY(LocalCa::open(path(), vault, "box", ::time(nullptr)));
        const std::string intermediate = readAll(path() + "/ca/intermediate.pem");
        const std::string root = readAll(path() + "/ca/root.pem");
        const BioPtr text = bioOver(intermediate);
        const X509Ptr issuer(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
        const QStringList files = QDir(m_dir->filePath("keys")).entryList(QDir::Files);
        QCOMPARE(files.size(), 1); // the root's key was never stored
        const std::string pem = vault.get(files.first().left(64).toStdString()).value();
        const BioPtr keyText = bioOver(pem);
        const KeyPtr stolen(PEM_read_bio_PrivateKey(keyText.get(), nullptr, nullptr, nullptr));
        const KeyPtr key = std::move(makeEcKey().value());
        const auto forge = [&](const std::string &names) {
            return certificatePem(signCertificate({.commonName = "forged",
                                                   .nowUnix = ::time(nullptr),
                                                   .days = 10,
                                                   .extensions = {{NID_subject_alt_name, names}}},
                                                  key.get(), issuer.get(), stolen.get())
                                      .value()
                                      .get())
                + intermediate;
        };
        QVERIFY(isTrusted(forge("DNS:shop.localhost"), root, "shop.localhost"));
        QVERIFY(!isTrusted(forge("DNS:example.org"), root, "example.org"));
        QVERIFY(!isTrusted(forge("DNS:shop.localhost,DNS:example.org"), root, "example.org"));
        QVERIFY(!isTrusted(forge("IP:10.0.0.1"), root, "10.0.0.1"));
    }

    void theSameCaComesBackUntilItMustNot()
    {
        KeyVault vault = KeyVault::open(path()).value();
        const int64_t now = ::time(nullptr);
        const std::string first = LocalCa::open(path(), vault, "box", now).value().rootPem();
        QCOMPARE(LocalCa::open(path(), vault, "box", now).value().rootPem(), first);
        QVERIFY(LocalCa::open(path(), vault, "other", now).value().rootPem() != first);
        const std::string second = LocalCa::open(path(), vault, "other", now).value().rootPem();
        const int64_t late = now + int64_t {86400} * (LocalCa::kCaDays - LocalCa::kLeafDays);
        QVERIFY(LocalCa::open(path(), vault, "other", late).value().rootPem() != second);
        // Half an authority, as a kill between two files leaves it, is none.
        QVERIFY(QFile::remove(m_dir->filePath("ca/root.pem")));
        const LocalCa whole = LocalCa::open(path(), vault, "other", now).value();
        QVERIFY(isTrusted(whole.sign({"localhost"}, now).value()->chainPem, whole.rootPem(),
                          "localhost"));
    }

    void whatAKillLeavesWhileTheCaIsMadeAnewIsNoCa()
    {
        // The files are written one after another: some of each authority, in every combination.
        const int64_t now = ::time(nullptr);
        KeyVault vault = KeyVault::open(path()).value();
        const std::array<std::string, 3> names {"intermediate.pem", "host", "root.pem"};
        QVERIFY(LocalCa::open(path(), vault, "box", now));
        std::array<std::string, 3> before;
        for (size_t i = 0; i < names.size(); ++i)
            before[i] = readAll(path() + "/ca/" + names[i]);
        for (size_t written = 0; written < names.size(); ++written) {
            QVERIFY(LocalCa::open(path(), vault, "other", now));
            for (size_t i = written; i < names.size(); ++i)
                QVERIFY(replaceFile(path() + "/ca/" + names[i], before[i], 0644));
            const LocalCa ca = LocalCa::open(path(), vault, "other", now).value();
            const auto leaf = ca.sign({"other"}, now).value();
            QVERIFY2(isTrusted(leaf->chainPem, ca.rootPem(), "other"), names[written].c_str());
            QVERIFY(isTrusted(leaf->chainPem, readAll(ca.rootPath()), "other"));
        }
        for (const std::string &name : names) { // files that hold something else
            QVERIFY(replaceFile(path() + "/ca/" + name, "nothing of the kind", 0644));
            const LocalCa ca = LocalCa::open(path(), vault, "other", now).value();
            QVERIFY(isTrusted(ca.sign({"other"}, now).value()->chainPem, ca.rootPem(), "other"));
        }
    }

    void aLostKeyMakesAnotherCa()
    {
        const int64_t now = ::time(nullptr);
        std::string root;
        {
            KeyVault vault = KeyVault::open(path()).value();
            root = LocalCa::open(path(), vault, "box", now).value().rootPem();
        }
        QVERIFY(QDir(m_dir->filePath("keys")).removeRecursively());
        KeyVault vault = KeyVault::open(path()).value();
        const std::string second = LocalCa::open(path(), vault, "box", now).value().rootPem();
        QVERIFY(second != root);
        QVERIFY(QFile::remove(m_dir->filePath("secret.key")));
        KeyVault other = KeyVault::open(path()).value();
        const LocalCa third = LocalCa::open(path(), other, "box", now).value();
        QVERIFY(third.rootPem() != second);
        QVERIFY(isTrusted(third.sign({"box"}, now).value()->chainPem, third.rootPem(), "box"));
        // One that only cannot be read now is not replaced: browsers trust it.
        const QStringList files = QDir(m_dir->filePath("keys")).entryList(QDir::Files);
        for (const QString &file : files) {
            QVERIFY(QFile::remove(m_dir->filePath("keys/" + file)));
            QVERIFY(QDir().mkdir(m_dir->filePath("keys/" + file)));
        }
        const auto unread = LocalCa::open(path(), other, "box", now);
        QVERIFY(!unread);
        QCOMPARE(unread.error().code(), ErrorCode::DataDir);
        QCOMPARE(readAll(third.rootPath()), third.rootPem());
    }

private:
    std::string path() const { return m_dir->path().toStdString(); }
    std::unique_ptr<QTemporaryDir> m_dir;
};

QTEST_GUILESS_MAIN(TestLocalCa)
#include "tst_local_ca.moc"
