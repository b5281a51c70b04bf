// SPDX-License-Identifier: Apache-2.0
// Services with real processes and no engine around them.
#include "server/base/text.h"
#include "server/jobs/service_supervisor.h"
#include "tests/unit/jobs/scheduler_under_test.h"

#include <set>

#include <unistd.h>

using namespace arc;
using namespace arc::test;

namespace {

constexpr const char *kMark = "service-test-";

/// Writes "PID WORD" into `begun`, and stays.
std::string staying(const std::string &word = "on")
{
    return "python -c \"import os, time\nopen('begun', 'a').write('%d " + word
        + "\\\\n' % os.getpid())\nprint('hello of', os.environ['ARCOLOGY_INSTANCE'], "
          "flush=True)\ntime.sleep(300)\"";
}

class ServicesUnderTest {
public:
    ServicesUnderTest()
    {
        m_control = std::move(*EventLoop::create("control", EventLoop::kNoIndex, m_loopMetrics));
        m_blocking = std::make_unique<BlockingPool>(2);
        m_thread = Thread("control", [this] { m_control->run(); });
        begin();
    }
    ~ServicesUnderTest()
    {
        stop();
        onControl([this] { m_services.reset(); });
        m_blocking.reset();
        m_control->stop();
        m_thread.join();
    }

    void onControl(std::function<void()> task)
    {
        std::promise<void> done;
        m_control->post([&] {
            task();
            done.set_value();
        });
        done.get_future().wait();
    }
    void begin()
    {
        onControl([this] {
            m_services = std::make_unique<ServiceSupervisor>(ServiceSupervisor::Parts {
                .control = *m_control,
                .blocking = *m_blocking,
                .executable = QFile::symLinkTarget(QStringLiteral("/proc/self/exe")).toStdString(),
                .markBegin = kMark + std::to_string(::getpid()) + "-",
                .log =
                    [this](LogLevel level, const std::string &line) {
                        errors += level == LogLevel::Error ? 1 : 0;
                        log += line + "\n";
                    },
                .output =
                    [this](const std::string &, int pid, std::string_view line) {
                        appLog += (pid ? "[app] " : "[engine] ") + std::string(line) + "\n";
                    },
                .metrics = [this](const std::string &) { return m_metrics; },
                .withSecrets = [](const AppConfig &plain) -> Result<AppConfig> {
                    return plain;
                }});
        });
    }
    void stop()
    {
        auto stopped = std::make_shared<std::promise<void>>();
        onControl([&] {
            if (m_services)
                m_services->stop([stopped] { stopped->set_value(); });
            else
                stopped->set_value();
        });
        stopped->get_future().wait();
    }
    void serve(std::vector<ServiceConfig> services, bool isServed = true)
    {
        app.services = std::move(services);
        app.root = m_folder.path().toStdString();
        onControl([&] { m_services->update({{app, crashLoopCount, isServed}}); });
    }
    void follow()
    {
        onControl([&] { m_services->follow("shop"); });
    }
    Result<std::chrono::milliseconds> restart() { return beginRestart().get(); }
    std::chrono::seconds longestStop()
    {
        std::chrono::seconds longest {0};
        onControl([&] { longest = m_services->longestStop(); });
        return longest;
    }
    void killAll()
    {
        onControl([this] { m_services->kill(); });
    }
    std::future<Result<std::chrono::milliseconds>> beginRestart()
    {
        auto answer = std::make_shared<std::promise<Result<std::chrono::milliseconds>>>();
        onControl([&] {
            m_services->restart("shop", "a", "test",
                                [answer](auto took) { answer->set_value(std::move(took)); });
        });
        return answer->get_future();
    }
    void tryNow()
    {
        onControl([&] { m_services->tryNow("shop", "a"); });
    }
    ServiceSupervisor::State state()
    {
        ServiceSupervisor::State state;
        onControl([&] { state = m_services->stateOf("shop", "a"); });
        return state;
    }
    QString is() { return QString::fromStdString(state().state); }
    QByteArray content(const QString &name) const
    {
        QFile written(m_folder.filePath(name));
        return written.open(QIODevice::ReadOnly) ? written.readAll() : QByteArray();
    }
    QString file(const QString &name) const { return m_folder.filePath(name); }
    /// Of `begun`: the first word of line `at`.
    QByteArray pid(int at) const
    {
        const QList<QByteArray> all = content("begun").split('\n');
        return at < all.size() ? all[at].split(' ')[0] : QByteArray();
    }
    qsizetype begun() const { return content("begun").count('\n'); }
    std::string logged()
    {
        std::string copy;
        onControl([&] { copy = appLog; });
        return copy;
    }
    int64_t running() { return m_metrics->cells.servicesRunning.read(); }
    int64_t failed() { return m_metrics->cells.servicesFailed.read(); }
    int64_t restarts() { return m_metrics->cells.serviceRestarts.read(); }
    /// The engine dies: nothing is told, and its processes stay.
    void die()
    {
        onControl([this] { m_services.reset(); });
    }

    AppConfig app {
        .id = "shop", .entry = "app:app", .interface = "wsgi", .python = "/usr/bin/python3"};
    int64_t crashLoopCount = 5;
    int errors = 0;
    std::string log;
    std::string appLog;

private:
    QTemporaryDir m_folder;
    LoopMetrics m_loopMetrics;
    std::shared_ptr<AppMetricsSet> m_metrics = std::make_shared<AppMetricsSet>("shop");
    std::unique_ptr<EventLoop> m_control;
    std::unique_ptr<BlockingPool> m_blocking;
    Thread m_thread;
    std::unique_ptr<ServiceSupervisor> m_services;
};

ServiceConfig service(const std::string &command)
{
    return {.name = "a", .command = command, .readyAfterSeconds = 0, .stopTimeoutSeconds = 2};
}

} // namespace

class TestServices : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void itRunsAndWhatItWritesIsInTheAppsLog()
    {
        ServicesUnderTest test;
        test.serve({service(staying())});
        QTRY_COMPARE(test.is(), QString("running"));
        QTRY_VERIFY(test.logged().find("[app] a: hello of 1\n") != std::string::npos);
        QCOMPARE(test.state().processes.size(), size_t {1});
        QCOMPARE(QByteArray::number(test.state().processes[0].pid), test.pid(0));
        QTRY_COMPARE(test.running(), int64_t {1});
        test.stop();
        QVERIFY(!isAlive(test.pid(0)));
        QCOMPARE(test.running(), int64_t {0});
    }

    void oneThatIsKilledComesBack()
    {
        ServicesUnderTest test;
        test.serve({service(staying())});
        QTRY_COMPARE(test.begun(), 1);
        QTRY_COMPARE(test.is(), QString("running"));
        ::kill(test.pid(0).toInt(), SIGKILL);
        QTRY_COMPARE(test.begun(), 2);
        QTRY_COMPARE(test.is(), QString("running"));
        QCOMPARE(test.restarts(), int64_t {1});
        QCOMPARE(test.state().processes[0].lastEnd,
                 std::string("was killed by signal 9 (SIGKILL); its last line: hello of 1"));
        QVERIFY2(test.logged().find("WARNING: service a: process ") != std::string::npos,
                 test.logged().c_str());
    }

    void aCrashLoopIsToldOnceWithItsCauseAndTriedOnRequest()
    {
        ServicesUnderTest test;
        test.crashLoopCount = 3;
        ServiceConfig broken = service("sh -c 'echo no broker; exit 7'");
        broken.readyAfterSeconds = 1;
        test.serve({broken});
        QTRY_COMPARE(test.is(), QString("failed"));
        QCOMPARE(test.state().cause, std::string("exited with code 7; its last line: no broker"));
        QCOMPARE(test.state().processes[0].lastOutput, std::string("no broker\n"));
        QTRY_COMPARE(test.failed(), int64_t {1});
        QCOMPARE(test.errors, 1);
        QVERIFY(test.state().processes[0].nextUnixMs > unixNowMs() + 20'000);
        const auto refused = test.restart();
        QVERIFY(!refused);
        QCOMPARE(refused.error().message(),
                 std::string("a does not run: its process exited with code 7; its last line: no "
                             "broker"));
        test.serve({service(staying())}); // mended
        QTRY_COMPARE(test.is(), QString("running"));
        QTRY_COMPARE(test.failed(), int64_t {0});
    }

    void aProgramThatIsNotThereIsSaid()
    {
        ServicesUnderTest test;
        test.crashLoopCount = 1;
        test.serve({service("no-such-program --now")});
        QTRY_COMPARE(test.is(), QString("failed"));
        QCOMPARE(test.state().cause,
                 std::string("could not be started: no-such-program: no such command beside the "
                             "interpreter or on PATH"));
    }

    void itRunsOnceItsPortAccepts()
    {
        ServicesUnderTest test;
        ServiceConfig web =
            service("python -c \"import os, socket, time\nwhile not os.path.exists('go'): "
                    "time.sleep(0.02)\ns = socket.create_server((os.environ['HOST'], "
                    "int(os.environ['PORT'])))\ntime.sleep(300)\"");
        web.port = true;
        test.serve({web});
        QTRY_VERIFY(!test.state().processes.empty() && test.state().processes[0].pid);
        QCOMPARE(test.is(), QString("starting"));
        touch(test.file("go"));
        QTRY_COMPARE(test.is(), QString("running"));
        const uint16_t port = test.state().processes[0].port;
        QVERIFY(port != 0);
        // It is the same after a restart: something may have been told of it.
        QVERIFY(test.restart());
        QCOMPARE(test.state().processes[0].port, port);
    }

    void oneThatDoesNotListenInTimeIsEnded()
    {
        ServicesUnderTest test;
        test.crashLoopCount = 1;
        ServiceConfig web = service(staying());
        web.port = true;
        web.startTimeoutSeconds = 1;
        test.serve({web});
        QTRY_COMPARE(test.is(), QString("failed"));
        const QString cause = QString::fromStdString(test.state().cause);
        QVERIFY2(cause.startsWith("did not accept connections on 127.0.0.1:")
                     && cause.endsWith(" within 1 s, and was ended"),
                 qPrintable(cause));
        QVERIFY(!isAlive(test.pid(0)));
    }

    void severalAreNumberedAndHavePortsOfTheirOwn()
    {
        ServicesUnderTest test;
        ServiceConfig web =
            service("python -c \"import os, socket, time\ns = socket.create_server(('127.0.0.1', "
                    "int(os.environ['PORT'])))\ntime.sleep(300)\"");
        web.port = true;
        web.instances = 3;
        test.serve({web});
        QTRY_COMPARE(test.is(), QString("running"));
        std::set<uint16_t> ports;
        std::set<int> pids;
        for (const auto &process : test.state().processes) {
            ports.insert(process.port);
            pids.insert(process.pid);
        }
        QCOMPARE(ports.size(), size_t {3});
        const int first = test.state().processes[0].pid;
        web.instances = 1; // the others go, this one is not touched
        test.serve({web});
        QTRY_COMPARE(test.state().processes.size(), size_t {1});
        QCOMPARE(test.state().processes[0].pid, first);
        for (const int pid : pids)
            QTRY_VERIFY(pid == first || !isAlive(QByteArray::number(pid)));
    }

    void onlyWhatIsConcernedIsRestarted()
    {
        ServicesUnderTest test;
        ServiceConfig one = service(staying());
        test.serve({one});
        QTRY_COMPARE(test.begun(), 1); // it may count as running before its first line has run
        QTRY_COMPARE(test.is(), QString("running"));
        one.stopTimeoutSeconds = 5;
        one.restart = "on-failure";
        test.serve({one});
        test.app.env["COLOUR"] = "red"; // its workers have not followed yet
        test.serve({one});
        // A restart would show at once.
        QCOMPARE(test.is(), QString("running"));
        QCOMPARE(test.state().processes[0].lastEnd, std::string());
        test.follow();
        QTRY_COMPARE(test.begun(), 2);
        QTRY_VERIFY(!isAlive(test.pid(0)));
        one.command = staying("other");
        test.serve({one});
        QTRY_VERIFY(test.content("begun").endsWith(" other\n"));
        QTRY_VERIFY(!isAlive(test.pid(1)));
        QCOMPARE(test.restarts(), int64_t {0}); // nobody counts what was ordered
    }

    void variablesComeWithTheGenerationThatHasThem()
    {
        ServicesUnderTest test;
        ServiceConfig one = service("sh -c 'echo $COLOUR >> colours; exec sleep 300'");
        test.app.env["COLOUR"] = "red";
        test.serve({one});
        QTRY_COMPARE(test.content("colours"), QByteArray("red\n"));
        test.app.env["COLOUR"] = "blue";
        test.serve({one});
        QTRY_COMPARE(test.is(), QString("running"));
        ::kill(test.state().processes[0].pid, SIGKILL);
        QTRY_COMPARE(test.content("colours"), QByteArray("red\nred\n"));
        test.follow();
        QTRY_COMPARE(test.content("colours"), QByteArray("red\nred\nblue\n"));
    }

    void itStopsWithItsSiteAndComesBackWithIt()
    {
        ServicesUnderTest test;
        ServiceConfig one = service(staying());
        test.serve({one});
        QTRY_COMPARE(test.begun(), 1);
        QTRY_COMPARE(test.is(), QString("running"));
        test.serve({one}, false);
        QTRY_COMPARE(test.is(), QString("paused"));
        QVERIFY(!isAlive(test.pid(0)));
        QVERIFY(!test.restart());
        test.serve({one});
        QTRY_COMPARE(test.begun(), 2);
        QTRY_COMPARE(test.is(), QString("running"));
        one.enabled = false;
        test.serve({one});
        QTRY_COMPARE(test.is(), QString("off"));
        QCOMPARE(test.restart().error().message(), std::string("a is off; start it instead"));
        test.serve({});
        QCOMPARE(test.begun(), 2);
    }

    void theRuleNeverLeavesItEnded()
    {
        ServicesUnderTest test;
        ServiceConfig once = service("python -c \"open('begun', 'a').write('1 once\\\\n')\"");
        once.restart = "never";
        test.serve({once});
        QTRY_COMPARE(test.is(), QString("ended"));
        QCOMPARE(test.state().cause, std::string("exited with code 0"));
        test.serve({once}); // another change is no reason to start it
        QCOMPARE(test.is(), QString("ended"));
        test.tryNow();
        QTRY_COMPARE(test.begun(), 2);
    }

    void oneThatDoesNotListenToItsStopSignalIsKilledWithAllItStarted()
    {
        ServicesUnderTest test;
        ServiceConfig deaf = service(
            "python -c \"import os, signal, subprocess, time\nsignal.signal(signal.SIGTERM, "
            "signal.SIG_IGN)\na = subprocess.Popen(['sleep', '300'])\nb = "
            "subprocess.Popen(['sleep', '300'], start_new_session=True)\nopen('begun', "
            "'w').write('%d\\\\n%d\\\\n%d\\\\n' % (os.getpid(), a.pid, b.pid))\ntime.sleep(300)\"");
        deaf.stopTimeoutSeconds = 1;
        test.serve({deaf});
        QTRY_COMPARE(test.begun(), 3);
        test.stop();
        for (int at = 0; at < 3; ++at)
            QVERIFY(!isAlive(test.pid(at)));
        QVERIFY2(test.logged().find("was stopped with the engine; it was killed, because it did "
                                    "not end within 1 s")
                     != std::string::npos,
                 test.logged().c_str());
    }

    void whatIsConfiguredWhenItIsToldToEndCounts()
    {
        ServicesUnderTest test;
        ServiceConfig slow = service(
            "python -c \"import os, signal, sys, time\ndef end(*_):\n    time.sleep(2)\n    "
            "open('finished', 'w')\n    sys.exit()\nsignal.signal(signal.SIGINT, "
            "end)\nopen('begun', 'w').write('%d x\\\\n' % os.getpid())\ntime.sleep(300)\"");
        slow.stopTimeoutSeconds = 1;
        test.serve({slow});
        QTRY_COMPARE(test.begun(), 1);
        QTRY_COMPARE(test.is(), QString("running"));
        slow.stopTimeoutSeconds = 600;
        slow.stopSignal = "INT";
        test.serve({slow});
        QCOMPARE(test.longestStop(), std::chrono::seconds(600));
        test.stop();
        QVERIFY(QFile::exists(test.file("finished")));
        QVERIFY(test.logged().find("it was killed") == std::string::npos);
    }

    void aRestartIsAnsweredAlsoWhenTheServiceIsRemovedMeanwhile()
    {
        ServicesUnderTest test;
        test.serve({service(staying())});
        QTRY_COMPARE(test.is(), QString("running"));
        auto answer = test.beginRestart();
        test.serve({});
        QCOMPARE(answer.wait_for(std::chrono::seconds(30)), std::future_status::ready);
        QCOMPARE(answer.get().error().message(), std::string("a was removed before it ran again"));
    }

    void nothingStaysWhenItIsKilledAtOnce()
    {
        ServicesUnderTest test;
        test.serve({service(staying())});
        QTRY_COMPARE(test.begun(), 1);
        test.killAll();
        QTRY_VERIFY(!isAlive(test.pid(0)));
        QCOMPARE(test.begun(), 1);
    }

    /// A master that is told to end lets its children finish what they have; the signal is not for
    /// them.
    void theStopSignalGoesToTheFirstProcessOnly()
    {
        ServicesUnderTest test;
        ServiceConfig master =
            service("python -c \"import os, signal, subprocess, sys, time\nchild = "
                    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(0.3); "
                    "open(\\\"finished\\\", \\\"w\\\")'])\nopen('begun', 'w').write('%d x\\\\n' % "
                    "os.getpid())\ndef end(*_):\n    child.wait()\n    "
                    "sys.exit()\nsignal.signal(signal.SIGINT, end)\ntime.sleep(300)\"");
        master.stopSignal = "INT";
        master.stopTimeoutSeconds = 30;
        test.serve({master});
        QTRY_COMPARE(test.begun(), 1);
        test.stop();
        QVERIFY(QFile::exists(test.file("finished")));
    }

    void whatADeadEngineLeftIsEndedBeforeAnythingIsStarted()
    {
        ServicesUnderTest test;
        // Deaf, so that it outlives what its supervisor does on its own way out.
        ServiceConfig one =
            service("python -c \"import os, signal, time\nsignal.signal(signal.SIGTERM, "
                    "signal.SIG_IGN)\nopen('begun', 'a').write('%d x\\\\n' % "
                    "os.getpid())\ntime.sleep(300)\"");
        one.stopTimeoutSeconds = 600;
        test.serve({one});
        QTRY_COMPARE(test.begun(), 1);
        test.die();
        QVERIFY(isAlive(test.pid(0)));
        test.begin();
        one.command = staying();
        test.serve({one});
        QTRY_COMPARE(test.begun(), 2);
        QVERIFY(!isAlive(test.pid(0)));
    }
};

SCHEDULER_TEST_MAIN(TestServices)
#include "tst_services.moc"
