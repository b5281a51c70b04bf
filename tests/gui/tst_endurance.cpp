// SPDX-License-Identifier: Apache-2.0
// Eight hours of a window that is looked at, as fast as it goes: memory and objects must be as many
// at the end as after the first hour.
#include "gui/gui_fixture.h"

#include <QElapsedTimer>
#include <QScrollBar>
#include <QTest>

#include <malloc.h>

using namespace arc;
using namespace arc::test;

namespace {

constexpr int kSecondsPerHour = 3600; ///< one snapshot a second
constexpr int kHours = 8;
/// Charts keep an hour, so they grow for that long and then no more.
constexpr int kWarmUpHours = 2;
constexpr int kPageEvery = 600; ///< somebody turns to another page every ten minutes
/// Painting is what takes the time. A cell that left a picture in Qt's cache at every paint was
/// more than a mebibyte by this measure.
constexpr int kPaintEvery = 60;
constexpr int64_t kGrowthMax = 128 * 1024; ///< bytes in six hours: six of a snapshot

int64_t bytesInUse()
{
    ::malloc_trim(0);
    const struct mallinfo2 info = ::mallinfo2();
    return int64_t(info.uordblks) + int64_t(info.hblkhd);
}

int objectsBelow(const QObject &root)
{
    return int(root.findChildren<QObject *>().size());
}

/// That there was something to judge.
class PaintCounter : public QObject {
public:
    int count = 0;

protected:
    bool eventFilter(QObject *, QEvent *event) override
    {
        count += event->type() == QEvent::Paint;
        return false;
    }
};

struct Measured {
    int64_t bytes = 0;
    int objects = 0;
};

} // namespace

class TestEndurance : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void eightHoursOfSnapshotsLeaveMemoryFlat();
};

void TestEndurance::eightHoursOfSnapshotsLeaveMemoryFlat()
{
    GuiFixture fixture;
    int64_t now = 1'700'000'000'000;
    fixture.control->setClock([&now] { return now; });
    fixture.open();
    fixture.bridge.setWatching(false); // this test is the clock
    // What every hour begins and ends with, so that like is compared with like.
    const auto measure = [&] {
        for (int page = 0; page < kPageCount; ++page) {
            fixture.shell.goTo(PageId(page));
            QCoreApplication::processEvents();
            fixture.shell.grab();
        }
        fixture.shell.goTo(PageId::Overview);
        fixture.shell.setUpdatesEnabled(true);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QCoreApplication::processEvents();
        fixture.control->calls.clear();
        fixture.control->calls.shrink_to_fit();
        return Measured {bytesInUse(), objectsBelow(fixture.shell) + objectsBelow(*qApp)};
    };
    PaintCounter paints;
    qApp->installEventFilter(&paints);
    QElapsedTimer timer;
    timer.start();
    QList<Measured> hours;
    int page = 0;
    for (int hour = 0; hour < kHours; ++hour) {
        for (int second = 0; second < kSecondsPerHour; ++second) {
            now += 1000;
            if (second % kPageEvery == 0)
                fixture.shell.goTo(PageId(page++ % kPageCount));
            const bool isPainted = second % kPaintEvery == 0;
            fixture.shell.setUpdatesEnabled(isPainted);
            fixture.bridge.refresh();
            QCoreApplication::sendPostedEvents(); // answers hop to this thread as events
            if (isPainted) {
                QCoreApplication::processEvents();
                fixture.shell.repaint(); // when the platform would paint is a matter of its timers
            }
            fixture.control->calls.clear();
        }
        QCOMPARE(fixture.bridge.asOfUnixMs(), now); // the last one has arrived
        hours << measure();
    }
    for (int hour = 0; hour < hours.size(); ++hour)
        qInfo("hour %d: %lld KiB, %d objects", hour + 1,
              static_cast<long long>(hours[hour].bytes / 1024), hours[hour].objects);
    qInfo("%d snapshots in %lld ms", kHours * kSecondsPerHour,
          static_cast<long long>(timer.elapsed()));
    QVERIFY(paints.count > kHours * kSecondsPerHour / kPaintEvery);
    const Measured warm = hours[kWarmUpHours - 1];
    QCOMPARE(hours.last().objects, warm.objects);
    QVERIFY2(hours.last().bytes - warm.bytes < kGrowthMax,
             qPrintable(QString::number(hours.last().bytes - warm.bytes)));
}

int main(int argc, char **argv)
{
    TestEndurance test;
    return runGuiTest(test, argc, argv);
}
#include "tst_endurance.moc"
