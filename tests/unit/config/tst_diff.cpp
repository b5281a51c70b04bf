// SPDX-License-Identifier: Apache-2.0
#include "server/config/document.h"
#include "server/config/object_json.h"

#include <algorithm>
#include <random>

#include <QtTest>

using namespace arc;

namespace {

/// Documents out of a small world, so that two of them share objects, settings and differences.
class RandomDocuments {
public:
    explicit RandomDocuments(uint32_t seed) : m_random(seed) { }

    Document next()
    {
        Document out;
        if (pick(2))
            out.settings["loops"] = int64_t(pick(3));
        if (pick(2))
            out.settings["log.access"] = pick(2) == 1;
        if (pick(2))
            out.settings["ops.listen"] = std::string(pick(2) ? "off" : ":0");
        for (const char *id : {"a", "b", "c", "d"}) {
            if (pick(2))
                out.listeners.push_back({id, "127.0.0.1:" + std::to_string(pick(3))});
            if (pick(2))
                out.apps.push_back(app(id));
            if (pick(2))
                out.sites.push_back(site(id));
        }
        std::shuffle(out.sites.begin(), out.sites.end(), m_random);
        return out;
    }

private:
    unsigned pick(unsigned count)
    {
        return std::uniform_int_distribution<unsigned>(0, count - 1)(m_random);
    }

    AppConfig app(const char *id)
    {
        AppConfig out {
            .id = id, .root = "/srv", .entry = "m:app", .interface = "wsgi", .python = "/p"};
        if (pick(2))
            out.env["KEY"] = std::to_string(pick(2)) + "\n\"ü";
        if (pick(2))
            out.settings["pool.threads"] = int64_t(1 + pick(2));
        return out;
    }
    SiteConfig site(const char *id)
    {
        SiteConfig out {.id = id, .enabled = pick(2) == 1};
        if (pick(2))
            out.hosts.push_back("h" + std::to_string(pick(3)));
        const HandlerConfig handlers[] = {StaticRoute {"/srv/static", ""},
                                          RedirectRoute {"/x", 301},
                                          RespondRoute {204, "text/html", "b"}, PythonRoute {"a"}};
        for (const HandlerConfig &handler : handlers) {
            if (pick(2))
                out.routes.push_back({.path = "/" + std::to_string(pick(2)), .handler = handler});
        }
        if (!out.routes.empty() && pick(2))
            out.routes[0].settings["limits.body_mib"] = int64_t(pick(2));
        return out;
    }

    std::mt19937 m_random;
};

/// Order of objects is no part of what a diff tells.
Document sorted(Document document)
{
    const auto byId = [](const auto &a, const auto &b) {
        return a.id < b.id;
    };
    std::sort(document.listeners.begin(), document.listeners.end(), byId);
    std::sort(document.apps.begin(), document.apps.end(), byId);
    std::sort(document.sites.begin(), document.sites.end(), byId);
    return document;
}

} // namespace

class TestDiff : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aDiffLeadsThereAndBack()
    {
        RandomDocuments documents(20261123);
        for (int i = 0; i < 500; ++i) {
            const Document a = documents.next();
            const Document b = documents.next();
            const Diff diff = diffDocuments(a, b);
            const auto read = parseDiff(printDiff(diff));
            QVERIFY(read);
            QCOMPARE(*read, diff);
            const auto there = applyDiff(a, *read);
            QVERIFY(there);
            QCOMPARE(sorted(*there), sorted(b));
            const auto back = applyDiff(*there, invertDiff(diff));
            QVERIFY(back);
            QCOMPARE(sorted(*back), sorted(a));
            if (!diff.empty()) {
                const auto twice =
                    applyDiff(*there, diff); // it is no longer what it was made against
                QVERIFY(!twice);
                QCOMPARE(twice.error().code(), ErrorCode::Conflict);
            }
        }
    }

    void orderOfObjectsIsNoDifference()
    {
        Document a;
        a.listeners = {{"x", ":0"}, {"y", ":0"}};
        Document b;
        b.listeners = {{"y", ":0"}, {"x", ":0"}};
        QVERIFY(diffDocuments(a, b).empty());
    }

    void badDiffsAreRefused_data();
    void badDiffsAreRefused()
    {
        QFETCH(QByteArray, json);
        auto diff = parseDiff(json.toStdString());
        const auto applied = diff ? applyDiff(Document {}, *diff) : Result<Document>(diff.error());
        QVERIFY(!applied);
        QTEST(QString::fromStdString(applied.error().message()), "sentence");
    }

    void summariesTellWhatChanged()
    {
        Document a;
        a.apps.push_back(
            {.id = "shop", .root = "/s", .entry = "m:a", .interface = "wsgi", .python = "/p"});
        a.apps[0].settings["pool.processes"] = int64_t {0};
        Document b = a;
        b.apps[0].settings["pool.processes"] = int64_t {4};
        b.apps[0].env["SECRET"] = "hunter2";
        b.sites.push_back({.id = "shop"});
        b.settings["loops"] = int64_t {2};
        QCOMPARE(QString::fromStdString(summarise(diffDocuments(a, b))),
                 QString("loops → 2, app shop changed (variable SECRET added, pool.processes auto "
                         "→ 4), site shop added"));
        QCOMPARE(QString::fromStdString(summarise(diffDocuments(b, a))),
                 QString("loops reset, app shop changed (variable SECRET removed, pool.processes 4 "
                         "→ auto), site shop removed"));
        QCOMPARE(summarise({}), std::string("nothing changed"));
    }

    void aRenamedSiteIsToldAsOneChange()
    {
        Document a;
        a.sites.push_back({.id = "shop", .hosts = {"shop.localhost"}});
        a.sites.push_back({.id = "docs", .enabled = false});
        Document b = a;
        b.sites[0].id = "store";
        b.sites[0].hosts = {"store.localhost"};
        QCOMPARE(summarise(diffDocuments(a, b)), std::string("site shop renamed to store"));
        b.sites[0].enabled = false; // another one then, for all that can be seen
        QCOMPARE(summarise(diffDocuments(a, b)),
                 std::string("site shop removed, site store added"));
    }

    void longSummariesEndInACount()
    {
        Document b;
        for (int i = 0; i < 8; ++i)
            b.listeners.push_back({"l" + std::to_string(i), ":0"});
        QVERIFY(summarise(diffDocuments({}, b)).ends_with("listener l4 added and 3 more"));
        QCOMPARE(phrasesOf(diffDocuments({}, b)).size(), size_t {8});
    }

    void anObjectSplitsAndJoins();
};

void TestDiff::badDiffsAreRefused_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("sentence");
    const auto row = [](const char *json, const char *sentence) {
        QTest::newRow(json) << QByteArray(json) << QString(sentence);
    };
    row("", "diff: is not JSON at line 1, column 1");
    row("{}", "diff: must be a list");
    row("[1]", "diff[0]: must be an object");
    row(R"([{"kind":1}])", "diff[0].kind: must be text");
    row(R"([{"what":"x"}])", "diff[0].what: unknown key");
    row(R"([{"kind":"app","id":"a"}])", "app a: has neither before nor after");
    row(R"([{"kind":"planet","id":"a","after":"{}"}])", "planet a: unknown kind");
    row(R"([{"kind":"setting","id":"no.such","after":"1"}])",
        "setting no.such: there is no such setting");
    row(R"([{"kind":"setting","id":"loops","after":"999"}])", "setting loops: outside 0..256");
    row(R"([{"kind":"setting","id":"loops","before":"1"}])", "setting loops was changed since");
    row(R"([{"kind":"listener","id":"a","before":"{}"}])", "listener a was changed since");
    row(R"([{"kind":"listener","id":"a","after":"{}"}])", "listener a: id: is missing");
    row(R"([{"kind":"listener","id":"a","after":"{\"id\":\"b\",\"address\":\":0\"}"}])",
        "listener a: holds the id \"b\"");
}

void TestDiff::anObjectSplitsAndJoins()
{
    const std::string whole = R"({"id":"a","env":{"K":"v"},"settings":{"x.y":[1],"z":"q"}})";
    const auto parts = splitObject(whole);
    QVERIFY(parts);
    QCOMPARE(parts->settings.size(), size_t {2});
    QCOMPARE(*joinObject(*parts), whole);
    QVERIFY(!splitObject("[]"));
    QVERIFY(!splitObject(R"({"settings":1})"));
    QVERIFY(!splitObject("{"));
    QVERIFY(!joinObject({.json = "{}", .settings = {{"k", "{"}}}));
}

QTEST_GUILESS_MAIN(TestDiff)
#include "tst_diff.moc"
