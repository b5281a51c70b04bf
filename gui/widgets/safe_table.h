// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/keyed_table_model.h"

#include <QHash>
#include <QSortFilterProxyModel>
#include <QTableView>

namespace arc {

/// A table of live rows: one row selected at a time, one stretched column that holds no number, a
/// mark in the state column, and sorting that waits while somebody points at a row.
/// Its accessibility object is ours (accessible.h). GUI thread.
class SafeTable : public QTableView {
    Q_OBJECT
public:
    static int rowHeight();

    /// `stateColumn` gets the mark, `stretchColumn` the spare room.
    SafeTable(QAbstractItemModel *source, int stateColumn, int stretchColumn,
              QWidget *parent = nullptr);

    /// Source row of the selected row, -1: none.
    int selectedRow() const;
    void selectSourceRow(int row);
    /// Shows only rows with this text in any column, whatever the case of its letters.
    void setFilter(const QString &text);
    /// Whether the filter lets this row through.
    bool shows(int sourceRow) const;
    /// Sorts again after new figures, unless the mouse is over a row.
    void resortQuietly();
    /// Widths from contents, but only upwards, so that columns do not jitter with the figures.
    /// Of a hidden table when it is shown again.
    void growColumns();
    /// Columns that go, in this order, when the table gets too narrow for all.
    void setDropOrder(QList<int> columns);
    /// Height at which all rows are seen, up to a limit.
    int heightForRows(int rowsMax) const;

Q_SIGNALS:
    void rowSelected(int sourceRow);
    void rowActivated(int sourceRow);

protected:
    void resizeEvent(QResizeEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void rowsAboutToBeRemoved(const QModelIndex &parent, int start, int end) override;

private:
    int headerWidth(int column) const;
    void dropColumns();

    QSortFilterProxyModel *m_proxy;
    QList<int> m_dropOrder;
    QHash<int, int> m_natural; ///< widths at which nothing is elided
    int m_stretchColumn;
};

} // namespace arc
