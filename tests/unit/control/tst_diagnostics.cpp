// SPDX-License-Identifier: Apache-2.0
// The report for somebody who helps: it tells what is needed and no secret.
#include "server/control/diagnostics.h"
#include "server/control/unmask.h"

#include <QtTest>

using namespace arc;

namespace {

DiagnosticsParts parts()
{
    DiagnosticsParts parts;
    parts.unixMs = 1'800'000'000'000;
    parts.about = {.version = "9.8.7",
                   .build = "release, compiler 12.2.0",
                   .libraries = {{"SQLite", "3.40.1"}},
                   .system = "Debian 12",
                   .executable = "/usr/bin/arcology",
                   .dataDir = "/data",
                   .logDir = "/data/logs"};
    parts.status.state = "serving";
    parts.status.warnings = {"the ops address is taken"};
    parts.status.listeners = {{.id = "https", .address = "127.0.0.1:443", .error = "is in use"}};
    AppConfig app;
    app.id = "shop";
    app.root = "/srv/shop";
    app.env = {{"SECRET_KEY", "correct-horse"}, {"DEBUG", "1"}};
    parts.document.apps.push_back(app);
    parts.machine = "OK    python  3.11\n";
    parts.log = "listening on http://127.0.0.1:8080\n";
    return parts;
}

} // namespace

class TestDiagnostics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void itTellsWhatAHelperNeeds_data()
    {
        QTest::addColumn<QString>("text");
        for (const char *text : {"Arcology 9.8.7", "SQLite 3.40.1", "Debian 12", "/data/logs",
                                 "serving", "https: 127.0.0.1:443 is closed: is in use",
                                 "warning: the ops address is taken", "OK    python  3.11",
                                 "/srv/shop", "SECRET_KEY", "listening on http://127.0.0.1:8080"})
            QTest::newRow(text) << QString(text);
    }
    void itTellsWhatAHelperNeeds()
    {
        QFETCH(QString, text);
        const auto report = QString::fromStdString(diagnosticsText(parts()));
        QVERIFY2(report.contains(text), qPrintable(report));
    }

    void valuesOfTheEnvironmentAreMaskedInADifference()
    {
        Document before = parts().document;
        Document after = before;
        after.apps[0].env["SECRET_KEY"] = "battery-staple";
        const Diff diff = diffDocuments(before, after);
        QCOMPARE(diff.size(), size_t {1});
        const ChangeItem masked = maskSecrets(diff[0], Hide::AllValues);
        for (const std::string &side : {masked.before, masked.after}) {
            QVERIFY2(side.find("correct") == side.npos && side.find("battery") == side.npos,
                     side.c_str());
            QVERIFY2(side.find("\"SECRET_KEY\":\"(masked)\"") != side.npos, side.c_str());
            QVERIFY(side.find("/srv/shop") != side.npos);
        }
        QCOMPARE(
            maskSecrets(ChangeItem {.kind = "app", .id = "new", .after = "{}"}, Hide::AllValues)
                .before,
            std::string());
    }

    void valuesOfTheEnvironmentAreMasked()
    {
        const std::string report = diagnosticsText(parts());
        QVERIFY(report.find("correct-horse") == std::string::npos);
        QVERIFY(report.find("\"DEBUG\": \"(masked)\"") != std::string::npos);
    }

    void aSecretIsRemovedWhereverItStands_data()
    {
        QTest::addColumn<QString>("secret");
        QTest::newRow("plain") << "correct-horse";
        QTest::newRow("with quotes") << "a\"quoted\\word";
        QTest::newRow("contains another one") << "correct-horse-battery";
        QTest::newRow("looks like a path") << "/srv/shop/secret";
    }
    void aSecretIsRemovedWhereverItStands()
    {
        QFETCH(QString, secret);
        const std::string word = secret.toStdString();
        DiagnosticsParts leaking = parts();
        leaking.document.apps[0].env["TOKEN"] = word;
        leaking.document.apps[0].entry = word + ":app";
        leaking.log = "worker ended: KeyError: " + word + "\n";
        leaking.machine += "FAIL  x  " + word + "\n";
        leaking.status.warnings.push_back(word);
        const std::string report = diagnosticsText(leaking);
        QVERIFY2(report.find(word) == std::string::npos, report.c_str());
        QVERIFY(report.find("battery") == std::string::npos);
        QVERIFY(report.find("(removed)") != std::string::npos);
    }

    void namesAndWordsInAddressesAreRemoved()
    {
        DiagnosticsParts leaking = parts();
        leaking.log = "redirect to https://ana:pass-word@example.org/a@b and http://plain.org/\n";
        const std::string report = diagnosticsText(leaking);
        QVERIFY(report.find("pass-word") == std::string::npos);
        QVERIFY(report.find("https://(removed)@example.org/a@b") != std::string::npos);
        QVERIFY(report.find("http://plain.org/") != std::string::npos);
    }

    void secretsOfAppsAreShownToNobody()
    {
        DiagnosticsParts leaking = parts();
        leaking.document.apps[0].secrets = {{"TOKEN", "sealed:AAAABBBB"}};
        leaking.secrets = {"battery-staple", "1"};
        leaking.log = "cannot use battery-staple at 12:11\n";
        const std::string report = diagnosticsText(leaking);
        QVERIFY(report.find("battery-staple") == std::string::npos);
        QVERIFY(report.find("12:11") != std::string::npos); // "1" tells nothing
        QVERIFY(report.find("AAAABBBB") == std::string::npos);
        const Document shown = maskSecrets(leaking.document);
        QCOMPARE(shown.apps[0].secrets.at("TOKEN"), std::string("(masked)"));
        QCOMPARE(shown.apps[0].env.at("SECRET_KEY"), std::string("correct-horse"));

        // A difference says that one changed, and which one.
        Document after = leaking.document;
        after.apps[0].secrets = {{"TOKEN", "sealed:CCCCDDDD"}, {"NEW", "sealed:EEEE"}};
        const Diff diff = diffDocuments(leaking.document, after);
        for (const Hide hide : {Hide::Secrets, Hide::AllValues}) {
            const ChangeItem item = maskSecrets(diff[0], hide);
            for (const std::string &side : {item.before, item.after})
                QVERIFY2(side.find("sealed:") == std::string::npos, side.c_str());
            QVERIFY(item.before.find("\"secrets\":{\"TOKEN\":\"(masked)\"}") != std::string::npos);
            QVERIFY(item.after.find("\"secrets\":{\"NEW\":\"(masked)\",\"TOKEN\":\"(changed)\"}")
                    != std::string::npos);
            const bool isEnvShown = item.before.find("correct-horse") != std::string::npos;
            QCOMPARE(isEnvShown, hide == Hide::Secrets);
        }
        after = leaking.document;
        after.apps[0].entry = "shop:app";
        const Diff other = diffDocuments(leaking.document, after);
        QVERIFY(maskSecrets(other[0], Hide::Secrets).after.find("\"TOKEN\":\"(masked)\"")
                != std::string::npos);
    }

    void aSecretNeverBecomesAVariable()
    {
        Document stored = parts().document;
        stored.apps[0].secrets = {{"TOKEN", "sealed:AAAA"}};
        Document given = stored;
        given.apps[0].secrets = {{"TOKEN", "(masked)"}, {"DEBUG", "(masked)"}};
        given.apps[0].env.erase("DEBUG");
        const Document kept = unmask(given, stored).value();
        QCOMPARE(kept.apps[0].secrets.at("TOKEN"), std::string("sealed:AAAA"));
        QCOMPARE(kept.apps[0].secrets.at("DEBUG"), std::string("1")); // takes its value along
        given = stored;
        given.apps[0].secrets.clear();
        given.apps[0].env["TOKEN"] = "(masked)";
        QVERIFY(!unmask(given, stored));
        given = stored;
        given.apps[0].secrets["OTHER"] = "(masked)";
        QVERIFY2(unmask(given, stored).error().message().starts_with("apps[0].secrets.OTHER: "),
                 "the place is named");
    }

    void theDocumentItselfStaysAsItWas()
    {
        const DiagnosticsParts before = parts();
        std::vector<std::string> secrets;
        const Document masked = maskValues(before.document, secrets);
        QCOMPARE(before.document.apps[0].env.at("SECRET_KEY"), std::string("correct-horse"));
        QCOMPARE(masked.apps[0].env.at("SECRET_KEY"), std::string("(masked)"));
        QCOMPARE(secrets, std::vector<std::string> {"correct-horse"}); // "1" tells nothing
    }

    void aMaskedDocumentTakesItsSecretsFromTheStoredOne()
    {
        const Document stored = parts().document;
        std::vector<std::string> secrets;
        Document given = maskValues(stored, secrets);
        given.apps[0].entry = "shop:app";
        given.apps[0].env["NEW"] = "said";
        const auto whole = unmask(given, stored);
        QVERIFY(whole);
        QCOMPARE(whole->apps[0].env.at("SECRET_KEY"), std::string("correct-horse"));
        QCOMPARE(whole->apps[0].env.at("DEBUG"), std::string("1"));
        QCOMPARE(whole->apps[0].env.at("NEW"), std::string("said"));
        QCOMPARE(whole->apps[0].entry, std::string("shop:app"));
    }

    void aMaskedValueThatIsNotStoredIsRefused_data()
    {
        QTest::addColumn<QString>("app");
        QTest::addColumn<QString>("variable");
        QTest::newRow("another variable") << "shop"
                                          << "TOKEN";
        QTest::newRow("the same variable of another app") << "blog"
                                                          << "SECRET_KEY";
    }
    void aMaskedValueThatIsNotStoredIsRefused()
    {
        QFETCH(QString, app);
        QFETCH(QString, variable);
        const Document stored = parts().document;
        Document given = stored;
        given.apps[0].id = app.toStdString();
        given.apps[0].env[variable.toStdString()] = "(masked)";
        const auto whole = unmask(given, stored);
        QVERIFY(!whole);
        QCOMPARE(whole.error().code(), ErrorCode::Invalid);
        QVERIFY2(whole.error().message().starts_with("apps[0].env." + variable.toStdString()
                                                     + ": \"(masked)\" stands for"),
                 whole.error().message().c_str());
    }
};

QTEST_APPLESS_MAIN(TestDiagnostics)
#include "tst_diagnostics.moc"
