// SPDX-License-Identifier: Apache-2.0
#include "server/observe/log_writer.h"

#include <QtTest>

using namespace arc;

namespace {

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestLogWriter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyLineOfEveryRingReachesTheFile()
    {
        constexpr int kLines = 20'000;
        QTemporaryDir folder;
        const QString path = folder.filePath("access.log");
        LogWriter writer(folder.path().toStdString());
        {
            std::vector<Thread> producers;
            for (int p = 0; p < 2; ++p) {
                auto ring = std::make_shared<LogRing>(64 * 1024);
                writer.addRing(ring);
                producers.emplace_back("producer", [ring, &writer, p] {
                    for (int i = 0; i < kLines; ++i) {
                        const std::string line = std::to_string(p) + ' ' + std::to_string(i) + '\n';
                        while (!ring->push(line)) // a loop would drop it; here none may be lost
                            writer.wake();
                        if (ring->wantsConsumer())
                            writer.wake();
                    }
                });
            }
        }
        writer.stop();
        int next[2] = {0, 0};
        for (const QByteArray &line : contents(path).split('\n')) {
            if (line.isEmpty())
                continue;
            const QList<QByteArray> words = line.split(' ');
            QCOMPARE(words.size(), 2);
            QCOMPARE(words[1].toInt(), next[words[0].toInt()]++);
        }
        QCOMPARE(next[0], kLines);
        QCOMPARE(next[1], kLines);
        QCOMPARE(writer.linesDropped(), uint64_t {0});
    }

    void aWriterThatFoundNothingSleepsUntilTheNextLine()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("access.log");
        LogWriter writer(folder.path().toStdString());
        std::vector<std::shared_ptr<LogRing>> rings;
        const auto write = [&](LogRing &ring, std::string_view line) {
            QVERIFY(ring.push(line));
            if (ring.wantsConsumer())
                writer.wake();
        };
        QByteArray expected;
        for (int i = 0; i < 3; ++i) {
            // One more ring each round: a writer that sleeps has to notice it, too.
            rings.push_back(std::make_shared<LogRing>(1024));
            writer.addRing(rings.back());
            for (const auto &ring : rings)
                QTRY_VERIFY(ring->isConsumerAsleep());
            write(*rings[size_t(i)], "hello\n");
            write(*rings[size_t(i)], "again\n");
            expected += "hello\nagain\n";
            QTRY_COMPARE(contents(path), expected);
        }
    }

    void linesAppearWithoutBeingWoken()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("access.log");
        LogWriter writer(folder.path().toStdString());
        const auto ring = std::make_shared<LogRing>(1024);
        QVERIFY(ring->push("hello\n")); // before: from here on somebody looks without being told
        writer.addRing(ring);
        QTRY_COMPARE(contents(path), QByteArray("hello\n"));
    }

    void whatIsInARemovedRingIsWrittenAndTheRingLetGo()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("access.log");
        LogWriter writer(folder.path().toStdString());
        auto ring = std::make_shared<LogRing>(1024);
        const std::weak_ptr<LogRing> watched = ring;
        writer.addRing(ring);
        QVERIFY(ring->push("last words\n"));
        writer.removeRing(ring);
        ring.reset();
        QTRY_VERIFY(watched.expired());
        QCOMPARE(contents(path), QByteArray("last words\n"));
    }

    void limitsChangeWhileItRuns()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("access.log");
        LogWriter writer(folder.path().toStdString());
        const auto ring = std::make_shared<LogRing>(1024);
        writer.addRing(ring);
        QVERIFY(ring->push("a\n"));
        writer.wake();
        QTRY_COMPARE(contents(path), QByteArray("a\n"));
        writer.setLimits({.fileBytesMax = 2, .filesMax = 1});
        QVERIFY(ring->push("b\n"));
        writer.stop();
        QCOMPARE(contents(path), QByteArray("b\n"));
        QCOMPARE(contents(path + ".1"), QByteArray("a\n"));
    }

    void aFullDiskIsCounted()
    {
        if (!QFile::exists("/dev/full"))
            QSKIP("no /dev/full here");
        QTemporaryDir folder;
        const QString path = folder.filePath("access.log");
        QVERIFY(QFile::link("/dev/full", path));
        LogWriter writer(folder.path().toStdString());
        const auto ring = std::make_shared<LogRing>(1024);
        writer.addRing(ring);
        QVERIFY(ring->push("a\n") && ring->push("b\n"));
        writer.wake();
        QTRY_COMPARE(writer.linesDropped(), uint64_t {2});
        QVERIFY(QFile::remove(path));
        QVERIFY(ring->push("c\n"));
        writer.stop();
        QCOMPARE(contents(path), QByteArray("c\n"));
        QCOMPARE(writer.linesDropped(), uint64_t {2});
    }

    void stoppingTwiceIsHarmless()
    {
        QTemporaryDir folder;
        LogWriter writer(folder.path().toStdString());
        writer.stop();
        writer.wake();
        writer.stop();
    }
};

QTEST_APPLESS_MAIN(TestLogWriter)
#include "tst_log_writer.moc"
