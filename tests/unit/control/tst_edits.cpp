// SPDX-License-Identifier: Apache-2.0
#include "server/control/edits.h"

#include "tests/support/fake_control.h"

#include <QTest>

using namespace arc;
using namespace arc::test;

namespace {

api::ChangeSet setting(const char *key, const char *value, const char *scope = "engine",
                       const char *object = "")
{
    return {.settings = {{.key = key, .scope = scope, .object = object, .value = value}}};
}

api::ChangeSet site(api::SiteEdit edit)
{
    return {.sites = {std::move(edit)}};
}

} // namespace

Q_DECLARE_METATYPE(arc::api::ChangeSet)

class TestEdits : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void settingsAndSitesChangeTogether();
    void whatIsRefused_data();
    void whatIsRefused();
    void everyProblemIsFoundNotOnlyTheFirst();
    void whatIsGoodAloneMayBeWrongTogether();
    void whatIsWrongAloneMayBeGoodTogether();
    void aSiteMayBeRenamedInTheSameChange();
    void theHostMadeFromANameFollowsIt();
    void whatIsWrongIsToldByName();
    void tooManyEditsAreRefused();
    void whatIsPinnedStays();
};

void TestEdits::settingsAndSitesChangeTogether()
{
    FakeControl engine;
    api::ChangeSet what = setting("pool.threads", "8", "app", "shop");
    what.sites = {{.id = "shop", .entry = "shop.other:app", .env = {{{"LEVEL", "1"}}}}};
    const auto next = applyChangeSet(engine.document(), what, {});
    QVERIFY(next);
    QVERIFY(validate(*next));
    QCOMPARE(next->findApp("shop")->entry, std::string("shop.other:app"));
    QCOMPARE(next->findApp("shop")->settings.size(), size_t(1));
    QVERIFY(!next->findApp("shop")->env.contains("DEBUG")); // env replaces the whole
    QVERIFY(problemsOf(engine.document(), what, {}).empty());
}

void TestEdits::whatIsRefused_data()
{
    QTest::addColumn<api::ChangeSet>("what");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("why");
    QTest::newRow("unknown key") << setting("no.such", "1") << "no.such"
                                 << "no such setting";
    QTest::newRow("outside") << setting("drain_s", "99999") << "drain_s"
                             << "outside 0..3600";
    QTest::newRow("no number") << setting("drain_s", "soon") << "drain_s"
                               << "drain_s";
    QTest::newRow("no such app") << setting("pool.threads", "8", "app", "nobody") << "pool.threads"
                                 << "there is no app nobody";
    QTest::newRow("no such level") << setting("drain_s", "8", "planet", "") << "drain_s"
                                   << "none of engine, site, app";
    QTest::newRow("not for an app") << setting("drain_s", "8", "app", "shop") << "drain_s"
                                    << "cannot be set for one app";
    QTest::newRow("no such site") << site({.id = "nobody", .entry = "a:b"}) << "entry"
                                  << "there is no site nobody";
    QTest::newRow("no app there") << site({.id = "docs", .entry = "a:b"}) << "entry"
                                  << "hosts no app";
    QTest::newRow("no entry") << site({.id = "shop", .entry = "nonsense"}) << "entry"
                              << "must be MODULE:ATTRIBUTE";
    QTest::newRow("relative interpreter") << site({.id = "shop", .python = "python3"}) << "python"
                                          << "absolute";
    QTest::newRow("bad host") << site({.id = "shop", .hosts = {{"Shop.Localhost"}}}) << "hosts"
                              << "lower case";
    QTest::newRow("host of another site")
        << site({.id = "shop", .hosts = {{"docs.localhost"}}}) << "hosts"
        << "is claimed by site";
    QTest::newRow("name of another site") << site({.id = "shop", .name = "docs"}) << "name"
                                          << "there is a site docs already";
    QTest::newRow("variable without name") << site({.id = "shop", .env = {{{"", "1"}}}}) << "env"
                                           << "a variable's name is letters";
}

void TestEdits::whatIsRefused()
{
    QFETCH(api::ChangeSet, what);
    QFETCH(QString, key);
    QFETCH(QString, why);
    FakeControl engine;
    const auto problems = problemsOf(engine.document(), what, {});
    QCOMPARE(problems.size(), size_t(1));
    QCOMPARE(QString::fromStdString(problems.front().key), key);
    QVERIFY2(problems.front().message.find(why.toStdString()) != std::string::npos,
             problems.front().message.c_str());
    const auto next = applyChangeSet(engine.document(), what, {});
    QVERIFY(!next || !validate(*next));
}

void TestEdits::everyProblemIsFoundNotOnlyTheFirst()
{
    FakeControl engine;
    api::ChangeSet what = setting("drain_s", "99999");
    what.settings.push_back({.key = "http.idle_timeout_s", .value = "30"}); // this one is good
    what.sites = {{.id = "shop", .entry = "nonsense", .python = "python3"}};
    const auto problems = problemsOf(engine.document(), what, {});
    QCOMPARE(problems.size(), size_t(3));
    QCOMPARE(problems[0].key, std::string("drain_s"));
    QCOMPARE(problems[1].key, std::string("entry"));
    QCOMPARE(problems[1].object, std::string("shop"));
    QCOMPARE(problems[2].key, std::string("python"));
}

void TestEdits::whatIsGoodAloneMayBeWrongTogether()
{
    FakeControl engine;
    api::ChangeSet what;
    what.sites = {{.id = "shop", .hosts = {{"same.localhost"}}},
                  {.id = "docs", .hosts = {{"same.localhost"}}}};
    const auto problems = problemsOf(engine.document(), what, {});
    QCOMPARE(problems.size(), size_t(1));
    QVERIFY(problems.front().key.empty());
    QVERIFY(problems.front().message.find("is claimed by site") != std::string::npos);
}

void TestEdits::whatIsWrongAloneMayBeGoodTogether()
{
    FakeControl engine;
    api::ChangeSet what = setting("tls.client_certificates", "required", "site", "shop");
    QCOMPARE(problemsOf(engine.document(), what, {}).size(), size_t(1));
    what.settings.push_back(
        {.key = "tls.client_ca", .scope = "site", .object = "shop", .value = "/etc/ca.pem"});
    QVERIFY(problemsOf(engine.document(), what, {}).empty());
}

void TestEdits::aSiteMayBeRenamedInTheSameChange()
{
    FakeControl engine;
    const auto next = applyChangeSet(engine.document(),
                                     site({.id = "shop", .name = "store", .entry = "a:b"}), {});
    QVERIFY(next);
    QVERIFY(validate(*next));
    QVERIFY(next->findSite("store"));
    QCOMPARE(appOf(*next->findSite("store"), *next)->entry, std::string("a:b"));
}

void TestEdits::theHostMadeFromANameFollowsIt()
{
    using Hosts = std::vector<std::string>;
    FakeControl engine;
    Document document = engine.document();
    findMutable(document, "shop")->hosts = {"shop.example", "shop.localhost"};
    QVERIFY(applySiteEdit(document, {.id = "shop", .name = "store"}));
    QCOMPARE(document.findSite("store")->hosts, (Hosts {"shop.example", "store.localhost"}));
    QVERIFY(applySiteEdit(document, {.id = "store", .name = "a", .hosts = {{"store.localhost"}}}));
    QCOMPARE(document.findSite("a")->hosts, Hosts {"store.localhost"}); // it was asked for
    QVERIFY(!applySiteEdit(document, {.id = "a", .name = "A b"}));
}

void TestEdits::whatIsWrongIsToldByName()
{
    FakeControl engine;
    const auto told = [&](const char *text) {
        return toldByName({ErrorCode::Invalid, text}, engine.document()).message();
    };
    QCOMPARE(told("apps[1].python: must be"), std::string("app api, python: must be"));
    QCOMPARE(told("sites[0].hosts[2]: stands twice"),
             std::string("site shop, hosts[2]: stands twice"));
    QCOMPARE(told("sites[0]: x"), std::string("site shop: x"));
    for (const char *other :
         {"apps[7].id: x", "settings.loops: x", "planets[0].id: x", "apps[", "]["})
        QCOMPARE(told(other), std::string(other));
}

void TestEdits::tooManyEditsAreRefused()
{
    FakeControl engine;
    api::ChangeSet what;
    what.settings.assign(kEditsMax + 1, {.key = "drain_s", .value = "5"});
    QVERIFY(!applyChangeSet(engine.document(), what, {}));
    QCOMPARE(problemsOf(engine.document(), what, {}).size(), size_t(1));
    what.settings.pop_back();
    QVERIFY(applyChangeSet(engine.document(), what, {}));
}

void TestEdits::whatIsPinnedStays()
{
    FakeControl engine;
    const PinnedSettings pinned {.source = {{"drain_s", "command line"}}};
    const auto next = applyChangeSet(engine.document(), setting("drain_s", "5"), pinned);
    QVERIFY(!next);
    QVERIFY(next.error().message().find("command line") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestEdits)
#include "tst_edits.moc"
