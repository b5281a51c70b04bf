// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/log_lines.h"

#include <QAbstractTableModel>
#include <QRegularExpression>
#include <QSet>
#include <QSortFilterProxyModel>

#include <deque>

namespace arc {

/// Role that gives a row's LogTone as int.
constexpr int kToneRole = Qt::UserRole + 10;

/// The lines of one log, oldest first, at most kRowsMax: the oldest go first. GUI thread.
class LogModel : public QAbstractTableModel {
    Q_OBJECT
public:
    static constexpr int kRowsMax = 5000;
    /// All columns there are; which of them a log has, hasColumn() says.
    enum Column { Time, Level, Status, Method, Message, Site, Duration, Bytes, Who, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    LogKind kind() const { return m_kind; }
    bool hasColumn(int column) const;
    /// Another log: nothing is left of the one before.
    void begin(LogKind kind);
    void append(const QStringList &raw);
    /// The window speaks, between two lines.
    void appendMarker(const QString &text);
    /// Replaces everything by older lines found, newest first.
    void showFound(const QStringList &newestFirst);
    const LogLine &lineAt(int row) const { return m_lines[size_t(row)]; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void take(std::deque<LogLine> lines);
    QString text(const LogLine &line, int column) const;

    LogKind m_kind = LogKind::Engine;
    std::deque<LogLine> m_lines;
};

/// Which lines of a LogModel are seen: those of some tones that hold a text. GUI thread.
class LogFilter : public QSortFilterProxyModel {
    Q_OBJECT
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    /// LogTones that are not shown, as int.
    void hideTones(QSet<int> tones);
    /// Empty: all lines. A broken expression shows none; problem() says what is wrong with it.
    void search(const QString &text, bool isRegex);
    QString problem() const { return m_problem; }
    const LogLine &lineAt(int row) const;

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;

private:
    QSet<int> m_hidden;
    QRegularExpression m_pattern;
    QString m_problem;
    bool m_searches = false;
};

} // namespace arc
