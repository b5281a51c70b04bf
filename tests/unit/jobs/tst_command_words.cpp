// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/syntax/command_words.h"

#include <QtTest>

using namespace arc;

namespace {

using Words = std::vector<std::string>;

struct CutRow {
    const char *name;
    const char *line;
    Words words;
};
const CutRow kCut[] = {
    {"one word", "manage.py", {"manage.py"}},
    {"several", "manage.py  clearsessions\t-v 2", {"manage.py", "clearsessions", "-v", "2"}},
    {"blanks around", "  a b  ", {"a", "b"}},
    {"single quotes hold everything", "a 'b  $c | \"d\" \\'", {"a", "b  $c | \"d\" \\"}},
    {"double quotes hold blanks", "a \"b c\"", {"a", "b c"}},
    {"escapes inside double quotes", R"(a "\"\$\`\\")", {"a", "\"$`\\"}},
    {"other characters keep their backslash there", R"(a "\n")", {"a", "\\n"}},
    {"a backslash outside", R"(a\ b \| \')", {"a b", "|", "'"}},
    {"quotes in the middle of a word", "--name='x y'z", {"--name=x yz"}},
    {"an empty word", "a '' \"\"", {"a", "", ""}},
    {"what a shell would expand is as it stands",
     "a *.py ~ #b [x]",
     {"a", "*.py", "~", "#b", "[x]"}},
};

struct RefusedRow {
    const char *name;
    const char *line;
    const char *sentence;
};
const char *const kNoShell = "is for a shell, and none is run; put it into '...', or write sh -c "
                             "'...'";
const RefusedRow kRefused[] = {
    {"nothing", "", "is empty"},
    {"blanks", "  \t", "is empty"},
    {"an empty program", "'' a", "begins with an empty word instead of a program"},
    {"an open single quote", "a 'b", "has a ' without its end"},
    {"an open double quote", "a \"b", "has a \" without its end"},
    {"a double quote that is escaped away", R"(a "b\")", "has a \" without its end"},
    {"a backslash behind", "a \\", "ends with a \\ that quotes nothing"},
};

} // namespace

class TestCommandWords : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cutsAsAShellDoes_data()
    {
        QTest::addColumn<int>("row");
        for (size_t i = 0; i < std::size(kCut); ++i)
            QTest::newRow(kCut[i].name) << int(i);
    }
    void cutsAsAShellDoes()
    {
        QFETCH(int, row);
        const auto words = commandWords(kCut[row].line);
        QVERIFY2(words, words ? "" : words.error().message().c_str());
        QCOMPARE(*words, kCut[row].words);
        const auto again = commandWords(commandLineOf(*words));
        QVERIFY(again);
        QCOMPARE(*again, kCut[row].words);
    }

    void refusesInOneSentence_data()
    {
        QTest::addColumn<int>("row");
        for (size_t i = 0; i < std::size(kRefused); ++i)
            QTest::newRow(kRefused[i].name) << int(i);
    }
    void refusesInOneSentence()
    {
        QFETCH(int, row);
        const auto words = commandWords(kRefused[row].line);
        QVERIFY(!words);
        QCOMPARE(words.error().message(), std::string(kRefused[row].sentence));
    }

    void whatIsForAShellIsRefused_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QByteArray>("which");
        QTest::newRow("pipe") << QByteArray("a | b") << QByteArray("|");
        QTest::newRow("output") << QByteArray("a >b") << QByteArray(">");
        QTest::newRow("input") << QByteArray("a <b") << QByteArray("<");
        QTest::newRow("two commands") << QByteArray("a; b") << QByteArray(";");
        QTest::newRow("background") << QByteArray("a &") << QByteArray("&");
        QTest::newRow("subshell") << QByteArray("(a)") << QByteArray("(");
        QTest::newRow("a variable") << QByteArray("a $HOME") << QByteArray("$");
        QTest::newRow("a variable in quotes") << QByteArray("a \"$HOME\"") << QByteArray("$");
        QTest::newRow("substitution") << QByteArray("a `b`") << QByteArray("`");
    }
    void whatIsForAShellIsRefused()
    {
        QFETCH(QByteArray, line);
        QFETCH(QByteArray, which);
        const auto words = commandWords(line.toStdString());
        QVERIFY(!words);
        QCOMPARE(QString::fromStdString(words.error().message()),
                 QString("\"%1\" %2").arg(QString(which), kNoShell));
    }
};

QTEST_APPLESS_MAIN(TestCommandWords)
#include "tst_command_words.moc"
