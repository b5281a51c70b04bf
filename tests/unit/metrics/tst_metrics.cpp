// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/metrics.h"
#include "test_paths.h"

#include <QtTest>

#include <cmath>
#include <memory>

using namespace arc;
using std::chrono::microseconds;

class TestMetrics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyDurationLiesInItsBucket_data()
    {
        QTest::addColumn<qlonglong>("us");
        for (const long long us : {0LL, 1LL, 15LL, 16LL, 17LL, 999LL, 1000LL, 65'535LL, 65'536LL,
                                   1'000'000LL, 60'000'000LL, 134'217'727LL})
            QTest::newRow(std::to_string(us).c_str()) << us;
    }
    void everyDurationLiesInItsBucket()
    {
        QFETCH(qlonglong, us);
        const size_t bucket = Histogram::bucketOf(us);
        QVERIFY(us < Histogram::upperUs(bucket));
        if (bucket > 0)
            QVERIFY(us >= Histogram::upperUs(bucket - 1));
    }

    void impossibleDurationsAreKeptInTheOuterBuckets()
    {
        QCOMPARE(Histogram::bucketOf(-5), size_t {0});
        QCOMPARE(Histogram::bucketOf(INT64_MAX), Histogram::kBuckets - 1);
    }

    void percentilesAreNearTheTruth_data()
    {
        QTest::addColumn<double>("q");
        for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0})
            QTest::newRow(std::to_string(q).c_str()) << q;
    }
    void percentilesAreNearTheTruth()
    {
        QFETCH(double, q);
        const auto histogram = std::make_unique<Histogram>();
        constexpr int kCount = 100'000;
        for (int us = 1; us <= kCount; ++us)
            histogram->record(microseconds(us));
        HistogramSum sum;
        sum.add(*histogram);
        QCOMPARE(sum.count, int64_t {kCount});
        const double truth = std::max(q * kCount, 1.0) / 1e6;
        QVERIFY(std::abs(sum.percentile(q) - truth) <= truth * 0.0625 + 1e-6);
    }

    void percentilesOfNothingAreZero()
    {
        const HistogramSum none;
        QCOMPARE(none.percentile(0.99), 0.0);
    }

    void percentilesOutsideTheirRangeAreClamped()
    {
        const auto histogram = std::make_unique<Histogram>();
        histogram->record(microseconds(10));
        HistogramSum sum;
        sum.add(*histogram);
        QCOMPARE(sum.percentile(-1), sum.percentile(0));
        QCOMPARE(sum.percentile(7), sum.percentile(1));
    }

    void aDifferenceHoldsOnlyWhatIsNew()
    {
        const auto histogram = std::make_unique<Histogram>();
        histogram->record(microseconds(10));
        HistogramSum earlier;
        earlier.add(*histogram);
        histogram->record(microseconds(5000));
        HistogramSum later;
        later.add(*histogram);
        const HistogramSum fresh = later.since(earlier);
        QCOMPARE(fresh.count, int64_t {1});
        QCOMPARE(fresh.sumUs, int64_t {5000});
        QVERIFY(std::abs(fresh.percentile(0.5) - 0.005) < 0.0004);
        QCOMPARE(earlier.since(later).count, int64_t {0});
    }

    void loopsAreSummedWithoutALabel()
    {
        MetricsRegistry registry(3);
        registry.loop(0).connectionsAccepted.add(2);
        registry.loop(2).connectionsAccepted.add(5);
        const QString text = QString::fromStdString(registry.prometheusText());
        QVERIFY(text.contains("\narcology_connections_accepted_total 7\n"));
        QVERIFY(text.contains("# TYPE arcology_connections_accepted_total counter\n"));
        QVERIFY(text.contains("# TYPE arcology_connections_open gauge\n"));
    }

    void groupsWithoutMembersAreNotExported()
    {
        MetricsRegistry registry(1);
        QVERIFY(!QString::fromStdString(registry.prometheusText()).contains("arcology_site_"));
    }

    void aSitesHistogramIsCumulative()
    {
        MetricsRegistry registry(2);
        const auto site = registry.site("shop");
        site->perLoop[0].responseTime.record(microseconds(900));        // at most 1 ms
        site->perLoop[1].responseTime.record(microseconds(200'000));    // at most 250 ms
        site->perLoop[1].responseTime.record(microseconds(90'000'000)); // beyond every bound
        const QString text = QString::fromStdString(registry.prometheusText());
        const QString name = "\narcology_site_response_seconds";
        const auto has = [&](const char *rest) {
            return text.contains(name + rest);
        };
        QVERIFY(has("_bucket{site=\"shop\",le=\"0.001\"} 1\n"));
        QVERIFY(has("_bucket{site=\"shop\",le=\"0.1\"} 1\n"));
        QVERIFY(has("_bucket{site=\"shop\",le=\"0.25\"} 2\n"));
        QVERIFY(has("_bucket{site=\"shop\",le=\"60\"} 2\n"));
        QVERIFY(has("_bucket{site=\"shop\",le=\"+Inf\"} 3\n"));
        QVERIFY(has("_sum{site=\"shop\"} 90.200900\n"));
        QVERIFY(has("_count{site=\"shop\"} 3\n"));
    }

    void labelsAreEscaped()
    {
        MetricsRegistry registry(1);
        registry.app("a\"b\\c\nd")->cells.requests.add(1);
        const QString text = QString::fromStdString(registry.prometheusText());
        QVERIFY(text.contains("arcology_app_requests_total{app=\"a\\\"b\\\\c\\nd\"} 1\n"));
    }

    void everyLineIsAWellFormedSample()
    {
        MetricsRegistry registry(1);
        registry.site("one")->perLoop[0].requests.add(1);
        registry.site("two");
        registry.app("one")->cells.queueTime.record(microseconds(3));
        const QString text = QString::fromStdString(registry.prometheusText());
        QVERIFY(text.endsWith('\n'));
        const QRegularExpression line(
            "^(# (HELP|TYPE) [a-z_][a-z0-9_]* .+"
            "|[a-z_][a-z0-9_]*(\\{[a-z]+=\"[^\"]*\"(,le=\"[^\"]+\")?\\})? -?[0-9.]+)$");
        for (const QString &one : text.chopped(1).split('\n'))
            QVERIFY2(line.match(one).hasMatch(), qPrintable(one));
        for (const MetricRow &row : metricRows()) {
            const QString head = "# TYPE " + QString::fromUtf8(row.name.data(), row.name.size());
            QCOMPARE(text.count(head + ' '), 1);
        }
    }

    void aSiteKeepsItsCellsUntilItIsForgotten()
    {
        MetricsRegistry registry(2);
        const auto first = registry.site("shop");
        QCOMPARE(registry.site("shop").get(), first.get());
        QCOMPARE(first->perLoop.size(), size_t {2});
        registry.forgetSite("shop");
        registry.forgetSite("never was");
        QVERIFY(registry.sites().empty());
        first->perLoop[0].requests.add(1); // a late request still may count
        QVERIFY(registry.site("shop").get() != first.get());
    }

    void theManualsPageIsTheGeneratedOne()
    {
        QFile page(ARC_SOURCE_DIR "/resources/docs/metrics.md");
        if (qEnvironmentVariableIsSet("ARCOLOGY_WRITE_DOCS")) {
            QVERIFY(page.open(QIODevice::WriteOnly));
            page.write(QByteArray::fromStdString(metricsManual()));
            page.close();
        }
        QVERIFY(page.open(QIODevice::ReadOnly));
        QCOMPARE(page.readAll(), QByteArray::fromStdString(metricsManual()));
    }
};

QTEST_APPLESS_MAIN(TestMetrics)
#include "tst_metrics.moc"
