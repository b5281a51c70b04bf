// SPDX-License-Identifier: Apache-2.0
#include "gui/models/clean_text.h"

#include <QRegularExpression>

namespace arc {

QString cleanOutput(const QString &text, int lineMax)
{
    static const QRegularExpression kSequence(
        QStringLiteral("\x1b\\[[0-9;?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(\x07|\x1b\\\\)"));
    QString plain = text;
    plain.remove(kSequence);
    plain.replace(QStringLiteral("\r\n"), QStringLiteral("\n"));
    QString clean;
    clean.reserve(plain.size());
    int column = 0;
    for (const QChar c : std::as_const(plain)) {
        column = c == QLatin1Char('\n') ? 0 : column + 1;
        if (column == lineMax)
            clean += QChar(0x2026);
        if (column >= lineMax)
            continue;
        const ushort code = c.unicode();
        if (code < 0x20 && code != '\n' && code != '\t')
            clean += QChar(0x2400 + code); // the visible picture of a control character
        else
            clean += c;
    }
    return clean;
}

QString lastLines(const QString &text, int lines)
{
    QStringView rest(text);
    while (rest.endsWith(QLatin1Char('\n')))
        rest.chop(1);
    qsizetype from = rest.size();
    for (int i = 0; i < lines && from >= 0; ++i)
        from = from > 0 ? rest.lastIndexOf(QLatin1Char('\n'), from - 1) : -1;
    return rest.sliced(from + 1).toString();
}

} // namespace arc
