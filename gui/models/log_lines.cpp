// SPDX-License-Identifier: Apache-2.0
#include "gui/models/log_lines.h"

#include "gui/models/clean_text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

namespace arc {

constexpr int kTimeLength = 24; // 2026-11-26T04:20:49.123Z

/// Takes the time from the front of a line; 0: there is none.
static int64_t takeTime(QString &line)
{
    if (line.size() <= kTimeLength || line[kTimeLength] != QLatin1Char(' ')
        || line[kTimeLength - 1] != QLatin1Char('Z'))
        return 0;
    const QDateTime time = QDateTime::fromString(line.left(kTimeLength), Qt::ISODateWithMs);
    if (!time.isValid())
        return 0;
    line.remove(0, kTimeLength + 1);
    return time.toMSecsSinceEpoch();
}

/// Programs of all kinds write an app's log: the usual words of Python's logging tell the tone.
static LogTone toneOfText(const QString &text)
{
    static const QRegularExpression kError(
        QStringLiteral("\\b(ERROR|CRITICAL|FATAL)\\b|^Traceback \\(most recent call last\\):"
                       "|^[A-Za-z_][\\w.]*(Error|Exception)\\b(:|$)"));
    static const QRegularExpression kWarning(QStringLiteral("\\bWARN(ING)?\\b|Warning: "));
    const QString head = text.left(200);
    if (kError.match(head).hasMatch())
        return LogTone::Error;
    return kWarning.match(head).hasMatch() ? LogTone::Warning : LogTone::Plain;
}

static LogLine parseApp(const QString &raw)
{
    LogLine line {.raw = raw};
    QString rest = raw;
    line.unixMs = takeTime(rest);
    static const QRegularExpression kWho(QStringLiteral("^\\[(\\d+|engine)\\] "));
    const auto who = kWho.match(rest);
    if (who.hasMatch()) {
        line.who = who.captured(1);
        rest.remove(0, who.capturedLength());
    }
    line.message = cleanOutput(rest);
    line.tone = toneOfText(line.message);
    return line;
}

static LogLine parseEngine(const QString &raw)
{
    LogLine line {.raw = raw};
    QString rest = raw;
    line.unixMs = takeTime(rest);
    static const std::pair<const char *, LogTone> kTones[] = {{"debug ", LogTone::Debug},
                                                              {"info ", LogTone::Info},
                                                              {"warning ", LogTone::Warning},
                                                              {"error ", LogTone::Error}};
    for (const auto &[word, tone] : kTones) {
        if (line.unixMs != 0 && rest.startsWith(QLatin1String(word))) {
            line.tone = tone;
            rest.remove(0, qsizetype(qstrlen(word)));
            break;
        }
    }
    line.message = cleanOutput(rest);
    return line;
}

static LogLine parseAccess(const QString &raw)
{
    LogLine line {.raw = raw};
    const QJsonObject json = QJsonDocument::fromJson(raw.toUtf8()).object();
    if (json.isEmpty()) { // torn by a kill, or somebody else's
        line.message = cleanOutput(raw);
        return line;
    }
    const auto text = [&json](const char *name) {
        return cleanOutput(json[QLatin1String(name)].toString());
    };
    const QDateTime time =
        QDateTime::fromString(json[QLatin1String("time")].toString(), Qt::ISODateWithMs);
    line.unixMs = time.isValid() ? time.toMSecsSinceEpoch() : 0;
    line.status = json[QLatin1String("status")].toInt();
    line.method = text("method");
    line.message = text("target");
    if (line.message.isEmpty())
        line.message = text("refusal");
    line.site = text("site");
    line.client = text("client");
    line.ms = json[QLatin1String("ms")].toDouble(-1);
    line.bytes = json[QLatin1String("bytes")].toDouble(-1);
    line.tone = line.status >= 500 ? LogTone::Error
        : line.status >= 400       ? LogTone::Warning
                                   : LogTone::Plain;
    return line;
}

LogLine parseLogLine(LogKind kind, const QString &raw)
{
    switch (kind) {
    case LogKind::Engine:
        return parseEngine(raw);
    case LogKind::Access:
        return parseAccess(raw);
    case LogKind::App:
        return parseApp(raw);
    }
    return {.raw = raw};
}

void inheritTone(const LogLine &before, LogLine &line)
{
    const bool goesOn =
        line.message.startsWith(QLatin1Char(' ')) || line.message.startsWith(QLatin1Char('\t'));
    if (goesOn && line.tone == LogTone::Plain && line.who == before.who
        && before.tone == LogTone::Error)
        line.tone = LogTone::Error;
}

QString toneWord(LogTone tone)
{
    switch (tone) {
    case LogTone::Debug:
        return QCoreApplication::translate("arc", "Debug");
    case LogTone::Info:
        return QCoreApplication::translate("arc", "Info");
    case LogTone::Warning:
        return QCoreApplication::translate("arc", "Warning");
    case LogTone::Error:
        return QCoreApplication::translate("arc", "Error");
    case LogTone::Plain:
    case LogTone::Marker:
        break;
    }
    return {};
}

QString statusText(int status)
{
    struct Row {
        int first;
        int last;
        const char *word;
    };
    static const Row kRows[] = {
        {100, 199, QT_TRANSLATE_NOOP("arc", "informs")},
        {200, 299, QT_TRANSLATE_NOOP("arc", "ok")},
        {304, 304, QT_TRANSLATE_NOOP("arc", "not modified")},
        {300, 399, QT_TRANSLATE_NOOP("arc", "elsewhere")},
        {401, 401, QT_TRANSLATE_NOOP("arc", "needs login")},
        {403, 403, QT_TRANSLATE_NOOP("arc", "forbidden")},
        {404, 404, QT_TRANSLATE_NOOP("arc", "not found")},
        {400, 499, QT_TRANSLATE_NOOP("arc", "refused")},
        {500, 500, QT_TRANSLATE_NOOP("arc", "app error")},
        {502, 502, QT_TRANSLATE_NOOP("arc", "worker died")},
        {503, 503, QT_TRANSLATE_NOOP("arc", "overloaded")},
        {504, 504, QT_TRANSLATE_NOOP("arc", "too slow")},
        {500, 599, QT_TRANSLATE_NOOP("arc", "server error")},
    };
    for (const Row &row : kRows) {
        if (status >= row.first && status <= row.last)
            return QStringLiteral("%1 %2").arg(status).arg(
                QCoreApplication::translate("arc", row.word));
    }
    return status > 0 ? QString::number(status) : QString();
}

QString logTimeText(int64_t unixMs)
{
    return unixMs == 0
        ? QString()
        : QDateTime::fromMSecsSinceEpoch(unixMs).toString(QStringLiteral("HH:mm:ss.zzz"));
}

QString withoutTimes(const QString &text)
{
    QStringList lines = text.split(QLatin1Char('\n'));
    for (QString &line : lines)
        takeTime(line);
    return lines.join(QLatin1Char('\n'));
}

QString readableLine(LogKind kind, const QString &raw)
{
    if (kind != LogKind::Access)
        return raw;
    const QJsonObject json = QJsonDocument::fromJson(raw.toUtf8()).object();
    if (json.isEmpty())
        return raw;
    static const char *const kFirst[] = {"time", "status",   "method", "target",
                                         "site", "route",    "host",   "client",
                                         "ms",   "queue_ms", "bytes",  "refusal"};
    QStringList names;
    for (const char *name : kFirst) {
        if (json.contains(QLatin1String(name)))
            names << QLatin1String(name);
    }
    for (const QString &name : json.keys()) {
        if (!names.contains(name))
            names << name;
    }
    QStringList rows;
    for (const QString &name : std::as_const(names))
        rows << name.leftJustified(12) + json[name].toVariant().toString();
    return rows.join(QLatin1Char('\n'));
}

} // namespace arc
