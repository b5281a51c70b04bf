// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <cstdint>

namespace arc {

enum class LogKind { Engine, Access, App };
/// How much a line matters. Marker: not of the log, the window says something there.
enum class LogTone { Plain, Debug, Info, Warning, Error, Marker };

/// One line of a log, taken apart for reading. What could not be taken apart is all message.
struct LogLine {
    QString raw;
    int64_t unixMs = 0; ///< 0: the line does not say
    LogTone tone = LogTone::Plain;
    QString who;     ///< "4242", "engine": who wrote a line of an app
    QString message; ///< one line, cleaned; of access: the target
    // Of the access log:
    int status = 0;
    QString method;
    QString site;
    QString client;
    double ms = -1;
    double bytes = -1;
};

/// Any text gives a line. Pure.
LogLine parseLogLine(LogKind kind, const QString &raw);
/// A line of an app goes on with what the one before it began (a traceback): it matters as much.
void inheritTone(const LogLine &before, LogLine &line);

QString toneWord(LogTone tone);      ///< "Warning"
QString statusText(int status);      ///< "404 not found"
QString logTimeText(int64_t unixMs); ///< "14:03:07.221"
/// Lines of an app's log without their times: "[4242] text".
QString withoutTimes(const QString &text);
/// A line of the access log, a name and value each; other lines as they are.
QString readableLine(LogKind kind, const QString &raw);

} // namespace arc
