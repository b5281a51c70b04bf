// SPDX-License-Identifier: Apache-2.0
// The drawing kit, the theme and the accessibility objects.
#include "gui/gui_fixture.h"

#include "gui/charts/axis.h"
#include "gui/charts/decimate.h"
#include "gui/charts/line_chart.h"
#include "gui/charts/line_raster.h"
#include "gui/models/sites_model.h"
#include "gui/theme/icons.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/output_view.h"
#include "gui/widgets/safe_table.h"

#include <QAccessible>
#include <QDirIterator>
#include <QFileInfo>
#include <QTest>

#include <array>
#include <cmath>
#include <string>

using namespace arc;
using namespace arc::test;

class TestWidgets : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void tokensKeepTheirContrast_data();
    void tokensKeepTheirContrast();
    void darkPalettesAreRecognised();
    void everyIconFollowsTheTheme();
    void axesHaveRoundSteps_data();
    void axesHaveRoundSteps();
    void aGapCutsTheLine();
    void decimationKeepsPeaks();
    void aDrawnLineIsWhereItsPointsAre_data();
    void aDrawnLineIsWhereItsPointsAre();
    void aLevelLineIsAsThickAsItWasAsked();
    void theSameSecondIsTakenOnce();
    void oldSamplesAreDropped();
    void arrowKeysMoveTheCursor();
    void outputIsCleaned_data();
    void outputIsCleaned();
    void lastLinesAreCounted_data();
    void lastLinesAreCounted();
    void elidedTextIsInTheTooltip();
    void aStaleAccessibleIndexIsHarmless();
};

void TestWidgets::tokensKeepTheirContrast_data()
{
    QTest::addColumn<QColor>("ink");
    QTest::addColumn<QColor>("ground");
    QTest::addColumn<double>("atLeast");
    for (const Tokens *tokens : {&lightTokens(), &darkTokens()}) {
        const char *name = tokens->dark ? "dark" : "light";
        const auto text = [&](const char *what, const QColor &ink, const QColor &ground) {
            QTest::addRow("%s %s", name, what) << ink << ground << 4.5;
        };
        for (const auto &[where, ground] :
             {std::pair("window", tokens->window), std::pair("surface", tokens->surface)}) {
            const std::string on = std::string(" on ") + where;
            text(("text" + on).c_str(), tokens->text, ground);
            text(("text 2" + on).c_str(), tokens->text2, ground);
            text(("accent" + on).c_str(), tokens->accent, ground);
            text(("ok" + on).c_str(), tokens->ok, ground);
            text(("warn" + on).c_str(), tokens->warn, ground);
            text(("error" + on).c_str(), tokens->error, ground);
            QTest::addRow("%s outline%s", name, on.c_str()) << tokens->outline << ground << 3.0;
        }
        text("text on accent", tokens->onAccent, tokens->accent);
        text("banner", tokens->bannerText, tokens->bannerGround);
        text("text on raised", tokens->text, tokens->raised);
        text("violet", tokens->violet, tokens->surface);
        text("teal", tokens->teal, tokens->surface);
    }
}

void TestWidgets::tokensKeepTheirContrast()
{
    QFETCH(QColor, ink);
    QFETCH(QColor, ground);
    QFETCH(double, atLeast);
    QVERIFY2(contrast(ink, ground) >= atLeast, qPrintable(QString::number(contrast(ink, ground))));
}

void TestWidgets::darkPalettesAreRecognised()
{
    QVERIFY(isDark(paletteOf(darkTokens())));
    QVERIFY(!isDark(paletteOf(lightTokens())));
}

void TestWidgets::everyIconFollowsTheTheme()
{
    int count = 0;
    QDirIterator icons(QStringLiteral(":/icons"), {QStringLiteral("*.svg")});
    while (icons.hasNext()) {
        const QString name = QFileInfo(icons.next()).completeBaseName();
        for (const qreal ratio : {1.0, 1.25, 1.5, 2.0}) {
            const QImage image = iconPixmap(name, Qt::red, 16, ratio).toImage();
            QCOMPARE(image.width(), qRound(16 * ratio));
            bool drawn = false;
            for (int y = 0; y < image.height(); ++y) {
                for (int x = 0; x < image.width(); ++x)
                    drawn = drawn || qAlpha(image.pixel(x, y)) > 100;
            }
            QVERIFY2(drawn, qPrintable(name));
        }
        ++count;
    }
    QVERIFY(count > 20);
}

void TestWidgets::axesHaveRoundSteps_data()
{
    QTest::addColumn<double>("largest");
    QTest::addColumn<int>("unit");
    QTest::addColumn<double>("top");
    QTest::newRow("nothing") << kMissing << int(ChartUnit::PerSecond) << 1.0;
    QTest::newRow("zero") << 0.0 << int(ChartUnit::PerSecond) << 1.0;
    QTest::newRow("8412") << 8412.0 << int(ChartUnit::PerSecond) << 10000.0;
    QTest::newRow("48 ms") << 0.048 << int(ChartUnit::Seconds) << 0.06;
    QTest::newRow("3 workers") << 3.0 << int(ChartUnit::Count) << 3.0;
    QTest::newRow("exactly 4") << 4.0 << int(ChartUnit::Count) << 4.0;
}

void TestWidgets::axesHaveRoundSteps()
{
    QFETCH(double, largest);
    QFETCH(int, unit);
    QFETCH(double, top);
    const Axis axis = axisFor(largest, ChartUnit(unit));
    QCOMPARE(axis.top, top);
    QVERIFY(axis.ticks.size() <= size_t(Axis::kTicksMax) + 1);
    QVERIFY(axis.ticks.size() >= 2);
    QCOMPARE(axis.ticks.front(), 0.0);
}

namespace {

PlotScale scaleOf(int64_t to, double top)
{
    return {.plot = {0, 0, 100, 50}, .fromUnixMs = 0, .toUnixMs = to, .top = top};
}

} // namespace

void TestWidgets::aGapCutsTheLine()
{
    ChartModel model({QStringLiteral("a")});
    for (int i = 0; i < 10; ++i)
        model.append(1000 * i + 1, std::array {i == 4 ? kMissing : 1.0});
    QCOMPARE(polylines(model, 0, scaleOf(10000, 1)).size(), size_t(2));
    model.append(60'000, std::array {1.0}); // the engine was away
    QCOMPARE(polylines(model, 0, scaleOf(60'000, 1)).size(), size_t(3));
}

void TestWidgets::decimationKeepsPeaks()
{
    ChartModel model({QStringLiteral("a")});
    for (int i = 0; i < 3600; ++i)
        model.append(1000 * i + 1, std::array {i == 1777 ? 100.0 : 1.0});
    const auto lines = polylines(model, 0, scaleOf(3'600'000, 100));
    QCOMPARE(lines.size(), size_t(1));
    QVERIFY(lines[0].size() <= 4 * 102);
    double top = 50;
    for (const QPointF &point : lines[0])
        top = std::min(top, point.y());
    QCOMPARE(top, 0.0);
}

void TestWidgets::aDrawnLineIsWhereItsPointsAre_data()
{
    QTest::addColumn<QPolygonF>("line");
    QTest::newRow("flat") << QPolygonF({{0, 10}, {100, 10}});
    QTest::newRow("between two pixels") << QPolygonF({{0, 10.5}, {100, 10.5}});
    QTest::newRow("climbs gently") << QPolygonF({{0, 10}, {100, 40}});
    QTest::newRow("climbs one in one") << QPolygonF({{10, 5}, {50, 45}});
    QTest::newRow("a peak inside one column")
        << QPolygonF({{0, 10}, {50.2, 10}, {50.5, 3}, {50.8, 10}, {100, 10}});
    QTest::newRow("a cliff") << QPolygonF({{0.5, 40}, {50, 40}, {50, 4}, {99.5, 4}});
    QTest::newRow("begins left of the plot") << QPolygonF({{-2.5, 7}, {4, 30}});
    QTest::newRow("ends right of it") << QPolygonF({{90, 7}, {120, 30}});
    QTest::newRow("above and below it") << QPolygonF({{0, -30}, {100, 90}});
    QPolygonF noise;
    for (int i = 0; i < 400; ++i)
        noise << QPointF(i / 4.0, i % 2 ? 3 : 45);
    QTest::newRow("noise") << noise;
}

/// Against a walk along the line in small steps: what it touches is drawn, what is far is not.
void TestWidgets::aDrawnLineIsWhereItsPointsAre()
{
    QFETCH(QPolygonF, line);
    constexpr double kWidth = 2;
    LineRaster raster({100, 50});
    raster.draw(line, kWidth, Qt::red);
    const QImage &picture = raster.picture();
    QList<QPointF> walk;
    for (qsizetype i = 1; i < line.size(); ++i) {
        for (int step = 0; step <= 400; ++step)
            walk << line[i - 1] + (line[i] - line[i - 1]) * step / 400.0;
    }
    std::vector<double> nearest(size_t(picture.width()) * 50, 1e9);
    for (const QPointF &at : std::as_const(walk)) {
        for (int y = std::max(0, int(at.y()) - 3); y < std::min(50, int(at.y()) + 4); ++y) {
            for (int x = std::max(0, int(at.x()) - 3); x < std::min(100, int(at.x()) + 4); ++x) {
                double &distance = nearest[size_t(y) * 100 + size_t(x)];
                distance = std::min(distance, std::hypot(x + 0.5 - at.x(), y + 0.5 - at.y()));
            }
        }
    }
    for (int y = 0; y < 50; ++y) {
        for (int x = 0; x < 100; ++x) {
            const double distance = nearest[size_t(y) * 100 + size_t(x)];
            const int alpha = qAlpha(picture.pixel(x, y));
            const std::string where =
                "(" + std::to_string(x) + ", " + std::to_string(y) + ") " + std::to_string(alpha);
            QVERIFY2(distance > 0.3 || alpha > 120, where.c_str());
            QVERIFY2(distance < kWidth + 0.5 || alpha == 0, where.c_str());
        }
    }
}

void TestWidgets::aLevelLineIsAsThickAsItWasAsked()
{
    for (const double y : {10.0, 10.25, 10.5}) {
        LineRaster raster({4, 20});
        raster.draw(QPolygonF({{0, y}, {4, y}}), 1.75, Qt::black);
        int sum = 0;
        for (int row = 0; row < 20; ++row)
            sum += qAlpha(raster.picture().pixel(2, row));
        QVERIFY(std::abs(sum / 255.0 - 1.75) < 0.02);
    }
    LineRaster raster({4, 20});
    raster.draw({}, 1.75, Qt::black);
    raster.draw(QPolygonF({{1, 1}}), 1.75, Qt::black);
    raster.fillBelow(QPolygonF({{0, 15}, {4, 15}}), QColor(0, 0, 0, 100));
    QCOMPARE(qAlpha(raster.picture().pixel(2, 14)), 0);
    QCOMPARE(qAlpha(raster.picture().pixel(2, 15)), 100);
    QCOMPARE(qAlpha(raster.picture().pixel(2, 19)), 100);
}

void TestWidgets::theSameSecondIsTakenOnce()
{
    ChartModel model({QStringLiteral("a")});
    model.append(1000, std::array {1.0});
    model.append(1000, std::array {2.0});
    model.append(500, std::array {3.0});
    QCOMPARE(model.size(), size_t(1));
    QCOMPARE(model.newest(0), 1.0);
}

void TestWidgets::oldSamplesAreDropped()
{
    ChartModel model({QStringLiteral("a")});
    for (size_t i = 0; i < ChartModel::kSamplesMax + 50; ++i)
        model.append(int64_t(i + 1) * 1000, std::array {1.0});
    QCOMPARE(model.size(), ChartModel::kSamplesMax);
    QCOMPARE(model.time(0), int64_t(51'000));
}

void TestWidgets::arrowKeysMoveTheCursor()
{
    LineChart chart(QStringLiteral("t"), ChartUnit::Count, {QStringLiteral("a")},
                    {{.colour = [](const Tokens &tokens) {
                        return tokens.accent;
                    }}});
    QTest::keyClick(&chart, Qt::Key_Left); // nothing there yet, nothing happens
    QVERIFY(!chart.cursor());
    for (int i = 0; i < 5; ++i)
        chart.model().append(1000 * i + 1000, std::array {double(i)});
    QTest::keyClick(&chart, Qt::Key_Left);
    QCOMPARE(chart.cursor(), std::optional<size_t>(4));
    QTest::keyClick(&chart, Qt::Key_Left);
    QCOMPARE(chart.cursor(), std::optional<size_t>(3));
    QTest::keyClick(&chart, Qt::Key_Home);
    QTest::keyClick(&chart, Qt::Key_Left);
    QCOMPARE(chart.cursor(), std::optional<size_t>(0));
    QTest::keyClick(&chart, Qt::Key_End);
    QTest::keyClick(&chart, Qt::Key_Right);
    QCOMPARE(chart.cursor(), std::optional<size_t>(4));
    QTest::keyClick(&chart, Qt::Key_Escape);
    QVERIFY(!chart.cursor());
}

void TestWidgets::outputIsCleaned_data()
{
    QTest::addColumn<QString>("raw");
    QTest::addColumn<QString>("clean");
    QTest::newRow("plain") << QStringLiteral("a\nb\tc") << QStringLiteral("a\nb\tc");
    QTest::newRow("colours") << QStringLiteral("\x1b[1;31mred\x1b[0m") << QStringLiteral("red");
    QTest::newRow("title") << QStringLiteral("\x1b]0;evil\x07ok") << QStringLiteral("ok");
    QTest::newRow("windows lines") << QStringLiteral("a\r\nb") << QStringLiteral("a\nb");
    QTest::newRow("bell is shown") << QStringLiteral("a\x07") << QStringLiteral("a\u2407");
    QTest::newRow("unfinished sequence") << QStringLiteral("\x1b[3") << QStringLiteral("\u241b[3");
    QTest::newRow("markup is text") << QStringLiteral("<b>x</b>") << QStringLiteral("<b>x</b>");
    const QString longLine(kLineCharactersMax + 10, QLatin1Char('x'));
    QTest::newRow("long line") << longLine << longLine.left(kLineCharactersMax - 1) + QChar(0x2026);
}

void TestWidgets::outputIsCleaned()
{
    QFETCH(QString, raw);
    QFETCH(QString, clean);
    QCOMPARE(cleanOutput(raw), clean);
}

void TestWidgets::lastLinesAreCounted_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("lines");
    QTest::addColumn<QString>("last");
    QTest::newRow("nothing") << QString() << 3 << QString();
    QTest::newRow("only ends") << QStringLiteral("\n\n") << 3 << QString();
    QTest::newRow("one") << QStringLiteral("a") << 3 << QStringLiteral("a");
    QTest::newRow("fewer than asked") << QStringLiteral("a\nb\n") << 3 << QStringLiteral("a\nb");
    QTest::newRow("more than asked") << QStringLiteral("a\nb\nc\n") << 2 << QStringLiteral("b\nc");
    QTest::newRow("leading end") << QStringLiteral("\na") << 5 << QStringLiteral("\na");
}

void TestWidgets::lastLinesAreCounted()
{
    QFETCH(QString, text);
    QFETCH(int, lines);
    QFETCH(QString, last);
    QCOMPARE(lastLines(text, lines), last);
}

void TestWidgets::elidedTextIsInTheTooltip()
{
    ElidedLabel label;
    label.resize(60, 20);
    label.setFullText(QStringLiteral("a text that does not fit into sixty pixels"));
    QVERIFY(label.text() != label.fullText());
    QCOMPARE(label.toolTip(), label.fullText());
    label.resize(2000, 20);
    QCoreApplication::sendPostedEvents();
    label.show();
    QTRY_COMPARE(label.text(), label.fullText());
}

void TestWidgets::aStaleAccessibleIndexIsHarmless()
{
    SitesModel model;
    api::SiteViews views;
    for (const char *id : {"a", "b", "c"})
        views.sites.push_back({.id = id});
    model.update(views, {}, false);
    auto table = std::make_unique<SafeTable>(&model, SitesModel::State, SitesModel::Name);
    QAccessibleInterface *access = QAccessible::queryAccessibleInterface(table.get());
    QVERIFY(access);
    QCOMPARE(access->role(), QAccessible::List);
    QVERIFY(!access->tableInterface());
    QCOMPARE(access->childCount(), 3);
    for (const int bad : {-1, 3, 1'000'000, std::numeric_limits<int>::max()})
        QVERIFY(!access->child(bad));
    QAccessibleInterface *last = access->child(2);
    QVERIFY(last && last->isValid());
    QVERIFY(last->text(QAccessible::Name).contains(QStringLiteral("Name: c")));
    views.sites.resize(1);
    model.update(views, {}, false); // a row goes while a reader holds it
    QVERIFY(!last->isValid());
    QVERIFY(last->text(QAccessible::Name).isEmpty());
    QVERIFY(last->state().invalid);
    QVERIFY(last->rect().isNull());
    QVERIFY(!access->childAt(-50, 99999));
    const QAccessible::Id id = QAccessible::uniqueId(access->child(0));
    table.reset(); // and the view as well
    QVERIFY(!QAccessible::accessibleInterface(id));
}

int main(int argc, char **argv)
{
    TestWidgets test;
    return runGuiTest(test, argc, argv);
}
#include "tst_widgets.moc"
