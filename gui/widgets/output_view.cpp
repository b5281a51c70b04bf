// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/output_view.h"

#include "gui/theme/theme.h"

#include <QRegularExpression>
#include <QScrollBar>

namespace arc {

QString cleanOutput(const QString &text)
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
        if (column == OutputView::kLineCharactersMax)
            clean += QChar(0x2026);
        if (column >= OutputView::kLineCharactersMax)
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

OutputView::OutputView(QWidget *parent) : QPlainTextEdit(parent)
{
    setReadOnly(true);
    setFont(monoFont());
    setProperty("mono", true);
    setLineWrapMode(NoWrap);
    setMaximumBlockCount(kLinesMax);
    setTabChangesFocus(true);
    setUndoRedoEnabled(false);
}

bool OutputView::isAtEnd() const
{
    return verticalScrollBar()->value() >= verticalScrollBar()->maximum() - 2;
}

void OutputView::scrollToEnd()
{
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void OutputView::showText(const QString &text)
{
    if (text == m_shown)
        return;
    const bool follow = isAtEnd() || m_shown.isEmpty();
    const int before = verticalScrollBar()->value();
    // Output grows at its end: only the new part is laid out, and a selection stays.
    if (!m_shown.isEmpty() && text.startsWith(m_shown)) {
        append(text.mid(m_shown.size()));
        return;
    }
    m_shown = text;
    setPlainText(cleanOutput(text));
    if (follow)
        scrollToEnd();
    else
        verticalScrollBar()->setValue(before);
}

void OutputView::append(const QString &text)
{
    const bool follow = isAtEnd();
    m_shown += text;
    QTextCursor end(document());
    end.movePosition(QTextCursor::End);
    end.insertText(cleanOutput(text));
    if (follow)
        scrollToEnd();
}

} // namespace arc
