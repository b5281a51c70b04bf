// SPDX-License-Identifier: Apache-2.0
#include "server/base/version.h"
#include "server/control/api/wire.h"
#include "server/control/client/client.h"
#include "server/control/client/control_socket.h"
#include "tests/unit/control/raw_call.h"
#include "tests/unit/control/scripted_engine.h"

#include <atomic>

#include <fmt/format.h>

#include <QTemporaryDir>
#include <QtTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace arc;
using namespace arc::test;

namespace {

std::unique_ptr<ControlClient>
connectTo(const std::string &path, std::chrono::milliseconds timeout = std::chrono::seconds(10))
{
    return ControlClient::create({.socketPath = path, .author = "test (ana)", .timeout = timeout})
        .value();
}

} // namespace

class TestControlClient : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string socketPath() { return m_folder.filePath("control.sock").toStdString(); }

private Q_SLOTS:
    void oneConnectionCarriesManyCalls()
    {
        std::vector<std::string> requests;
        ScriptedEngine engine(socketPath(), [&](const std::string &request) {
            requests.push_back(request);
            return ScriptedEngine::json(R"({"revision": 7, "summary": "done", "later": true})");
        });
        {
            const auto client = connectTo(socketPath());
            for (int i = 0; i < 20; ++i) {
                const auto changed = ask(*client, &Control::startSite, api::Id {"a shop/1"});
                QVERIFY2(changed.has_value(), changed ? "" : changed.error().message().c_str());
                QCOMPARE(changed->revision, uint64_t {7});
            }
            QCOMPARE(engine.connections(), 1);
        }
        QVERIFY(requests.front().starts_with("POST /api/v1/sites/a%20shop%2F1/start HTTP/1.1\r\n"));
        QVERIFY(requests.front().find("X-Arcology-Author: test (ana)\r\n") != std::string::npos);
        QVERIFY(requests.front().find("Expect:") == std::string::npos);
    }

    void callsFromManyCallersAreAllAnswered()
    {
        ScriptedEngine engine(socketPath(),
                              [](const std::string &) { return ScriptedEngine::json("{}"); });
        const auto client = connectTo(socketPath());
        // The scripted engine serves one connection at a time, so only the keep-alive of one can
        // answer all of these.
        std::atomic<int> answered = 0;
        std::atomic<int> refused = 0;
        for (int i = 0; i < 400; ++i) {
            client->status({}, [&](Result<api::Status> status) {
                answered += status.has_value();
                refused += !status && status.error().code() == ErrorCode::Full;
            });
            if (i < 20)
                QTRY_VERIFY_WITH_TIMEOUT(answered > i, 10'000);
        }
        QTRY_VERIFY_WITH_TIMEOUT(refused > 0 || answered == 400, 10'000);
        QVERIFY(answered + refused <= 400);
    }

    void anEngineThatIsAwayIsNamed()
    {
        const auto client = connectTo(m_folder.filePath("nobody.sock").toStdString());
        const auto status = ask(*client, &Control::status, api::Nothing {});
        QVERIFY(!status.has_value());
        QCOMPARE(status.error().code(), ErrorCode::Unavailable);
        QCOMPARE(status.error().message(),
                 "no engine answers at " + m_folder.filePath("nobody.sock").toStdString()
                     + "; start one with: arcology --headless");
    }

    void aSocketOfOthersIsToldFromOneThatIsNotThere()
    {
        ScriptedEngine engine(socketPath(),
                              [](const std::string &) { return ScriptedEngine::json("{}"); });
        QVERIFY(acceptsConnections(socketPath()));
        QVERIFY(!isForbiddenToUs(socketPath()));
        QVERIFY(!isForbiddenToUs(socketPath() + ".none"));
        QCOMPARE(::chmod(socketPath().c_str(), 0), 0);
        const bool isRoot = ::geteuid() == 0; // whom no right stops
        QVERIFY(!isRoot || ::seteuid(65534) == 0);
        const bool isForbidden = isForbiddenToUs(socketPath());
        const bool accepts = acceptsConnections(socketPath());
        QVERIFY(!isRoot || ::seteuid(0) == 0);
        QVERIFY(isForbidden);
        QVERIFY(!accepts);
    }

    void anEngineThatComesBackIsFound()
    {
        const auto client = connectTo(socketPath());
        const auto script = [](const std::string &) {
            return ScriptedEngine::json(R"({"pid": 12})");
        };
        QVERIFY(!ask(*client, &Control::status, api::Nothing {}).has_value());
        for (int round = 0; round < 3; ++round) {
            {
                ScriptedEngine engine(socketPath(), script);
                const auto status = ask(*client, &Control::status, api::Nothing {});
                QVERIFY2(status.has_value(), status ? "" : status.error().message().c_str());
                QCOMPARE(status->pid, 12);
            }
            QVERIFY(!ask(*client, &Control::status, api::Nothing {}).has_value());
        }
    }

    void errorsOfTheEngineReadBack()
    {
        const Error conflict {ErrorCode::Conflict,
                              "made against revision 3, but window changed it to 4"};
        ScriptedEngine engine(socketPath(), [&](const std::string &) {
            return ScriptedEngine::json(api::errorToJson(conflict), 409);
        });
        const auto client = connectTo(socketPath());
        const auto changed =
            ask(*client, &Control::editSettings, api::SettingEdits {.revision = 3});
        QVERIFY(!changed.has_value());
        QCOMPARE(changed.error().code(), ErrorCode::Conflict);
        QCOMPARE(changed.error().message(), conflict.message());
    }

    void anEngineOfAnotherVersionIsRefusedWhateverItAnswers()
    {
        for (const auto &[header, engine] :
             {std::pair {"Arcology-Api: 2; arcology=9.9.9\r\n", "9.9.9"},
              {"", "of an older version"},
              {"Arcology-Api: 1\r\n", "of an older version"},
              {"Arcology-Api: -1; arcology=x\r\n", "of an older version"}}) {
            const std::string answer = fmt::format(
                "HTTP/1.1 200 X\r\n{}Content-Length: 11\r\n\r\n{{\"pid\": 12}}", header);
            ScriptedEngine scripted(socketPath(), [&](const std::string &) { return answer; });
            const auto client = connectTo(socketPath());
            const auto status = ask(*client, &Control::status, api::Nothing {});
            QVERIFY(!status.has_value());
            QCOMPARE(status.error().code(), ErrorCode::Conflict);
            QVERIFY(status.error().message().starts_with(fmt::format(
                "the engine is Arcology {} and this program is {}: ", engine, kVersion)));
        }
    }

    void brokenAnswersBecomeErrors_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::addColumn<int>("code");
        const auto row = [](const char *name, const std::string &answer, ErrorCode code) {
            QTest::newRow(name) << QByteArray::fromStdString(answer) << static_cast<int>(code);
        };
        row("closed at once", "", ErrorCode::Unavailable);
        row("not HTTP", "SSH-2.0-x\r\n", ErrorCode::Unavailable);
        row("cut body", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\n{",
            ErrorCode::Unavailable);
        row("not JSON", ScriptedEngine::json("<html>"), ErrorCode::Internal);
        row("wrong type", ScriptedEngine::json(R"({"pid": "x"})"), ErrorCode::Internal);
        row("a page with 503", "HTTP/1.1 503 X\r\nContent-Length: 4\r\n\r\nbusy",
            ErrorCode::Unavailable);
        row("redirect",
            "HTTP/1.1 302 X\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
            ErrorCode::Internal);
        row("silence", "hang", ErrorCode::Unavailable);
    }
    void brokenAnswersBecomeErrors()
    {
        QFETCH(QByteArray, answer);
        QFETCH(int, code);
        ScriptedEngine engine(socketPath(),
                              [&](const std::string &) { return answer.toStdString(); });
        const auto client = connectTo(socketPath(), std::chrono::milliseconds(300));
        const auto status = ask(*client, &Control::status, api::Nothing {});
        QVERIFY(!status.has_value());
        QCOMPARE(static_cast<int>(status.error().code()), code);
        QVERIFY(!status.error().message().empty());
    }

    void aClientThatGoesAwayAnswersNobody()
    {
        ScriptedEngine engine(socketPath(),
                              [](const std::string &) { return std::string("hang"); });
        auto called = std::make_shared<std::atomic<int>>(0);
        auto client = connectTo(socketPath());
        for (int i = 0; i < 5; ++i)
            client->status({}, [called](Result<api::Status>) { ++*called; });
        QTRY_COMPARE(engine.connections(), 1);
        client.reset();
        QCOMPARE(called->load(), 0);
        QCOMPARE(called.use_count(), 1L); // nothing keeps what the callbacks held
    }

    void aSocketPathThatDoesNotFitIsRefused()
    {
        const auto client = ControlClient::create({.socketPath = "/" + std::string(120, 'x')});
        QVERIFY(!client.has_value());
        QCOMPARE(client.error().code(), ErrorCode::Invalid);
    }

    void theSocketsPlaceFollowsTheRules_data()
    {
        QTest::addColumn<QByteArray>("runtimeDir");
        QTest::addColumn<QByteArray>("dataDir");
        QTest::addColumn<QByteArray>("path");
        const auto row = [](const char *name, const char *runtime, const char *data,
                            const char *path) {
            QTest::newRow(name) << QByteArray(runtime) << QByteArray(data) << QByteArray(path);
        };
        row("runtime dir", "/run/user/1000", "", "/run/user/1000/arcology/control.sock");
        row("data dir wins", "/run/user/1000", "/srv/arc", "/srv/arc/control.sock");
        row("data dir is tidied", "", "/srv/./arc", "/srv/arc/control.sock");
        row("no runtime dir", "", "", "/home/ana/data/arcology/control.sock");
        row("relative runtime dir", "run", "", "/home/ana/data/arcology/control.sock");
    }
    void theSocketsPlaceFollowsTheRules()
    {
        QFETCH(QByteArray, runtimeDir);
        QFETCH(QByteArray, dataDir);
        QFETCH(QByteArray, path);
        const QByteArray before = qgetenv("XDG_RUNTIME_DIR");
        qputenv("XDG_RUNTIME_DIR", runtimeDir);
        qputenv("XDG_DATA_HOME", "/home/ana/data");
        const auto found = controlSocketPath(dataDir.toStdString());
        const auto candidates = controlSocketCandidates(dataDir.toStdString());
        qputenv("XDG_RUNTIME_DIR", before);
        QCOMPARE(found.value(), path.toStdString());
        QCOMPARE(candidates.size(), dataDir.isEmpty() ? size_t {2} : size_t {1});
        QVERIFY(!controlSocketPath("/" + std::string(100, 'x')).has_value());
    }
};

QTEST_GUILESS_MAIN(TestControlClient)
#include "tst_control_client.moc"
