// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <cstdint>
#include <string>
#include <string_view>

namespace arc {

QString toQString(std::string_view text);
std::string toStd(const QString &text);

// Numbers as people read them. What is unknown (negative) is an en dash.
QString rateText(double perSecond);
QString secondsText(double seconds);
QString bytesText(double bytes);
QString shareText(double share); ///< 0..1 → "42 %"
QString ageText(int64_t sinceUnixMs, int64_t nowUnixMs);
QString clockText(int64_t unixMs);    ///< "14:03:07"
QString dateTimeText(int64_t unixMs); ///< in the user's locale
QString unknownText();

} // namespace arc
