// SPDX-License-Identifier: Apache-2.0
// What is known of an app's releases: which serves, which served before, which are too many.
#include "server/releases/release_book.h"

#include <QtTest>

using namespace arc;
using State = ReleaseRecord::State;

namespace {

ReleaseRecord made(const std::string &id, int64_t unixMs)
{
    return {.id = id, .folder = "/srv/shop", .by = "ctl", .madeUnixMs = unixMs};
}

/// aa01 and aa02 served, aa03 did not start, bb04 serves.
ReleaseBook fourReleases()
{
    ReleaseBook book;
    book.add(made("aa01", 10));
    book.tookOver("aa01", 11);
    book.add(made("aa02", 20));
    book.tookOver("aa02", 21);
    book.add(made("aa03", 30));
    book.refused("aa03", "ImportError", 31);
    book.add(made("bb04", 40));
    book.tookOver("bb04", 41);
    return book;
}

std::string choose(const std::string &beginning)
{
    const auto chosen = fourReleases().choose(beginning);
    return chosen ? chosen->id : chosen.error().message();
}

} // namespace

class TestReleaseBook : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneServesAndTheNewestStandsFirst()
    {
        const ReleaseBook book = fourReleases();
        QCOMPARE(book.records().front().id, std::string("bb04"));
        QCOMPARE(book.serving()->id, std::string("bb04"));
        QVERIFY(book.find("aa02")->state == State::Served);
        QVERIFY(book.find("aa03")->state == State::Refused);
        QCOMPARE(book.find("aa03")->cause, std::string("ImportError"));
    }

    void theOneBeforeIsTheOneThatServedBefore()
    {
        ReleaseBook book = fourReleases();
        QCOMPARE(book.previous()->id, std::string("aa02"));
        book.tookOver("aa02", 50); // rolled back
        QCOMPARE(book.previous()->id, std::string("bb04"));
        QVERIFY(!ReleaseBook().previous());
    }

    void aRollbackThatFailsLeavesAReleaseOneThatServed()
    {
        ReleaseBook book = fourReleases();
        book.refused("aa02", "no database", 60);
        QVERIFY(book.find("aa02")->state == State::Served);
        QCOMPARE(book.find("aa02")->cause, std::string("no database"));
        book.refused("bb04", "nonsense", 61); // it serves, whatever is said
        QCOMPARE(book.serving()->id, std::string("bb04"));
    }

    void aReleaseIsChosenByItsFirstDigits_data()
    {
        QTest::addColumn<QString>("beginning");
        QTest::addColumn<QString>("id");
        QTest::newRow("whole") << "aa02"
                               << "aa02";
        QTest::newRow("one digit") << "b"
                                   << "bb04";
        QTest::newRow("two begin so") << "aa"
                                      << "releases aa03 and aa02 both begin with aa";
        QTest::newRow("none") << "cc"
                              << "no release cc is kept; `site releases` lists them";
        QTest::newRow("nothing") << ""
                                 << "no release  is kept; `site releases` lists them";
        QTest::newRow("a path") << "../aa01"
                                << "no release ../aa01 is kept; `site releases` lists them";
    }
    void aReleaseIsChosenByItsFirstDigits()
    {
        QFETCH(QString, beginning);
        QFETCH(QString, id);
        QCOMPARE(QString::fromStdString(choose(beginning.toStdString())), id);
    }

    void theSameContentIsTheSameRelease()
    {
        ReleaseBook book = fourReleases();
        book.add(made("aa01", 70));
        QCOMPARE(book.records().size(), size_t(4));
        QCOMPARE(book.records().front().id, std::string("aa01"));
        QVERIFY(book.records().front().state == State::Served);
        QCOMPARE(book.records().front().madeUnixMs, int64_t(70));
    }

    void whatDidNotStartGoesFirstAndWhatServesNever()
    {
        const ReleaseBook book = fourReleases();
        using Ids = std::vector<std::string>;
        QCOMPARE(book.surplus(4, {}), Ids {});
        QCOMPARE(book.surplus(3, {}), Ids {"aa03"});
        QCOMPARE(book.surplus(2, {}), (Ids {"aa03", "aa01"}));
        QCOMPARE(book.surplus(2, {"aa01"}), (Ids {"aa03", "aa02"})); // old workers run from it
        QCOMPARE(book.surplus(0, {}), (Ids {"aa03", "aa01", "aa02"}));
    }

    void aBookIsReadAsItWasWritten()
    {
        const ReleaseBook book = fourReleases();
        QVERIFY(ReleaseBook::fromJson(book.toJson()).value() == book);
        QVERIFY(ReleaseBook::fromJson(ReleaseBook().toJson()).value() == ReleaseBook());
    }

    void aSpoiledBookIsRefused_data()
    {
        QTest::addColumn<QByteArray>("text");
        const QByteArray whole = QByteArray::fromStdString(fourReleases().toJson());
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("cut off") << whole.left(whole.size() / 2);
        QTest::newRow("no object") << QByteArray("[]");
        QTest::newRow("a newer format") << QByteArray(R"({"format":2,"releases":[]})");
        QTest::newRow("a field is missing")
            << QByteArray(R"({"format":1,"releases":[{"id":"aa"}]})");
        QTest::newRow("an id that is a path") << QByteArray(whole).replace("\"aa01\"", "\"../x\"");
        QTest::newRow("one twice") << QByteArray(whole).replace("\"aa01\"", "\"aa02\"");
        QTest::newRow("a number as text") << QByteArray(whole).replace(": 41", ": \"41\"");
    }
    void aSpoiledBookIsRefused()
    {
        QFETCH(QByteArray, text);
        QVERIFY(!ReleaseBook::fromJson(text.toStdString()));
    }
};

QTEST_GUILESS_MAIN(TestReleaseBook)
#include "tst_release_book.moc"
