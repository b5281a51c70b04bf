// SPDX-License-Identifier: Apache-2.0
#include "gui/filled_engine.h"

#include "gui/models/format.h"

#include <QDateTime>
#include <QString>

namespace arc::test {

void fillLogs(FakeControl &control)
{
    control.logTexts["engine"] =
        "2026-11-26T09:00:00.012Z info listening on http://127.0.0.1:8080\n"
        "2026-11-26T09:00:04.871Z warning 127.0.0.1:443 is in use by apache2 (pid 812)\n"
        "2026-11-26T09:13:22.105Z error shop: not started any more after 5 failures in a row: "
        "exited with code 1: ModuleNotFoundError: No module named 'django'\n";
    static const char *const kTargets[] = {"/",         "/products/42?ref=mail", "/static/shop.css",
                                           "/api/cart", "/favicon.ico",          "/admin/login/"};
    static const int kStatus[] = {200, 200, 304, 500, 404, 302};
    for (int i = 0; i < 240; ++i) {
        control.logTexts["access"] += toStd(
            QStringLiteral("{\"time\":\"2026-11-26T09:%1:%2.%3Z\",\"status\":%4,\"site\":\"%5\","
                           "\"route\":\"/\",\"method\":\"%6\",\"target\":\"%7\",\"client\":"
                           "\"127.0.0.1\",\"request_id\":\"4bf92f3577b34da6\",\"queue_ms\":0.210,"
                           "\"bytes\":%8,\"ms\":%9}\n")
                .arg(10 + i / 60, 2, 10, QLatin1Char('0'))
                .arg(i % 60, 2, 10, QLatin1Char('0'))
                .arg(i * 37 % 1000, 3, 10, QLatin1Char('0'))
                .arg(kStatus[i % 6])
                .arg(i % 4 ? QStringLiteral("shop") : QStringLiteral("docs"))
                .arg(i % 7 ? QStringLiteral("GET") : QStringLiteral("POST"))
                .arg(QLatin1String(kTargets[i % 6]))
                .arg(i * 977 % 90000)
                .arg(1.5 + i * 13 % 400));
    }
}

void fillCertificates(FakeControl &control)
{
    constexpr int64_t kDay = 86400;
    const int64_t today = QDateTime::currentSecsSinceEpoch();
    const auto add = [&](const char *id, std::vector<std::string> names, int days,
                         std::vector<std::string> users, const char *fault = "") {
        api::CertificateView view;
        view.id = id;
        view.source = "import";
        view.names = std::move(names);
        view.subject = view.names.front();
        view.issuer = "R11";
        view.keyType = "EC P-256";
        view.fingerprint = "4bf92f3577b34da6a3ce929d0e0e47364bf92f3577b34da6a3ce929d0e0e4736";
        view.notBeforeUnix = today - 60 * kDay;
        view.notAfterUnix = today + days * kDay + 3600;
        view.usedBy = std::move(users);
        view.isConfigured = true;
        view.fault = fault;
        view.chain = {{view.subject, "R11", "EC P-256", view.fingerprint, view.notAfterUnix},
                      {"R11", "ISRG Root X1", "RSA 2048", view.fingerprint, today + 700 * kDay}};
        control.moreCertificates.push_back(std::move(view));
    };
    add("example.org", {"example.org", "www.example.org", "*.shop.example.org"}, 63, {"shop"});
    add("mail.example.org", {"mail.example.org"}, 12, {"docs"});
    add("old.example.org", {"old.example.org"}, -4, {});
    add("lost.example.org", {"lost.example.org"}, 40, {},
        "certificate lost.example.org: its private key is not in this data directory; import it "
        "again");
}

void fillWorkerEnds(FakeControl &control)
{
    const int64_t now = QDateTime::currentMSecsSinceEpoch();
    uint64_t id = 20;
    const auto add = [&](const char *kind, const char *cause, int64_t agoS, int64_t livedS,
                         bool planned) -> api::WorkerEnd & {
        api::WorkerEnd end {.id = id, .app = "shop", .pid = 4100 + int(id), .generation = 3};
        --id;
        end.endedUnixMs = now - agoS * 1000;
        end.startedUnixMs = end.endedUnixMs - livedS * 1000;
        end.kind = kind;
        end.cause = cause;
        end.planned = planned;
        end.wasReady = livedS > 2;
        end.requests = livedS * 7;
        end.peakMemoryBytes = end.wasReady ? 83'886'080 : 0;
        control.ends.push_back(std::move(end));
        return control.ends.back();
    };
    api::WorkerEnd &hung = add(
        "hung", "was replaced because GET /report did not come back within 12 s", 42, 5400, false);
    hung.running = {{"GET /report", 12'000, "lost"}, {"GET /api/cart?full=1", 890, "repeated"}};
    hung.moreRunning = 2;
    for (int i = 0; i < 60; ++i) // it grew all the time, faster at last
        hung.memory.push_back({hung.endedUnixMs - (60 - i) * 60'000,
                               52'000'000 + i * 200'000 + (i > 50 ? (i - 50) * 1'000'000 : 0)});
    hung.stacks = {{hung.endedUnixMs - 6000, "GET /report, after 6.0 s",
                    "  File \"/srv/shop/views.py\", line 88, in report\n"
                    "    return render(total(Order.objects.all()))\n"
                    "  File \"/srv/shop/cart.py\", line 31, in total\n"
                    "    while rest > 0:\n"}};
    hung.output = {"WARNING:shop.cart:price of 42 is old",
                   "INFO:shop.report:report for 2026 begins"};
    add("deploy", "was replaced by generation 4", 310, 7200, true);
    add("deploy", "was replaced by generation 4", 311, 7200, true);
    add("signal", "was killed by signal 11 (SIGSEGV)", 4000, 90, false).running = {
        {"POST /upload", 210, "cut"}};
    add("memory", "was killed because memory ran out", 9000, 3000, false).running = {
        {"GET /export", 31'000, "lost"}};
    api::WorkerEnd &start = add(
        "start", "did not start: ModuleNotFoundError: No module named 'stripe'", 20'000, 1, false);
    start.output = {"Traceback (most recent call last):", "  File \"/srv/shop/views.py\", line 3",
                    "ModuleNotFoundError: No module named 'stripe'"};
    add("recycled", "answered 10000 requests, as many as pool.recycle_requests allows", 90'000,
        40'000, true);
    add("admin", "was asked to end by an administrator", 200'000, 3600, true);
}

void fillDay(FakeControl &control)
{
    fillWorkerEnds(control);
    fillLogs(control);
    fillCertificates(control);
}

} // namespace arc::test
