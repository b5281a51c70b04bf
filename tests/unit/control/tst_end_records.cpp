// SPDX-License-Identifier: Apache-2.0
// Certificates of workers' ends: kept over a restart, bounded, the unplanned ones longest.
#include "server/control/end_records.h"
#include "server/loop/event_loop.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <future>

using namespace arc;

namespace {

WorkerEnd ended(const std::string &app, bool planned)
{
    return {.app = app,
            .pid = 4711,
            .kind = planned ? EndKind::Deploy : EndKind::Signal,
            .cause = planned ? "was replaced by generation 2" : "was killed by signal 11 (SIGSEGV)",
            .planned = planned,
            .running = {{.label = "GET /", .ranMs = 12, .fate = RequestFate::Repeated}},
            .memory = {{.atUnixMs = 1, .bytes = 2}},
            .stacks = {{.atUnixMs = 3, .about = "GET /", .text = "here\n"}},
            .output = {"last words \xff"}};
}

/// An engine's worth of it: a control loop in a thread, a blocking pool, the records.
class Engine {
public:
    explicit Engine(const QTemporaryDir &folder)
        : m_loop(std::move(EventLoop::create("control", EventLoop::kNoIndex, s_metrics).value())),
          m_thread("control", [this] { m_loop->run(); }),
          m_blocking(std::make_unique<BlockingPool>(1)),
          m_path(folder.filePath(QStringLiteral("ends.json")).toStdString())
    {
        on([this] {
            m_records = std::make_unique<EndRecords>(
                EndRecords::Parts {.control = *m_loop,
                                   .blocking = *m_blocking,
                                   .path = m_path,
                                   .log = [this](const std::string &line) {
                                       m_log += line + "\n";
                                   }});
        });
    }
    ~Engine()
    {
        on([this] {
            m_blocking.reset();
            m_records.reset();
        });
        m_loop->stop();
        m_thread.join();
    }
    template <class F>
    void on(F task)
    {
        std::promise<void> done;
        m_loop->post([&] {
            task();
            done.set_value();
        });
        done.get_future().wait();
    }
    void add(WorkerEnd end)
    {
        on([&] { m_records->add(std::move(end)); });
    }
    api::WorkerEnds list(const api::WorkerEndQuery &what)
    {
        api::WorkerEnds found;
        on([&] { found = m_records->list(what); });
        return found;
    }
    api::WorkerEnd whole(uint64_t id)
    {
        api::WorkerEnd found;
        on([&] {
            if (const auto *end = m_records->find(id))
                found = *end;
        });
        return found;
    }
    std::string log()
    {
        std::string log;
        on([&] { log = m_log; });
        return log;
    }
    const std::string &path() const { return m_path; }

private:
    static inline LoopMetrics s_metrics;
    std::unique_ptr<EventLoop> m_loop;
    Thread m_thread;
    std::unique_ptr<BlockingPool> m_blocking;
    const std::string m_path;
    std::string m_log;
    std::unique_ptr<EndRecords> m_records;
};

} // namespace

class TestEndRecords : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theNewestComesFirstAndOnlyOneInFull()
    {
        QTemporaryDir folder;
        Engine engine(folder);
        engine.add(ended("shop", false));
        engine.add(ended("api", true));
        const auto all = engine.list({});
        QCOMPARE(all.ends.size(), size_t(2));
        QCOMPARE(all.ends[0].app, std::string("api"));
        QCOMPARE(all.ends[1].running[0].fate, std::string("repeated"));
        QVERIFY(all.ends[1].output.empty() && all.ends[1].stacks.empty());
        QCOMPARE(engine.list({.app = "shop"}).ends.size(), size_t(1));
        QCOMPARE(engine.list({.unplanned = true}).ends[0].app, std::string("shop"));
        QCOMPARE(engine.list({.limit = 1}).ends.size(), size_t(1));
        QCOMPARE(engine.whole(0).app, std::string("api"));
        QCOMPARE(engine.whole(1).stacks[0].text, std::string("here\n"));
        QCOMPARE(engine.whole(77).id, uint64_t(0));
    }

    void theyOutliveTheEngineAndNumbersGoOn()
    {
        QTemporaryDir folder;
        {
            Engine engine(folder);
            engine.add(ended("shop", false));
        }
        Engine engine(folder);
        QCOMPARE(engine.whole(1).cause, std::string("was killed by signal 11 (SIGSEGV)"));
        QVERIFY(QByteArray::fromStdString(engine.whole(1).output[0]).startsWith("last words"));
        engine.add(ended("shop", true));
        QCOMPARE(engine.list({}).ends[0].id, uint64_t(2));
        QVERIFY(engine.log().empty());
    }

    void theyAreOnTheDiskSoonAfterAnEnd()
    {
        QTemporaryDir folder;
        Engine engine(folder);
        engine.add(ended("shop", false));
        const QString path = QString::fromStdString(engine.path());
        QTRY_VERIFY(QFile::exists(path));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().contains("SIGSEGV"));
        const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther;
        QVERIFY(!(file.permissions() & others));
    }

    void plannedEndsMakeRoomForTheOthers()
    {
        QTemporaryDir folder;
        Engine engine(folder);
        engine.add(ended("shop", false));
        for (size_t i = 0; i < EndRecords::kRecordsMax + 10; ++i)
            engine.add(ended("shop", true));
        const auto all = engine.list({.limit = 1000});
        QCOMPARE(all.ends.size(), EndRecords::kRecordsMax);
        QCOMPARE(all.ends.back().id, uint64_t(1));
        for (size_t i = 0; i < EndRecords::kRecordsMax + 10; ++i)
            engine.add(ended("shop", false));
        QCOMPARE(engine.list({.limit = 1000}).ends.size(), EndRecords::kRecordsMax);
        QCOMPARE(engine.whole(1).id, uint64_t(0));
    }

    void aFileThatIsNoneOfOursIsSaidAndReplaced()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath(QStringLiteral("ends.json")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{\"ends\": 7}");
        file.close();
        {
            Engine engine(folder);
            QVERIFY(engine.log().find("cannot be read") != std::string::npos);
            engine.add(ended("shop", false));
        }
        Engine engine(folder);
        QCOMPARE(engine.whole(1).app, std::string("shop"));
    }

    void aFolderThatIsGoneIsSaidOnce()
    {
        QTemporaryDir folder;
        Engine engine(folder);
        QVERIFY(folder.remove());
        engine.add(ended("shop", false));
        QTRY_VERIFY(engine.log().find("in memory only") != std::string::npos);
        QCOMPARE(engine.whole(1).app, std::string("shop"));
    }
};

QTEST_GUILESS_MAIN(TestEndRecords)
#include "tst_end_records.moc"
