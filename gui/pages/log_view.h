// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/log_model.h"

#include <QWidget>

class QLabel;
class QPushButton;
class QSplitter;
class QTableView;

namespace arc {

class EmptyState;
class OutputView;

/// The lines of one log as a table, and below it the selected ones whole. It follows the end until
/// the reader scrolls up, and then counts what comes. GUI thread.
class LogView : public QWidget {
    Q_OBJECT
public:
    explicit LogView(QWidget *parent = nullptr);
    ~LogView() override; ///< the views go before their models

    void begin(LogKind kind);
    /// `skipped` as in LogFeed::linesCame().
    void append(const QStringList &lines, qint64 skipped);
    void showFound(const QStringList &newestFirst);
    /// What is shown instead of the table while no line is to be seen.
    void setEmptyText(const QString &title, const QString &text);

    LogModel &model() { return m_model; }
    LogFilter &filter() { return m_filter; }
    QTableView *table() const { return m_table; }
    QPushButton *jumpButton() const { return m_jump; }
    OutputView *detail() const { return m_detail; }
    QPushButton *rawButton() const { return m_raw; }
    QPushButton *expandButton() const { return m_expand; }
    bool follows() const { return m_follows; }
    void jumpToEnd();
    void copySelection();
    void updateEmpty();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void makeTable();
    QWidget *makeDetail();
    void showColumns();
    void showDetail();
    void showJump();
    QList<int> selectedRows() const;

    LogModel m_model;
    LogFilter m_filter;
    EmptyState *m_empty;
    QSplitter *m_split;
    QTableView *m_table;
    QPushButton *m_jump;
    QWidget *m_detailPane = nullptr;
    OutputView *m_detail = nullptr;
    QLabel *m_detailTitle = nullptr;
    QPushButton *m_raw = nullptr;
    QPushButton *m_expand = nullptr;
    int m_new = 0; ///< lines that came since the reader scrolled up
    bool m_follows = true;
    bool m_appending = false;
};

} // namespace arc
