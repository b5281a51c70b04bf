// SPDX-License-Identifier: Apache-2.0
#include "gui/shots.h"

#include "gui/theme/theme.h"

#include <QCoreApplication>
#include <QDir>
#include <QImage>
#include <QPainter>
#include <QSet>
#include <QWidget>

namespace arc::test {

namespace {

constexpr QSize kThumbnail {480, 300};
constexpr int kSheetColumns = 4;
constexpr int kColoursMin = 8; ///< fewer in a page is a blank page

int coloursOf(const QImage &image)
{
    QSet<QRgb> colours;
    for (int y = 0; y < image.height(); y += 3) {
        for (int x = 0; x < image.width(); x += 3)
            colours.insert(image.pixel(x, y));
    }
    return int(colours.size());
}

QString shotsFolder()
{
    const QString asked = qEnvironmentVariable("ARC_SHOTS");
    return asked.isEmpty() ? QCoreApplication::applicationDirPath() + QStringLiteral("/../shots")
                           : asked;
}

struct Thumbnail {
    QString name;
    QImage picture;
};
QList<Thumbnail> s_thumbnails; // of what was taken, for the contact sheets
QStringList s_flaws; // of all pictures: one test that stops at the first would hide the others

/// All pictures whose names begin alike on one, small: to see at a glance what does not belong.
void writeContactSheet(const QString &name, const QString &theme)
{
    QList<Thumbnail> chosen;
    for (const Thumbnail &one : s_thumbnails) {
        if (one.name.startsWith(theme))
            chosen << one;
    }
    if (chosen.isEmpty())
        return;
    const int rows = int(chosen.size() + kSheetColumns - 1) / kSheetColumns;
    const QSize cell = kThumbnail + QSize(12, 30);
    QImage sheet(cell.width() * kSheetColumns, cell.height() * rows, QImage::Format_RGB32);
    sheet.fill(Qt::gray);
    QPainter painter(&sheet);
    for (int i = 0; i < chosen.size(); ++i) {
        const QPoint at(i % kSheetColumns * cell.width(), i / kSheetColumns * cell.height());
        painter.drawText(at + QPoint(6, 18), chosen[i].name);
        painter.drawImage(at + QPoint(6, 24), chosen[i].picture);
    }
    QVERIFY(sheet.save(shotsFolder() + QStringLiteral("/%1-%2.png").arg(name, theme)));
}

} // namespace

void settle()
{
    for (int turn = 0; turn < 6; ++turn)
        QCoreApplication::processEvents();
}

void shoot(QWidget &widget, const QString &name)
{
    for (int pass = 0; pass < 5; ++pass) // a layout that turned asks the one around it again
        QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
    QCoreApplication::sendPostedEvents();
    for (const QString &flaw : flawsIn(widget))
        s_flaws << name + QStringLiteral(": ") + flaw;
    const QImage image = widget.grab().toImage();
    QVERIFY2(coloursOf(image) >= kColoursMin, qPrintable(name));
    QVERIFY(QDir().mkpath(shotsFolder()));
    QVERIFY(image.save(shotsFolder() + QLatin1Char('/') + name + QStringLiteral(".png")));
    s_thumbnails.append(
        {name, image.scaled(kThumbnail, Qt::KeepAspectRatio, Qt::SmoothTransformation)});
}

int finishShots(const QString &name)
{
    for (const char *group : {"light", "dark", "large", "long"})
        writeContactSheet(name, QLatin1String(group));
    for (const QString &flaw : std::as_const(s_flaws))
        qWarning("%s", qPrintable(flaw)); // each on its own: a message of QtTest has its limits
    return int(s_flaws.size());
}

void addAppearances()
{
    QTest::addColumn<int>("theme");
    QTest::newRow("light") << int(ThemeChoice::Light);
    QTest::newRow("dark") << int(ThemeChoice::Dark);
    QTest::newRow("large") << int(ThemeChoice::Light);
    QTest::newRow("long") << int(ThemeChoice::Dark);
}

} // namespace arc::test
