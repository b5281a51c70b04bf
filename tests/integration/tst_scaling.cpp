// SPDX-License-Identifier: Apache-2.0
// A Flask site whose pool may grow, under load as its visitors make it and seen as its
// administrator sees it.
#include "tests/integration/load.h"
#include "tests/integration/program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace arc::test;

namespace {

QJsonObject object(const Finished &finished)
{
    return QJsonDocument::fromJson(finished.out).object();
}

/// A site "shop" of one worker with one thread, which may grow to three.
class ScalingSite {
public:
    explicit ScalingSite(const QByteArray &work) : m_engine(m_data.path())
    {
        write(m_folder.filePath("app.py"),
              "import time\nfrom flask import Flask\napp = Flask(__name__)\n"
              "@app.route('/')\ndef front():\n"
                  + work + "    return 'done'\n");
    }
    /// Empty, or why not.
    QByteArray start(const QStringList &settings)
    {
        if (!m_engine.start())
            return m_engine.errors();
        QStringList words {"site", "add", m_folder.path(), "--name", "shop"};
        for (const QString &setting :
             QStringList {"pool.threads=1", "pool.scale_up_wait_ms=20"} + settings)
            words << "--set" << setting;
        const Finished added = m_engine.ctl(words);
        return added.exitCode == 0 ? QByteArray() : added.out + added.error;
    }
    QString url() const
    {
        const QJsonArray sites =
            object(m_engine.ctl({"site", "list", "--json"}))["sites"].toArray();
        return sites.first()["urls"].toArray().first().toString() + "/";
    }
    QJsonObject pool() const
    {
        return object(m_engine.ctl({"worker", "list", "--json"}))["pools"]
            .toArray()
            .first()
            .toObject();
    }
    QJsonObject scaling() const { return pool()["scaling"].toObject(); }
    qsizetype ready() const
    {
        const QJsonArray workers = pool()["workers"].toArray();
        return std::count_if(workers.begin(), workers.end(), [](const QJsonValue &worker) {
            return worker["state"].toString() == "ready";
        });
    }
    QByteArray ctl(const QStringList &words) const { return m_engine.ctl(words).out; }

private:
    QTemporaryDir m_folder;
    QTemporaryDir m_data;
    EngineProcess m_engine;
};

} // namespace

class TestScaling : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSiteThatWaitsGrowsUnderLoadAndShrinksAfterIt();
    void aSiteThatComputesIsNotGivenMoreThanTheProcessorHas();
    void aMostBelowTheLeastIsRefused();
};

void TestScaling::aSiteThatWaitsGrowsUnderLoadAndShrinksAfterIt()
{
    ScalingSite site("    time.sleep(0.05)\n");
    // The processor of this machine may have other work: this is about the rest.
    const QByteArray problem =
        site.start({"pool.processes=1", "pool.processes_max=3", "pool.scale_cpu_percent=100",
                    "pool.scale_down_after_s=2"});
    QVERIFY2(problem.isEmpty(), problem);
    QTRY_COMPARE_WITH_TIMEOUT(site.ready(), qsizetype(1), 20000);
    Load load(site.url(), 8);
    QTRY_COMPARE_WITH_TIMEOUT(site.ready(), qsizetype(3), 40000);
    QVERIFY(site.scaling()["ups"].toInt() >= 1);
    verifyNothingFailed(load.finish(), 50);
    QTRY_COMPARE_WITH_TIMEOUT(site.ready(), qsizetype(1), 40000);
    QCOMPARE(site.scaling()["decision"].toString(), QString("down"));
    QCOMPARE(site.scaling()["least"].toInt(), 1);
    QCOMPARE(site.scaling()["most"].toInt(), 3);
    const QByteArray list = site.ctl({"worker", "list"});
    QVERIFY2(list.contains("shop: 1 wanted, of 1 to 3; "), list);
    QVERIFY2(list.contains("would have been enough"), list);
    const QByteArray ends = site.ctl({"worker", "ends"});
    QVERIFY2(ends.contains("scaled") && !ends.contains("crash"), ends);
    const QByteArray log = site.ctl({"log", "tail", "shop"});
    QVERIFY2(log.contains("of at most 3: requests waited "), log);
    QCOMPARE(http(site.url()).body, QByteArray("done"));
}

void TestScaling::aSiteThatComputesIsNotGivenMoreThanTheProcessorHas()
{
    ScalingSite site("    end = time.thread_time() + 0.05\n"
                     "    while time.thread_time() < end:\n        pass\n");
    const int cores = QThread::idealThreadCount();
    const QByteArray problem = site.start(
        {QString("pool.processes=%1").arg(cores), QString("pool.processes_max=%1").arg(cores + 2)});
    QVERIFY2(problem.isEmpty(), problem);
    QTRY_COMPARE_WITH_TIMEOUT(site.ready(), qsizetype(cores), 40000);
    Load load(site.url(), cores * 4);
    QTRY_COMPARE_WITH_TIMEOUT(site.scaling()["decision"].toString(), QString("refused_cpu"), 40000);
    QVERIFY(site.scaling()["reason"].toString().endsWith("more workers would not help"));
    verifyNothingFailed(load.finish(), 20);
}

void TestScaling::aMostBelowTheLeastIsRefused()
{
    ScalingSite site("");
    const QByteArray problem = site.start({"pool.processes=4", "pool.processes_max=3"});
    QVERIFY2(problem.contains("pool.processes_max: 3 is below pool.processes (4)"), problem);
}

QTEST_GUILESS_MAIN(TestScaling)
#include "tst_scaling.moc"
