// SPDX-License-Identifier: Apache-2.0
// What variables may be called and hold, how a .env file reads, and what a URL in one points to.
#include "server/config/connection_url.h"
#include "server/config/document.h"
#include "server/config/variables.h"

#include <QtTest>

#include <fmt/format.h>

using namespace arc;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Document withVariables(Variables env, Variables secrets = {})
{
    return {.apps = {{.id = "shop",
                      .root = "/srv/shop",
                      .entry = "a:b",
                      .interface = "wsgi",
                      .python = "/usr/bin/python3",
                      .env = std::move(env),
                      .secrets = std::move(secrets)}}};
}

std::string complaint(const Document &document)
{
    const auto valid = validate(document);
    return valid ? std::string() : valid.error().message();
}

} // namespace

class TestVariableRules : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesAreThoseThatAShellTakes_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("complaint");
        const QString form = "a variable's name is letters, digits and _, and does not begin with "
                             "a digit";
        const QString ours = "names that begin with ARCOLOGY_ are Arcology's own; choose another "
                             "name";
        QTest::newRow("usual") << "SECRET_KEY"
                               << "";
        QTest::newRow("small") << "debug2"
                               << "";
        QTest::newRow("underscore") << "_"
                                    << "";
        QTest::newRow("empty") << "" << form;
        QTest::newRow("digit first") << "1A" << form;
        QTest::newRow("dash") << "A-B" << form;
        QTest::newRow("blank") << "A B" << form;
        QTest::newRow("equals") << "A=B" << form;
        QTest::newRow("not a letter of ASCII") << "SCHLÜSSEL" << form;
        QTest::newRow("ours") << "ARCOLOGY_WORKER" << ours;
        QTest::newRow("nearly ours") << "ARCOLOGY"
                                     << "";
    }
    void namesAreThoseThatAShellTakes()
    {
        QFETCH(QString, name);
        QFETCH(QString, complaint);
        QCOMPARE(QString::fromStdString(std::string(complaintOfName(name.toStdString()))),
                 complaint);
    }

    void aDocumentHoldsVariablesWithinTheirLimits()
    {
        QCOMPARE(complaint(withVariables({{"A", "1"}}, {{"B", "typed"}})), std::string());
        QCOMPARE(complaint(withVariables({{"A", "1"}}, {{"A", "2"}})),
                 std::string("apps[0].secrets.A: stands in env as well; a variable is either"));
        QVERIFY(complaint(withVariables({}, {{"ARCOLOGY_A", "2"}})).find("Arcology's own")
                != std::string::npos);
        QCOMPARE(complaint(withVariables({}, {{"A", "sealed:????"}})),
                 std::string("apps[0].secrets.A: is no sealed value"));
        // One: "A=" and a NUL come to what Linux takes.
        const std::string longest(kVariableBytesMax - 3, 'x');
        QCOMPARE(complaint(withVariables({{"A", longest}})), std::string());
        QVERIFY(complaint(withVariables({{"A", longest + "x"}})).find("apps[0].env.A: longer")
                != std::string::npos);
        QVERIFY(complaint(withVariables({{"AB", longest}})).find("apps[0].env.AB: longer")
                != std::string::npos);
        // All together.
        Variables many;
        for (char name = 'A'; name < 'A' + 8; ++name)
            many.emplace(std::string(1, name), longest);
        QCOMPARE(complaint(withVariables(many)), std::string());
        QCOMPARE(complaint(withVariables(many, {{"Z", ""}})),
                 std::string("apps[0].env: more than 1048576 bytes of variables together"));
        Variables names;
        for (size_t i = 0; i < kVariablesMax; ++i)
            names.emplace(fmt::format("V{}", i), "");
        QCOMPARE(complaint(withVariables(names)), std::string());
        QCOMPARE(complaint(withVariables(names, {{"ONE_MORE", ""}})),
                 std::string("apps[0].env: more than 1000 variables"));
    }

    void aDocumentIsReadAsItWasPrinted()
    {
        const Document document = withVariables({{"A", "1"}}, {{"B", "typed"}});
        QCOMPARE(parseDocument(printDocument(document)).value(), document);
        const auto bad = parseDocument(R"({"format":1,"apps":[{"id":"a","root":"/","entry":"a:b",)"
                                       R"("interface":"wsgi","python":"/p","secrets":{"A":1}}]})");
        QCOMPARE(bad.error().message(), std::string("apps[0].secrets.A: must be text"));
    }

    void whatIsASecretIsGuessed()
    {
        for (const char *name : {"SECRET_KEY", "secret_key", "DB_PASSWORD", "API_TOKEN", "SSH_PASS",
                                 "AWS_ACCESS_KEY", "STRIPE_APIKEY"})
            QVERIFY2(looksSecret(name, "x"), name);
        for (const char *name : {"DEBUG", "DJANGO_SETTINGS_MODULE", "KEYBOARD", "PASSENGERS"})
            QVERIFY2(!looksSecret(name, "x"), name);
        QVERIFY(looksSecret("DATABASE_URL", "postgres://u:p@db/x"));
        QVERIFY(looksSecret("DATABASE_URL", "postgres://u:p#w@db/x"));
        QVERIFY(!looksSecret("DATABASE_URL", "postgres://db:5432/x@y"));
        QVERIFY(!looksSecret("DATABASE_URL", "postgres://u@db/x"));
    }

    void dotenvFilesAreRead_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("expected"); // NAME=VALUE, a | between them
        const auto row = [](const char *name, const char *text, const char *expected) {
            QTest::newRow(name) << QByteArray(text) << QByteArray(expected);
        };
        row("nothing", "", "");
        row("plain", "A=1\nB=two words\n", "A=1|B=two words");
        row("no last newline", "A=1", "A=1");
        row("Windows",
            "\xEF\xBB\xBF"
            "A=1\r\nB='2'\r\n",
            "A=1|B=2");
        row("comments", "# A=0\n\n  # x\nA=1 # one\nB=#\nC=a#b\nD= #\n", "A=1|B=#|C=a#b|D=");
        row("export", "export A=1\nexport\tB=2\nexportC=3\n", "A=1|B=2|exportC=3");
        row("blanks", "  A = 1  \n\tB=\t2\n", "A=1|B=2");
        row("empty", "A=\nB=''\nC=\"\"\n", "A=|B=|C=");
        row("equals inside", "A=b=c==\n", "A=b=c==");
        row("single quotes", "A='a # b $C \\n \"'\n", "A=a # b $C \\n \"");
        row("double quotes", "A=\"a\\tb\\\"c\\\\d\\$e\\q # f\" # g\n", "A=a\tb\"c\\d$e\\q # f");
        row("several lines", "A=\"one\r\ntwo\"\nB='x\ny'\nC=3\n", "A=one\ntwo|B=x\ny|C=3");
        row("nothing is expanded", "A=1\nB=$A ${A} `id` $(id)\n", "A=1|B=$A ${A} `id` $(id)");
        row("quotes inside", "A=it's \"so\"\n", "A=it's \"so\"");
        row("the last holds", "A=1\nB=2\nA=3\n", "B=2|A=3");
    }
    void dotenvFilesAreRead()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, expected);
        const auto pairs = parseDotenv(text.toStdString());
        QVERIFY2(pairs, pairs ? "" : pairs.error().message().c_str());
        QByteArray joined;
        for (const auto &[name, value] : *pairs)
            joined += (joined.isEmpty() ? "" : "|") + QByteArray::fromStdString(name + "=" + value);
        QCOMPARE(joined, expected);
    }

    void aBadLineIsNamedByItsNumberAndNotByWhatItHolds_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const char *name, const QByteArray &text, const char *message) {
            QTest::newRow(name) << text << QByteArray(message);
        };
        row("no equals", "A=1\nhunter2\n", "line 2: must be NAME=VALUE");
        row("behind several lines", "A='x\ny'\nhunter2", "line 3: must be NAME=VALUE");
        row("where a value begins", "A=1\nB='hunter2\n\n", "line 2: its quote is not closed");
        row("behind the quote", "A='1'hunter2\n",
            "line 1: something stands behind the closing quote");
        row("bad name", "hunter-2=1\n",
            "line 1: a variable's name is letters, digits and _, and does not begin with a digit");
        row("our name", "ARCOLOGY_LOOPS=hunter2\n",
            "line 1: names that begin with ARCOLOGY_ are Arcology's own; choose another name");
        row("NUL", QByteArray("A=hunter2\0\n", 11), "line 1: contains a NUL character");
        row("not UTF-8", "A=hunter2\xFF\n", "line 1: is not UTF-8 text");
        row("not UTF-8, quoted", "A='hunter2\xFF'\n", "line 1: is not UTF-8 text");
        row("too long", "A=" + QByteArray(131'070, 'x'),
            "line 1: longer than the 131072 bytes that Linux takes for one variable with its name");
        row("too large a file", QByteArray(1'048'577, '\n'), "larger than 1048576 bytes");
    }
    void aBadLineIsNamedByItsNumberAndNotByWhatItHolds()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, message);
        const auto pairs = parseDotenv(text.toStdString());
        QVERIFY(!pairs);
        QCOMPARE(QByteArray::fromStdString(pairs.error().message()), message);
    }

    void aUrlNamesWhereItLeads_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *url, const char *expected) {
            QTest::newRow(url) << url << expected;
        };
        row("postgres://u:p@db.example/shop", "db.example 5432");
        row("postgresql+psycopg2://u:p%40x@db:6000/shop?sslmode=require", "db 6000");
        row("postgresql://u:p@[2001:db8::1]:6000/x", "2001:db8::1 6000");
        row("postgresql://u:p@a,b:6000/x", "a 5432, b 6000");
        row("postgres:///shop", "socket /var/run/postgresql/.s.PGSQL.5432");
        row("postgres://u:p@%2Frun%2Fpg:6000/x", "socket /run/pg/.s.PGSQL.6000");
        row("mysql://u:p@w@db/x", "db 3306");
        row("MYSQL://u@/x", "localhost 3306");
        row("redis://:p@cache/0", "cache 6379");
        row("rediss://cache:1", "cache 1");
        row("amqp://guest:guest@queue//", "queue 5672");
        row("sqlite:///shop.db", "file /srv/shop/shop.db");
        row("sqlite:////var/x%20y.db?mode=rw", "file /var/x y.db");
        row("sqlite+pysqlcipher://:hunter2@/shop.db", "file /srv/shop/shop.db");
        row("sqlite://:memory:", "memory");
        row("sqlite://", "memory");
        // What may be a part of a password is not taken for a host.
        row("postgres://u:hun/ter2@db/x", "its host cannot be read; ");
        row("postgres://u:hun?ter2@db/x", "its host cannot be read; ");
        row("postgres://u:p@hunter2/x@db/shop", "its host cannot be read; ");
        row("redis://1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17/0", "names more than 16 servers");
        row("redis://c a/", "its host cannot be read; ");
        row("redis://cache:99999/0", "its port is no number from 1 to 65535");
        row("redis://cache:x/0", "its port is no number from 1 to 65535");
    }
    void aUrlNamesWhereItLeads()
    {
        QFETCH(QString, url);
        QFETCH(QString, expected);
        QVERIFY(isConnectionUrl(url.toStdString()));
        const auto targets = connectionTargets(url.toStdString(), "/srv/shop");
        if (!targets) {
            QVERIFY2(QString::fromStdString(targets.error().message()).startsWith(expected),
                     targets.error().message().c_str());
            QVERIFY(targets.error().message().find("hun") == std::string::npos);
            return;
        }
        QStringList told;
        for (const ConnectionTarget &each : *targets) {
            const QString path = QString::fromStdString(each.path);
            switch (each.kind) {
            case ConnectionTarget::Kind::Tcp:
                told << QString("%1 %2").arg(QString::fromStdString(each.host)).arg(each.port);
                break;
            case ConnectionTarget::Kind::UnixSocket:
                told << "socket " + path;
                break;
            case ConnectionTarget::Kind::File:
                told << "file " + path;
                break;
            case ConnectionTarget::Kind::Memory:
                told << "memory";
                break;
            }
        }
        QCOMPARE(told.join(", "), expected);
    }

    void otherTextsAreNoConnections()
    {
        for (const char *text :
             {"", "1", "https://db.example/", "postgres", "postgres:/x", "my postgres://x", "://x"})
            QVERIFY2(!isConnectionUrl(text), text);
    }
};

QTEST_GUILESS_MAIN(TestVariableRules)
#include "tst_variable_rules.moc"
