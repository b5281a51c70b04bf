// SPDX-License-Identifier: Apache-2.0
// What the window costs: four charts at several lengths, the first show and one refresh of every
// page. Run it from a release build:
//   cmake --build --preset release --target bench_window
//   QT_QPA_PLATFORM=offscreen build/release/tests/bench_window
#include "gui/gui_fixture.h"

#include "gui/charts/line_chart.h"
#include "gui/theme/language.h"

#include <QDateTime>
#include <QElapsedTimer>
#include <QGridLayout>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

using namespace arc;
using namespace arc::test;

namespace {

constexpr int kRounds = 60;
constexpr QSize kTile {400, 160};

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values.empty() ? 0 : values[values.size() / 2];
}

/// Of the whole process: what Qt hands to its pool counts as well, other programs do not.
double cpuMs()
{
    timespec now {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

/// The same four tiles as the prototype that was measured before this window existed: a rate, three
/// percentiles, a share and a count.
void benchCharts(int points)
{
    QWidget window;
    auto *grid = new QGridLayout(&window);
    const auto accent = [](const Tokens &tokens) {
        return tokens.accent;
    };
    std::vector<LineChart *> charts;
    const std::vector<int> series {2, 3, 1, 1};
    for (int tile = 0; tile < 4; ++tile) {
        QStringList names;
        std::vector<SeriesLook> looks;
        for (int i = 0; i < series[size_t(tile)]; ++i) {
            names << QStringLiteral("s%1").arg(i);
            looks.push_back({.colour = accent, .area = i == 0});
        }
        auto *chart = new LineChart(QStringLiteral("Requests per second"), ChartUnit::PerSecond,
                                    names, looks, &window);
        chart->setWindowSeconds(points);
        chart->setFixedSize(kTile);
        grid->addWidget(chart, tile / 2, tile % 2);
        charts.push_back(chart);
    }
    window.show();
    QCoreApplication::processEvents();
    int64_t now = 1'700'000'000'000;
    const auto append = [&](LineChart *chart) {
        std::vector<double> values;
        for (int i = 0; i < chart->model().seriesCount(); ++i) {
            const double t = double(now / 1000);
            values.push_back(std::fabs(1000 * std::sin(t / 37 + i) + 300 * std::sin(t * 1.7)));
        }
        chart->model().append(now, values);
    };
    for (int i = 0; i < points; ++i, now += 1000) {
        for (LineChart *chart : charts)
            append(chart);
    }
    std::vector<double> times;
    std::vector<double> cpu;
    for (int round = 0; round < kRounds; ++round, now += 1000) {
        for (LineChart *chart : charts) {
            append(chart);
            chart->show(QStringLiteral("8 412 /s"), QStringLiteral("no errors"));
        }
        QElapsedTimer timer;
        timer.start();
        const double cpuBefore = cpuMs();
        for (LineChart *chart : charts)
            chart->repaint();
        times.push_back(double(timer.nsecsElapsed()) / 1e6);
        cpu.push_back(cpuMs() - cpuBefore);
    }
    std::printf("four charts, %4d points: %6.2f ms a paint, %6.2f ms of CPU (medians of %d)\n",
                points, median(times), median(cpu), kRounds);
}

/// A page's first show, from the click to the end of its paint, and the longest turn of the event
/// loop until nothing is left to do.
void benchFirstShow()
{
    GuiFixture fixture;
    fixture.open();
    fixture.shell.resize(1280, 800);
    for (int turn = 0; turn < 20; ++turn)
        QCoreApplication::processEvents();
    for (int page = 1; page < kPageCount; ++page) {
        QElapsedTimer timer;
        timer.start();
        fixture.shell.goTo(PageId(page));
        fixture.shell.repaint();
        const double first = double(timer.nsecsElapsed()) / 1e6;
        double longest = 0;
        for (int turn = 0; turn < 60; ++turn) {
            timer.restart();
            QCoreApplication::processEvents();
            longest = std::max(longest, double(timer.nsecsElapsed()) / 1e6);
        }
        std::printf("first show of %-14s %6.2f ms, then turns of at most %6.2f ms\n",
                    qPrintable(pageTitle(PageId(page))), first, longest);
    }
}

/// One refresh with everything that follows from it, paint included.
void benchTick()
{
    GuiFixture fixture;
    fixture.shell.show();
    fixture.shell.resize(1280, 800);
    for (int i = 0; i < 20; ++i)
        QCoreApplication::processEvents();
    int64_t clock = QDateTime::currentMSecsSinceEpoch(); // an older snapshot would be ignored
    for (int page = 0; page < kPageCount; ++page) {
        fixture.shell.goTo(PageId(page));
        QCoreApplication::processEvents();
        std::vector<double> times;
        for (int round = 0; round < kRounds; ++round) {
            clock += 1000;
            fixture.control->setClock([clock] { return clock; });
            QElapsedTimer timer;
            timer.start();
            fixture.bridge.refresh();
            for (int turn = 0; turn < 4; ++turn)
                QCoreApplication::processEvents();
            times.push_back(double(timer.nsecsElapsed()) / 1e6);
        }
        std::printf("refresh of %-14s %6.2f ms (median), %6.2f ms (longest of %d)\n",
                    qPrintable(pageTitle(PageId(page))), median(times),
                    *std::ranges::max_element(times), kRounds);
    }
}

} // namespace

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    installLanguage(app);
    Theme theme(app);
    for (const int points : {60, 300, 600, 3600})
        benchCharts(points);
    benchFirstShow();
    benchTick();
    return 0;
}
