// SPDX-License-Identifier: Apache-2.0
// Certificates as the table tells them, and PEM as people give it.
#include "gui/models/certificates_model.h"
#include "gui/models/pem_parts.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace arc;

namespace {

constexpr int64_t kNow = 1'800'000'000;
constexpr int64_t kDay = 86400;

std::string block(const std::string &label, const std::string &inside = "AAAA")
{
    return "-----BEGIN " + label + "-----\n" + inside + "\n-----END " + label + "-----\n";
}

} // namespace

class TestCertificateModels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theEndIsToldInWords_data()
    {
        QTest::addColumn<qlonglong>("from");
        QTest::addColumn<qlonglong>("until");
        QTest::addColumn<QString>("fault");
        QTest::addColumn<QString>("state");
        QTest::addColumn<QString>("words");
        const auto row = [](const char *name, int64_t left, const char *state, const char *words,
                            const char *fault = "", int64_t from = -kDay) {
            QTest::newRow(name) << qlonglong(kNow + from) << qlonglong(kNow + left)
                                << QString::fromLatin1(fault) << QString::fromLatin1(state)
                                << QString::fromLatin1(words);
        };
        row("far", 89 * kDay, "valid", "in 89 day(s)");
        row("most of a day more", 89 * kDay + 23 * 3600, "valid", "in 90 day(s)");
        row("a day more than soon", 15 * kDay, "valid", "in 15 day(s)");
        row("soon", 14 * kDay, "expiring", "in 14 day(s)");
        row("hours", 5 * 3600 + 10, "expiring", "in 5 hour(s)");
        row("now", 0, "expired", "in 0 hour(s)");
        row("yesterday", -30 * 3600, "expired", "30 hour(s) ago");
        row("long ago", -400 * kDay, "expired", "400 day(s) ago");
        row("not begun", 89 * kDay, "early", "in 89 day(s)", "", kDay);
        row("broken", 89 * kDay, "broken", "in 89 day(s)", "its private key is not here");
        row("broken and ended", -3 * kDay, "broken", "3 day(s) ago", "x");
    }
    void theEndIsToldInWords()
    {
        QFETCH(qlonglong, from);
        QFETCH(qlonglong, until);
        QFETCH(QString, fault);
        QFETCH(QString, state);
        QFETCH(QString, words);
        CertificateRow row;
        row.nowUnix = kNow;
        row.view.notBeforeUnix = from;
        row.view.notAfterUnix = until;
        row.view.fault = fault.toStdString();
        QCOMPARE(certificateState(row), state);
        // No translation is installed here, so the plural's source text is what is seen.
        QCOMPARE(certificateEnd(row).replace(QLatin1String("(s)"), QString()),
                 QString(words).replace(QLatin1String("(s)"), QString()));
    }

    void theTableSurvivesTheModelTester()
    {
        CertificatesModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
        api::CertificateView one {.id = "shop", .source = "import", .names = {"a", "b"}};
        api::CertificateView two {.id = "local", .source = "local", .usedBy = {"shop"}};
        two.listeners = {"https"};
        model.update({one, two}, kNow * 1000);
        QCOMPARE(model.rowCount(), 2);
        const auto text = [&](int row, int column) {
            return model.index(row, column).data().toString();
        };
        QCOMPARE(text(0, CertificatesModel::Names), QString("a, b"));
        QCOMPARE(text(0, CertificatesModel::UsedBy), QString::fromUtf8("–"));
        QCOMPARE(text(0, CertificatesModel::Ends), QString::fromUtf8("–"));
        QCOMPARE(text(1, CertificatesModel::UsedBy), QString("shop, other names on https"));
        model.update({two}, kNow * 1000);
        QCOMPARE(model.rowCount(), 1);
        QVERIFY(!model.data(model.index(5, 5), Qt::DisplayRole).isValid());
    }

    void fingerprintsHaveColons()
    {
        QCOMPARE(fingerprintText("ab12cd"), QString("AB:12:CD"));
        QCOMPARE(fingerprintText(""), QString());
    }

    void partsComeInAnyOrderAndNumber()
    {
        PemParts parts;
        QCOMPARE(parts.add(block("PRIVATE KEY"), "shop.key"), QString());
        QVERIFY(!parts.isComplete());
        QCOMPARE(parts.add("Bag Attributes\n" + block("CERTIFICATE", "one"), "shop.crt"),
                 QString());
        QVERIFY(parts.isComplete());
        QCOMPARE(parts.add(block("CERTIFICATE", "two"), "chain.crt"), QString());
        QCOMPARE(parts.certificates(), 2);
        QCOMPARE(parts.chain(), block("CERTIFICATE", "one") + block("CERTIFICATE", "two"));
        QCOMPARE(parts.chainOrigin(), QString("shop.crt, chain.crt"));
        QCOMPARE(parts.key(), block("PRIVATE KEY"));
        QCOMPARE(parts.add(block("EC PRIVATE KEY", "other"), "b.key"), QString());
        QCOMPARE(parts.key(), block("EC PRIVATE KEY", "other"));
        QCOMPARE(parts.keyOrigin(), QString("b.key"));
        QVERIFY(!parts.keyHasPassphrase());
        parts.clear();
        QVERIFY(!parts.hasKey() && parts.chain().empty() && parts.chainOrigin().isEmpty());
    }

    void lockedKeysAreSeen_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("PKCS 8") << QByteArray::fromStdString(block("ENCRYPTED PRIVATE KEY"));
        QTest::newRow("older") << QByteArray::fromStdString(
            block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA"));
    }
    void lockedKeysAreSeen()
    {
        QFETCH(QByteArray, text);
        PemParts parts;
        QCOMPARE(parts.add(text.toStdString(), "a"), QString());
        QVERIFY(parts.keyHasPassphrase());
    }

    void whatIsNoPemIsRefused_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("says");
        const QString nothing("neither a certificate");
        QTest::newRow("empty") << QByteArray() << nothing;
        QTest::newRow("words") << QByteArray("hello") << nothing;
        QTest::newRow("a request")
            << QByteArray::fromStdString(block("CERTIFICATE REQUEST")) << nothing;
        QTest::newRow("cut") << QByteArray("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERT")
                             << nothing;
        QTest::newRow("frame only") << QByteArray("-----BEGIN ") << nothing;
        QTest::newRow("binary") << QByteArray("\x30\x82\x00\x01", 4) << QString("pkcs12");
        QTest::newRow("large") << QByteArray::fromStdString(
            block("CERTIFICATE", std::string(PemParts::kBytesMax, 'A')))
                               << QString("128 KiB");
        QTest::newRow("large key") << QByteArray::fromStdString(
            block("PRIVATE KEY", std::string(PemParts::kBytesMax, 'A')))
                                   << QString("128 KiB");
    }
    void whatIsNoPemIsRefused()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, says);
        PemParts parts;
        const QString why = parts.add(text.toStdString(), "a");
        QVERIFY2(why.contains(says), qPrintable(why));
        QVERIFY(!parts.hasKey());
        QCOMPARE(parts.certificates(), 0);
    }
};

QTEST_APPLESS_MAIN(TestCertificateModels)
#include "tst_certificate_models.moc"
