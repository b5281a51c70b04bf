// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QAbstractTableModel>

#include <algorithm>
#include <vector>

namespace arc {

/// A table whose rows have a key. setRows() turns a new list into removals, insertions and changed
/// rows, so that views keep their selection, scroll position and editors; it never resets.
/// New rows are appended: the order on screen is the business of a sort proxy. GUI thread.
template <class Row>
class KeyedTableModel : public QAbstractTableModel {
public:
    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : int(m_rows.size());
    }
    const Row &rowAt(int row) const { return m_rows[size_t(row)]; }
    template <class Key>
    int find(const Key &key) const
    {
        for (size_t i = 0; i < m_rows.size(); ++i) {
            if (m_rows[i].key() == key)
                return int(i);
        }
        return -1;
    }

    void setRows(std::vector<Row> rows)
    {
        for (int i = int(m_rows.size()) - 1; i >= 0; --i) {
            const auto same = [&](const Row &row) {
                return row.key() == m_rows[size_t(i)].key();
            };
            if (std::ranges::none_of(rows, same)) {
                beginRemoveRows({}, i, i);
                m_rows.erase(m_rows.begin() + i);
                endRemoveRows();
            }
        }
        for (Row &row : rows) {
            const int at = find(row.key());
            if (at < 0) {
                beginInsertRows({}, int(m_rows.size()), int(m_rows.size()));
                m_rows.push_back(std::move(row));
                endInsertRows();
            } else if (!(m_rows[size_t(at)] == row)) {
                m_rows[size_t(at)] = std::move(row);
                Q_EMIT dataChanged(index(at, 0), index(at, columnCount() - 1));
            }
        }
    }

private:
    std::vector<Row> m_rows;
};

/// Role under which columns give a number to sort by.
constexpr int kSortRole = Qt::UserRole + 1;
/// Role of the state column: "running", "failed" ...
constexpr int kStateRole = Qt::UserRole + 2;

} // namespace arc
