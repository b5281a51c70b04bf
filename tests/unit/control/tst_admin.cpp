// SPDX-License-Identifier: Apache-2.0
// The admin API end to end: our client and raw bytes, a real Unix socket, the real front, a
// FakeControl behind it.
#include "server/admin/peers.h"
#include "server/control/api/wire.h"
#include "server/control/client/client.h"
#include "tests/unit/control/admin_server.h"
#include "tests/unit/control/raw_call.h"

#include <QTemporaryDir>
#include <QtTest>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace arc;
using namespace arc::test;

namespace {

std::string post(const std::string &path, const std::string &body, const std::string &headers = {})
{
    return "POST /api/v1" + path + " HTTP/1.1\r\nHost: x\r\n" + headers
        + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string get(const std::string &path, const std::string &method = "GET")
{
    return method + " " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

template <class Request>
Request withId(const char *id)
{
    Request request {};
    if constexpr (requires { request.id = id; })
        request.id = id;
    else if constexpr (requires { request.id; })
        request.id = 4711;
    if constexpr (requires { request.source; })
        request.source = id;
    if constexpr (requires { request.app; })
        request.app = id;
    if constexpr (requires {
                      request.app;
                      request.name;
                  })
        request.name = id;
    return request;
}

} // namespace

class TestAdmin : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<AdminServer> m_server;
    std::unique_ptr<ControlClient> m_client;

    std::string socketPath() { return m_folder.filePath("control.sock").toStdString(); }
    RawAnswer raw(const std::string &request) { return rawCall(socketPath(), request); }

private Q_SLOTS:
    void init()
    {
        m_server = std::make_unique<AdminServer>(socketPath(), getuid());
        m_client = ControlClient::create({.socketPath = socketPath(), .author = "window"}).value();
    }
    void cleanup()
    {
        m_client.reset();
        m_server.reset();
    }

    void everyOperationReachesControlWithItsRequest()
    {
        std::vector<std::string> expected;
#define OPERATION(NAME, METHOD, PATH, ROLE, REQUEST, ANSWER, VERB, CONFIRM, HELP)                  \
    {                                                                                              \
        const auto what = withId<api::REQUEST>("no site / here");                                  \
        expected.push_back(#NAME + api::toJson(what));                                             \
        (void)ask(*m_client, &Control::NAME, what);                                                \
    }
#include "server/control/api/operations.def"
        const auto calls = m_server->onLoop([](FakeControl &fake) { return fake.calls; });
        for (size_t i = 0; i < std::min(calls.size(), expected.size()); ++i)
            QCOMPARE(QString::fromStdString(calls[i].operation + calls[i].request),
                     QString::fromStdString(expected[i]));
        QCOMPARE(calls.size(), expected.size());
    }

    void answersComeBackWhole()
    {
        const auto direct = m_server->onLoop([](FakeControl &fake) {
            fake.setClock([] { return int64_t {1'800'000'000'000}; });
            api::Snapshot snapshot;
            fake.snapshot({}, [&](Result<api::Snapshot> now) { snapshot = std::move(*now); });
            return snapshot;
        });
        const auto answer = ask(*m_client, &Control::snapshot, api::Nothing {});
        QVERIFY(answer.has_value());
        QVERIFY(*answer == direct);
        QVERIFY(!answer->pools.at(0).workers.empty());
    }

    void everyErrorCodeComesBackAsItWas()
    {
        for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code) {
            const Error error {static_cast<ErrorCode>(code), "the sentence · \"quoted\""};
            m_server->onLoop([error](FakeControl &fake) { fake.failNext("status", error); });
            const auto answer = ask(*m_client, &Control::status, api::Nothing {});
            QVERIFY(!answer.has_value());
            QCOMPARE(answer.error().code(), error.code());
            QCOMPARE(answer.error().message(), error.message());
        }
    }

    void changesCarryTheirAuthor()
    {
        QVERIFY(ask(*m_client, &Control::stopSite, api::Id {"shop"}).has_value());
        const auto history = ask(*m_client, &Control::configHistory, api::RevisionQuery {});
        QVERIFY(history.has_value());
        const std::string author = history->revisions.at(0).author;
        QVERIFY2(author.starts_with("window ("), author.c_str());
        (void)raw(
            post("/sites/shop/start", "", "X-Arcology-Author: " + std::string(200, 'x') + "\r\n"));
        QVERIFY(m_server->authors().back().starts_with(std::string(64, 'x') + " ("));
        (void)raw(get("/api/v1/status"));
        QVERIFY(m_server->authors().back().find('x') == std::string::npos);
    }

    void aRevisionIsAnETagAndIfMatchAnExpectation()
    {
        const RawAnswer list = raw(get("/api/v1/sites"));
        QCOMPARE(list.status, 200);
        QVERIFY(list.head.find("ETag: \"2\"\r\n") != std::string::npos);
        const std::string edit = R"({"edits": [{"key": "drain_s", "value": "5"}]})";
        const std::string patch =
            "PATCH /api/v1/settings HTTP/1.1\r\nHost: x\r\nIf-Match: \"2\"\r\nContent-Length: "
            + std::to_string(edit.size()) + "\r\n\r\n" + edit;
        const RawAnswer first = raw(patch);
        QCOMPARE(first.status, 200);
        QVERIFY(first.head.find("ETag: \"3\"\r\n") != std::string::npos);
        const RawAnswer second = raw(patch);
        QCOMPARE(second.status, 412);
        QVERIFY(second.body.find("\"conflict\"") != std::string::npos);
    }

    void badRequestsAreRefusedBeforeControlSeesThem_data()
    {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char *name, const std::string &request, int status,
                            const char *says) {
            QTest::newRow(name) << QByteArray::fromStdString(request) << status << QByteArray(says);
        };
        row("no such path", get("/api/v1/nothing"), 404, "there is no such operation");
        row("outside the API", get("/index.html"), 404, "not under /api/v1");
        row("prefix alone", get("/api/v1"), 404, "there is no such operation");
        row("other version", get("/api/v2/status"), 404, "not under /api/v1");
        row("wrong method", get("/api/v1/status", "DELETE"), 405, "takes GET");
        row("unknown method", get("/api/v1/status", "BREW"), 405, "takes GET");
        row("unknown query field", get("/api/v1/history?minutes=3"), 400,
            "minutes: there is no such field");
        row("field twice", get("/api/v1/history?seconds=3&seconds=4"), 400,
            "stands in the query twice");
        row("not a number", get("/api/v1/history?seconds=many"), 400,
            "seconds: must be a whole number");
        row("broken escape", get("/api/v1/history?seconds=%3"), 400, "broken percent escape");
        row("pid is no number", post("/workers/self/kill", ""), 400, "pid: must be a whole number");
        row("body is not JSON", post("/sites", "path=/srv"), 400, "the body is not JSON");
        row("body is a list", post("/sites", "[]"), 400, "must be an object");
        row("unknown body field", post("/sites", R"({"folder": "/srv"})"), 400,
            "folder: there is no such field");
        row("wrong type deep down", post("/sites", R"({"env": {"A": 1}})"), 400,
            "env.A: must be text");
        row("id twice", post("/sites/shop/start", R"({"id": "docs"})"), 400,
            "id: stands in the path already");
        row("query on POST", post("/sites?path=/srv", "{}"), 400, "not in the query");
        row("If-Match is no revision", post("/config", "{}", "If-Match: W/\"x\"\r\n"), 400,
            "If-Match");
        row("If-Match where none fits", post("/sites/shop/stop", "", "If-Match: \"2\"\r\n"), 400,
            "takes no revision");
        row("If-Match against the body",
            post("/config", R"({"revision": 3})", "If-Match: \"2\"\r\n"), 400, "differs");
    }
    void badRequestsAreRefusedBeforeControlSeesThem()
    {
        QFETCH(QByteArray, request);
        QFETCH(int, status);
        QFETCH(QByteArray, says);
        const RawAnswer answer = raw(request.toStdString());
        QCOMPARE(answer.status, status);
        QVERIFY2(QByteArray::fromStdString(answer.body).contains(says), answer.body.c_str());
        QVERIFY(nlohmann::json::parse(answer.body, nullptr, false)["error"]["code"].is_string());
        QCOMPARE(m_server->onLoop([](FakeControl &fake) { return fake.calls.size(); }), size_t {0});
    }

    void aBodyBeyondTheLimitIsRefused()
    {
        const std::string document(api::kRequestBytesMax + 10, ' ');
        const auto changed =
            ask(*m_client, &Control::importConfig, api::ImportDocument {.document = document});
        QVERIFY(!changed.has_value());
        QCOMPARE(changed.error().code(), ErrorCode::Full);
        QVERIFY(ask(*m_client, &Control::status, api::Nothing {}).has_value()); // and life goes on
    }

    void aLargeDocumentArrivesWhole()
    {
        const std::string document = "{\"x\": \"" + std::string(5 << 20, 'y') + "\"}";
        (void)ask(*m_client, &Control::importConfig, api::ImportDocument {.document = document});
        const auto size =
            m_server->onLoop([](FakeControl &fake) { return fake.calls.back().request.size(); });
        QVERIFY(size > document.size());
    }

    void othersThanTheOwnerAreRefused()
    {
        // Whoever runs the test is "another user" to a front that belongs to somebody else. Root
        // always administrates.
        Peers peers(12345);
        QVERIFY(peers.find(0).role == Role::Admin);
        QVERIFY(peers.find(12345).role == Role::Admin);
        QVERIFY(!peers.find(54321).role);
        QCOMPARE(peers.find(54321).name, std::string("uid 54321"));
        if (getuid() == 0)
            return;
        m_server = std::make_unique<AdminServer>(m_folder.filePath("other.sock").toStdString(),
                                                 getuid() + 1);
        QCOMPARE(
            rawCall(m_folder.filePath("other.sock").toStdString(), get("/api/v1/status")).status,
            403);
    }

    void aClientThatLeavesDropsItsAnswer()
    {
        m_server->onLoop([](FakeControl &fake) { fake.hold(); });
        m_client->status({}, [](Result<api::Status>) {});
        QTRY_COMPARE(m_server->onLoop([](FakeControl &fake) { return fake.held(); }), size_t {1});
        m_client.reset();
        QCOMPARE(rawCall(socketPath(), get("/api/v1/openapi.json")).status,
                 200); // the leave was seen by now
        m_server->onLoop([](FakeControl &fake) { fake.release(); });
        QCOMPARE(rawCall(socketPath(), get("/api/v1/status")).status, 200);
    }

    void callsAreAnsweredWhileOthersWait()
    {
        m_server->onLoop([](FakeControl &fake) { fake.hold(); });
        std::atomic<int> answered = 0;
        for (int i = 0; i < 3; ++i)
            m_client->status({},
                             [&](Result<api::Status> status) { answered += status.has_value(); });
        QTRY_COMPARE(m_server->onLoop([](FakeControl &fake) { return fake.held(); }), size_t {3});
        QCOMPARE(raw(get("/api/v1/openapi.json")).status, 200);
        m_server->onLoop([](FakeControl &fake) { fake.release(); });
        QTRY_COMPARE(answered.load(), 3);
    }

    void operationsEndpointsTellHealth()
    {
        QCOMPARE(raw(get("/healthz")).body, std::string("ok\n"));
        QCOMPARE(raw(get("/readyz")).status, 200);
        m_server->onLoop([this](FakeControl &) {
            m_server->unhealthy = "loop 1 has not turned for 12 s";
            m_server->notReady = "shop: starting\napi: failed";
        });
        const RawAnswer health = raw(get("/healthz"));
        QCOMPARE(health.status, 503);
        QCOMPARE(health.body, std::string("loop 1 has not turned for 12 s\n"));
        const RawAnswer ready = raw(get("/readyz"));
        QCOMPARE(ready.status, 503);
        QCOMPARE(ready.body, std::string("shop: starting\napi: failed\n"));
        const RawAnswer metrics = raw(get("/metrics"));
        QCOMPARE(metrics.body, std::string("arcology_up 1\n"));
        QVERIFY(metrics.head.find("version=0.0.4") != std::string::npos);
    }

    void operationsEndpointsOnlyTell_data()
    {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<int>("status");
        const auto row = [](const std::string &request, int status) {
            QTest::newRow(request.substr(0, request.find('\r')).c_str())
                << QByteArray::fromStdString(request) << status;
        };
        row(get("/metrics", "DELETE"), 405);
        row(get("/healthz", "POST"), 405);
        row(get("/readyz", "BREW"), 405);
        row(get("/metrics/deeper"), 404);
        row(get("/healthz", "HEAD"), 200);
    }
    void operationsEndpointsOnlyTell()
    {
        QFETCH(QByteArray, request);
        QFETCH(int, status);
        QCOMPARE(raw(request.toStdString()).status, status);
    }

    void headAnswersWithoutABody()
    {
        const RawAnswer answer = raw(get("/api/v1/status", "HEAD"));
        QCOMPARE(answer.status, 200);
        QVERIFY(answer.body.empty());
    }
};

QTEST_GUILESS_MAIN(TestAdmin)
#include "tst_admin.moc"
