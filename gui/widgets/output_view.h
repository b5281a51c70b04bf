// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/clean_text.h"

#include <QPlainTextEdit>

namespace arc {

/// Text that a program wrote: monospaced, read-only, at most kLinesMax lines, terminal colours
/// taken out and other control characters shown. Follows the end until the reader scrolls up. GUI
/// thread.
class OutputView : public QPlainTextEdit {
    Q_OBJECT
public:
    static constexpr int kLinesMax = 5000;

    explicit OutputView(QWidget *parent = nullptr);

    /// Replaces everything; nothing happens when it is the same text.
    void showText(const QString &text);
    void append(const QString &text);
    void showEmptyText(const QString &text) { setPlaceholderText(text); }

private:
    bool isAtEnd() const;
    void scrollToEnd();

    QString m_shown;
};

} // namespace arc
