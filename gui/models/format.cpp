// SPDX-License-Identifier: Apache-2.0
#include "gui/models/format.h"

#include "server/base/text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

namespace arc {

QString toQString(std::string_view text)
{
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

std::string toStd(const QString &text)
{
    return text.toStdString();
}

QString unknownText()
{
    return QStringLiteral("–");
}

QString rateText(double perSecond)
{
    return perSecond < 0 ? unknownText() : toQString(formatCount(perSecond));
}

QString secondsText(double seconds)
{
    return seconds < 0 ? unknownText() : toQString(formatDuration(seconds));
}

QString bytesText(double bytes)
{
    return bytes < 0 ? unknownText() : toQString(formatBytes(bytes));
}

QString shareText(double share)
{
    if (share < 0)
        return unknownText();
    const double percent = share * 100;
    return QStringLiteral("%1 %").arg(percent, 0, 'f', percent > 0 && percent < 9.95 ? 1 : 0);
}

QString ageText(int64_t sinceUnixMs, int64_t nowUnixMs)
{
    if (sinceUnixMs <= 0 || nowUnixMs < sinceUnixMs)
        return unknownText();
    const int64_t seconds = (nowUnixMs - sinceUnixMs) / 1000;
    if (seconds < 60)
        return QCoreApplication::translate("arc", "%1 s").arg(seconds);
    if (seconds < 3600)
        return QCoreApplication::translate("arc", "%1 min").arg(seconds / 60);
    if (seconds < 48 * 3600)
        return QCoreApplication::translate("arc", "%1 h %2 min")
            .arg(seconds / 3600)
            .arg(seconds / 60 % 60);
    return QCoreApplication::translate("arc", "%1 days").arg(seconds / 86400);
}

QString clockText(int64_t unixMs)
{
    return QDateTime::fromMSecsSinceEpoch(unixMs).toString(QStringLiteral("HH:mm:ss"));
}

QString dateTimeText(int64_t unixMs)
{
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(unixMs), QLocale::ShortFormat);
}

} // namespace arc
