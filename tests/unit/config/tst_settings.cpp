// SPDX-License-Identifier: Apache-2.0
#include "server/config/effective.h"
#include "server/config/manual.h"
#include "server/config/settings.h"
#include "test_paths.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <fmt/format.h>

using namespace arc;

namespace {

QString text(const std::string &bytes)
{
    return QString::fromStdString(bytes);
}

/// A value of the row's type that is not its default.
SettingValue otherValue(const SettingRow &row)
{
    if (const auto *flag = std::get_if<bool>(&row.fallback))
        return !*flag;
    if (const auto *whole = std::get_if<int64_t>(&row.fallback))
        return *whole == int64_t(row.max) ? int64_t(row.min) : int64_t(row.max);
    if (const auto *real = std::get_if<double>(&row.fallback))
        return *real == row.max ? row.min : row.max;
    if (!row.choices.empty() && row.choices.substr(0, row.choices.find('|')) != "off")
        return std::string(row.choices.substr(row.choices.rfind('|') + 1));
    return std::string("off");
}

} // namespace

class TestSettings : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyRowRoundTrips_data()
    {
        QTest::addColumn<QString>("key");
        for (const SettingRow &row : settingRows())
            QTest::newRow(std::string(row.key).c_str()) << text(std::string(row.key));
    }
    void everyRowRoundTrips()
    {
        QFETCH(QString, key);
        const SettingRow *row = findSetting(key.toStdString());
        QVERIFY(row);
        QCOMPARE(valueOf(Settings {}, *row), fallbackOf(*row)); // the member's own default
        for (const SettingValue &value : {fallbackOf(*row), otherValue(*row)}) {
            const auto parsed = parseSetting(*row, printSetting(*row, value));
            QVERIFY2(parsed, parsed ? "" : parsed.error().message().c_str());
            QCOMPARE(*parsed, value);
            const Settings resolved = inherit(Settings {}, {{key.toStdString(), value}});
            QCOMPARE(valueOf(resolved, *row), value);
            for (const SettingRow &other : settingRows()) { // and nothing else moved
                if (&other != row)
                    QCOMPARE(valueOf(resolved, other), fallbackOf(other));
            }
        }
    }

    void badTextsAreRefusedWithOneSentence_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char *key, const char *value, const char *sentence) {
            QTest::addRow("%s=%s", key, value) << key << value << sentence;
        };
        row("loops", "257", "outside 0..256");
        row("loops", "-1", "outside 0..256");
        row("loops", "many", "\"many\" is neither a number nor \"auto\"");
        row("loops", "", "\"\" is neither a number nor \"auto\"");
        row("loops", "4.0", "\"4.0\" is neither a number nor \"auto\"");
        row("loops", " 4", "\" 4\" is neither a number nor \"auto\"");
        row("http.idle_timeout_s", "0", "outside 1..86400");
        row("http.idle_timeout_s", "auto", "\"auto\" is not a whole number");
        row("http.idle_timeout_s", "65s", "\"65s\" is not a whole number");
        row("http.idle_timeout_s", "99999999999999999999", "\"99999999999999999999\" is too large");
        row("log.access", "2", "\"2\" is neither on nor off");
        row("log.access", "", "\"\" is neither on nor off");
        row("ops.listen", "a\nb", "contains a control character");
    }
    void badTextsAreRefusedWithOneSentence()
    {
        QFETCH(QString, key);
        QFETCH(QString, value);
        const auto parsed = parseSetting(*findSetting(key.toStdString()), value.toStdString());
        QVERIFY(!parsed);
        QTEST(text(parsed.error().message()), "sentence");
    }

    void wordsStandForValues_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("word");
        QTest::addColumn<QString>("printed");
        const auto row = [](const char *key, const char *word, const char *printed) {
            QTest::addRow("%s=%s", key, word) << key << word << printed;
        };
        row("loops", "AUTO", "auto");
        row("loops", "0", "auto");
        row("limits.body_mib", "unlimited", "unlimited");
        for (const char *word : {"on", "TRUE", "yes", "1"})
            row("log.access", word, "on");
        for (const char *word : {"Off", "false", "no", "0"})
            row("log.access", word, "off");
    }
    void wordsStandForValues()
    {
        QFETCH(QString, key);
        QFETCH(QString, word);
        const SettingRow *row = findSetting(key.toStdString());
        const auto parsed = parseSetting(*row, word.toStdString());
        QVERIFY(parsed);
        QTEST(text(printSetting(*row, *parsed)), "printed");
    }

    void innerLevelsInheritFromOuterOnes()
    {
        const Settings engine = inherit(
            Settings {}, {{"pool.threads", int64_t {8}}, {"pool.queue_timeout_s", int64_t {7}}});
        const Settings app = inherit(engine, {{"pool.threads", int64_t {2}}});
        QCOMPARE(app.poolThreads, 2);
        QCOMPARE(app.queueTimeout, std::chrono::seconds(7));
        QCOMPARE(engine.poolThreads, 8);
    }

    void overridesAreRefusedByLevelAndValue_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<int>("value");
        QTest::addColumn<int>("level");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char *key, int value, Scope level, const char *sentence) {
            QTest::addRow("%s %d", key, int(level)) << key << value << int(level) << sentence;
        };
        row("no.such", 1, Scope::Engine, "no.such: there is no such setting");
        row("loops", 2, Scope::App, "loops: can be set only on the engine");
        row("loops", 2, Scope::Site, "loops: can be set only on the engine");
        row("pool.threads", 2, Scope::Site,
            "pool.threads: can be set only on the engine or an app");
        row("pool.threads", 2, Scope::Route,
            "pool.threads: can be set only on the engine or an app");
        row("limits.body_mib", 2, Scope::App,
            "limits.body_mib: can be set only on the engine, a site or a route");
        row("limits.body_mib", 2, Scope::Listener,
            "limits.body_mib: can be set only on the engine, a site or a route");
        row("pool.threads", 0, Scope::App, "pool.threads: outside 1..256");
        row("log.access", 1, Scope::Engine, "log.access: must be on or off");
        row("ops.listen", 1, Scope::Engine, "ops.listen: must be text");
        row("buffers.response_kib", 1048576, Scope::Engine,
            "buffers.response_kib: 1048576 KiB for one answer do not fit into buffers.total_mib "
            "(512 MiB)");
        row("pool.processes_max", 513, Scope::App, "pool.processes_max: outside 0..512");
        row("pool.processes_max", 4, Scope::Site,
            "pool.processes_max: can be set only on the engine or an app");
        row("pool.scale_up_wait_ms", 0, Scope::App, "pool.scale_up_wait_ms: outside 1..60000");
        row("pool.scale_down_after_s", 0, Scope::App, "pool.scale_down_after_s: outside 1..86400");
        row("pool.scale_cpu_percent", 101, Scope::App, "pool.scale_cpu_percent: outside 10..100");
        row("limits.body_mib", 2, Scope::Engine, "");
        row("limits.body_mib", 2, Scope::Site, "");
        row("limits.body_mib", 2, Scope::Route, "");
        row("pool.threads", 2, Scope::App, "");
    }
    void overridesAreRefusedByLevelAndValue()
    {
        QFETCH(QString, key);
        QFETCH(int, value);
        QFETCH(int, level);
        const auto checked =
            checkOverrides({{key.toStdString(), int64_t {value}}}, static_cast<Scope>(level));
        QTEST(checked ? QString("") : text(checked.error().message()), "sentence");
    }

    void pathsOfACommandLineAreMeantFromWhereItStands()
    {
        const std::string here = QDir::currentPath().toStdString();
        const auto pinned = pinSettings({"http.error_pages=errors/../pages", "tls.client_ca=ca.pem",
                                         "files.send_from=a:/srv/b:c/d"});
        QVERIFY2(pinned, pinned ? "" : pinned.error().message().c_str());
        const auto is = [&](const char *key, const std::string &value) {
            return pinned->values.at(key) == SettingValue(value);
        };
        QVERIFY(is("http.error_pages", here + "/pages"));
        QVERIFY(is("tls.client_ca", here + "/ca.pem"));
        QVERIFY(is("files.send_from", here + "/a:/srv/b:" + here + "/c/d"));
        QVERIFY(pinSettings({"http.error_pages="})->values.at("http.error_pages")
                == SettingValue(std::string()));
    }

    void whatIsPinnedIsLookedInto_data()
    {
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char *option, const char *sentence) {
            QTest::newRow(option) << option << sentence;
        };
        row("compression.codings=lzma",
            "--set: compression.codings: \"lzma\" is none of zstd, br, gzip");
        row("files.send_from=/", "--set: files.send_from: \"/\" would give apps every file");
        row("pool.warm_up=health",
            "--set: pool.warm_up: \"health\" is no path and no URL: write it as /health or "
            "https://shop.example/health");
        row("pool.warm_up=/ok //shop.example/",
            "--set: pool.warm_up: \"//shop.example/\" is no path and no URL: write it as /health "
            "or "
            "https://shop.example/health");
        row("pool.warm_up=https:///health",
            "--set: pool.warm_up: \"https:///health\" is no path and no URL: write it as /health "
            "or "
            "https://shop.example/health");
        for (const char *url : {"http://shop.example:http/", "http://shop.example:65536/",
                                "http://[::1/", "http://me@shop.example/"})
            row((std::string("pool.warm_up=") + url).c_str(),
                fmt::format("--set: pool.warm_up: \"{}\" is no path and no URL: write it as "
                            "/health or https://shop.example/health",
                            url)
                    .c_str());
        row("pool.warm_up=/1 /2 /3 /4 /5 /6 /7 /8 /9 /10 /11 /12 /13 /14 /15 /16 /17",
            "--set: pool.warm_up: more than 16 requests");
        row("ops.listen=9180", "--set: ops.listen: must be ADDRESS:PORT, :PORT or unix:/path");
    }
    void whatIsPinnedIsLookedInto()
    {
        QFETCH(QString, option);
        const auto pinned = pinSettings({option.toStdString()});
        QVERIFY(!pinned);
        QTEST(text(pinned.error().message()), "sentence");
    }

    void aRelativePathInTheEnvironmentIsRefused()
    {
        qputenv("ARCOLOGY_HTTP_ERROR_PAGES", "pages"); // of a service: from nowhere
        const auto pinned = pinSettings({});
        qunsetenv("ARCOLOGY_HTTP_ERROR_PAGES");
        QVERIFY(!pinned);
        QCOMPARE(text(pinned.error().message()),
                 QString("ARCOLOGY_HTTP_ERROR_PAGES: http.error_pages: name a folder by its "
                         "absolute path"));
        qputenv("ARCOLOGY_TLS_CLIENT_CA", "ca.pem");
        const auto file = pinSettings({});
        qunsetenv("ARCOLOGY_TLS_CLIENT_CA");
        QVERIFY(!file);
        QCOMPARE(text(file.error().message()),
                 QString("ARCOLOGY_TLS_CLIENT_CA: tls.client_ca: name it by its absolute path"));
    }

    void theOperationsAddressIsChecked_data()
    {
        QTest::addColumn<QString>("address");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("off") << "off"
                             << "";
        QTest::newRow("any") << ":0"
                             << "";
        QTest::newRow("v6") << "[::1]:9180"
                            << "";
        QTest::newRow("empty") << ""
                               << "ops.listen: must be ADDRESS:PORT, :PORT or unix:/path";
        QTest::newRow("port") << "127.0.0.1:99999"
                              << "ops.listen: the port must be a whole number in 0..65535";
        QTest::newRow("bare v6") << "::1:80"
                                 << "ops.listen: an IPv6 address stands in brackets: [::1]";
        QTest::newRow("name")
            << "shop.example:80"
            << "ops.listen: \"shop.example\" is not an IP address of this computer";
    }
    void theOperationsAddressIsChecked()
    {
        QFETCH(QString, address);
        const auto checked = checkOverrides({{"ops.listen", address.toStdString()}}, Scope::Engine);
        QTEST(checked ? QString("") : text(checked.error().message()), "sentence");
    }

    void theManualPageIsFresh()
    {
        QFile page(QStringLiteral(ARC_SOURCE_DIR "/resources/docs/settings.md"));
        if (qEnvironmentVariableIsSet("ARCOLOGY_WRITE_DOCS")) {
            QVERIFY(page.open(QIODevice::WriteOnly));
            page.write(QByteArray::fromStdString(settingsManual()));
            page.close();
        }
        QVERIFY(page.open(QIODevice::ReadOnly));
        QVERIFY2(page.readAll().toStdString() == settingsManual(),
                 "write it again: ARCOLOGY_WRITE_DOCS=1 tst_settings theManualPageIsFresh");
    }

    void theSchemaNamesEveryRow()
    {
        const auto schema =
            QJsonDocument::fromJson(QByteArray::fromStdString(settingsSchemaJson()));
        QVERIFY(schema.isObject());
        const QJsonObject rows = schema["properties"].toObject();
        QCOMPARE(size_t(rows.size()), settingRows().size());
        for (const SettingRow &row : settingRows()) {
            const QJsonObject one = rows[text(std::string(row.key))].toObject();
            QCOMPARE(one["description"].toString(), text(std::string(row.help)));
            QVERIFY(one.contains("default"));
            QVERIFY(one.contains("type") != one.contains("anyOf"));
        }
        QCOMPARE(rows["loops"].toObject()["default"].toString(), QString("auto"));
    }
};

QTEST_GUILESS_MAIN(TestSettings)
#include "tst_settings.moc"
