// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/output_view.h"

#include "gui/theme/theme.h"

#include <QScrollBar>

namespace arc {

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
