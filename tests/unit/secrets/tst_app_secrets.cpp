// SPDX-License-Identifier: Apache-2.0
// Secrets of apps at rest: sealed for one app and name, opened with the right key only.
#include "server/config/variables.h"
#include "server/secrets/app_secrets.h"
#include "server/secrets/secret_key.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <sys/stat.h>

using namespace arc;

namespace {

Document withSecrets(std::map<std::string, std::string> secrets)
{
    return {.apps = {{.id = "shop", .secrets = std::move(secrets)}}};
}

} // namespace

class TestAppSecrets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void whatIsSealedOpensAgain_data()
    {
        QTest::addColumn<QByteArray>("value");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("one byte") << QByteArray("x");
        QTest::newRow("two bytes") << QByteArray("xy");
        QTest::newRow("three bytes") << QByteArray("xyz");
        QTest::newRow("lines and letters") << QByteArray("värde\n\"'$=");
        QTest::newRow("the longest") << QByteArray(qsizetype(kVariableBytesMax) - 3, 'x');
    }
    void whatIsSealedOpensAgain()
    {
        QFETCH(QByteArray, value);
        const Document sealed = seal(withSecrets({{"K", value.toStdString()}}));
        const std::string &text = sealed.apps[0].secrets.at("K");
        QVERIFY(isSealed(text));
        QCOMPARE(sealedBytes(text).value(), size_t(value.size()));
        QVERIFY(value.size() < 3 || text.find(value.toStdString()) == std::string::npos);
        QCOMPARE(openAppSecrets(sealed.apps[0], path()).value().at("K"), value.toStdString());
    }

    void whatIsThereAlreadyIsNotSealedAnew()
    {
        const Document stored = seal(withSecrets({{"A", "one"}, {"B", "two"}}));
        const Document same = seal(withSecrets({{"A", "one"}, {"B", "other"}}), stored);
        QCOMPARE(same.apps[0].secrets.at("A"), stored.apps[0].secrets.at("A"));
        QVERIFY(same.apps[0].secrets.at("B") != stored.apps[0].secrets.at("B"));
        QCOMPARE(seal(stored, stored), stored);
        // Two of one value tell nobody that they are.
        const Document twice = seal(withSecrets({{"A", "one"}, {"B", "one"}}));
        QVERIFY(twice.apps[0].secrets.at("A") != twice.apps[0].secrets.at("B"));
    }

    void aSealedValueOpensForItsAppAndNameOnly()
    {
        const Document sealed = seal(withSecrets({{"A", "one"}}));
        AppConfig renamed {.id = "shop", .secrets = {{"B", sealed.apps[0].secrets.at("A")}}};
        QVERIFY(!openAppSecrets(renamed, path()));
        AppConfig moved {.id = "blog", .secrets = sealed.apps[0].secrets};
        QVERIFY(!openAppSecrets(moved, path()));
    }

    void aChangedByteIsNoticed()
    {
        const Document sealed = seal(withSecrets({{"A", "one"}}));
        const std::string whole = sealed.apps[0].secrets.at("A");
        for (size_t at = kSealedPrefix.size(); at < whole.size(); ++at) {
            AppConfig app = sealed.apps[0];
            std::string &text = app.secrets.at("A");
            text[at] = text[at] == 'A' ? 'Q' : 'A';
            if (text != whole)
                QVERIFY2(!openAppSecrets(app, path()), std::to_string(at).c_str());
            text = whole.substr(0, at);
            QVERIFY2(!openAppSecrets(app, path()), std::to_string(at).c_str());
        }
    }

    void withoutTheKeyTheSentenceSaysWhatToDo()
    {
        const Document sealed = seal(withSecrets({{"A", "one"}, {"B", "two"}}));
        const std::string key = SecretKey::pathIn(path());
        QVERIFY(QFile::remove(QString::fromStdString(key)));
        const auto missing = openAppSecrets(sealed.apps[0], path());
        QCOMPARE(missing.error().message(),
                 "the secrets A, B of app shop cannot be opened, because " + key
                     + " is missing; put the file back from a backup, or set the values again "
                       "with: arcology ctl app env set shop A B --secret");
        QVERIFY(!QFile::exists(QString::fromStdString(key))); // nothing was made up
        // Another key: what was sealed with it opens, the others are named.
        Document mixed = seal(withSecrets({{"B", "three"}}));
        mixed.apps[0].secrets.emplace("A", sealed.apps[0].secrets.at("A"));
        const auto foreign = openAppSecrets(mixed.apps[0], path());
        QVERIFY2(foreign.error().message().starts_with(
                     "the secret A of app shop cannot be opened, because " + key
                     + " is not the key that sealed it; put the file back from a backup, or set "
                       "the value again"),
                 foreign.error().message().c_str());
        ::chmod(key.c_str(), 0644);
        QCOMPARE(openAppSecrets(mixed.apps[0], path()).error().message(),
                 key + " can be read by others; run: chmod 600 " + key);
        QVERIFY(openAppSecrets({.id = "plain"}, path())); // nothing to open needs no key
    }

    void whatNoVariableCanBeIsRefused()
    {
        const auto refused = [&](std::string value) {
            const auto sealed = sealAppSecrets(withSecrets({{"A", std::move(value)}}), {}, path());
            return sealed ? std::string() : sealed.error().message();
        };
        QCOMPARE(refused(std::string("a\0b", 3)),
                 std::string("apps[0].secrets.A: contains a NUL character"));
        QVERIFY(refused(std::string(kVariableBytesMax - 2, 'x')).find("131072 bytes")
                != std::string::npos);
        QCOMPARE(refused(std::string(kVariableBytesMax - 3, 'x')), std::string());
        QCOMPARE(refused("sealed:no"), std::string()); // validate() refuses it, by its form
    }

private:
    std::string path() const { return m_dir->path().toStdString(); }
    Document seal(Document next, const Document &current = {}) const
    {
        return sealAppSecrets(std::move(next), current, path()).value();
    }

    std::unique_ptr<QTemporaryDir> m_dir;
};

QTEST_GUILESS_MAIN(TestAppSecrets)
#include "tst_app_secrets.moc"
