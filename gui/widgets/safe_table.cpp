// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/safe_table.h"

#include "gui/theme/theme.h"
#include "gui/widgets/state_mark.h"

#include <QHeaderView>
#include <QPainter>
#include <QStyledItemDelegate>

namespace arc {

constexpr int kColumnLeast = 56;
constexpr int kStretchLeast = 110;

namespace {

class StateDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        QStyleOptionViewItem shifted = option;
        initStyleOption(&shifted, index);
        shifted.text.prepend(QStringLiteral("      "));
        const QWidget *widget = option.widget;
        widget->style()->drawControl(QStyle::CE_ItemViewItem, &shifted, painter, widget);
        const QRectF mark(option.rect.left() + 9, option.rect.center().y() - 5, 10.5, 10.5);
        paintStateMark(*painter, mark, lookOf(index.data(kStateRole).toString()).tone);
    }

    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        return QStyledItemDelegate::sizeHint(option, index) + QSize(24, 0);
    }
};

} // namespace

SafeTable::SafeTable(QAbstractItemModel *source, int stateColumn, int stretchColumn,
                     QWidget *parent)
    : QTableView(parent), m_proxy(new QSortFilterProxyModel(this)), m_stretchColumn(stretchColumn)
{
    m_proxy->setSourceModel(source);
    m_proxy->setSortRole(kSortRole);
    m_proxy->setDynamicSortFilter(false); // resortQuietly() decides when
    setModel(m_proxy);
    setSelectionBehavior(SelectRows);
    setSelectionMode(SingleSelection);
    setShowGrid(false);
    setWordWrap(false);
    setSortingEnabled(true);
    sortByColumn(stretchColumn, Qt::AscendingOrder);
    setTabKeyNavigation(false);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollMode(ScrollPerPixel);
    setItemDelegateForColumn(stateColumn, new StateDelegate(this));
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(kRowHeight);
    horizontalHeader()->setMinimumSectionSize(kColumnLeast);
    horizontalHeader()->setDefaultSectionSize(kColumnLeast);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setStretchLastSection(false);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Interactive);
    horizontalHeader()->setSectionResizeMode(stretchColumn, QHeaderView::Stretch);
    horizontalHeader()->setFont(smallFont());
    const auto sourceRow = [this](const QModelIndex &index) {
        return index.isValid() ? m_proxy->mapToSource(index).row() : -1;
    };
    connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this, sourceRow](const QModelIndex &now) { Q_EMIT rowSelected(sourceRow(now)); });
    connect(this, &QTableView::activated, this,
            [this, sourceRow](const QModelIndex &at) { Q_EMIT rowActivated(sourceRow(at)); });
    connect(m_proxy, &QAbstractItemModel::rowsInserted, this, [this] {
        m_proxy->sort(horizontalHeader()->sortIndicatorSection(),
                      horizontalHeader()->sortIndicatorOrder());
        growColumns();
    });
}

int SafeTable::selectedRow() const
{
    const QModelIndexList rows = selectionModel()->selectedRows();
    return rows.isEmpty() ? -1 : m_proxy->mapToSource(rows.first()).row();
}

void SafeTable::selectSourceRow(int row)
{
    const QModelIndex at = m_proxy->mapFromSource(m_proxy->sourceModel()->index(row, 0));
    if (at.isValid() && selectedRow() != row)
        selectRow(at.row());
}

void SafeTable::resortQuietly()
{
    if (viewport()->underMouse())
        return;
    m_proxy->sort(horizontalHeader()->sortIndicatorSection(),
                  horizontalHeader()->sortIndicatorOrder());
    growColumns();
}

void SafeTable::growColumns()
{
    for (int column = 0; column < m_proxy->columnCount(); ++column) {
        if (column == m_stretchColumn || isColumnHidden(column))
            continue;
        const int wanted =
            std::max(sizeHintForColumn(column), horizontalHeader()->sectionSizeHint(column)) + 4;
        if (wanted > columnWidth(column))
            setColumnWidth(column, wanted);
    }
    dropColumns();
}

void SafeTable::setDropOrder(QList<int> columns)
{
    m_dropOrder = std::move(columns);
    dropColumns();
}

void SafeTable::dropColumns()
{
    // A hidden column tells a width of zero, so widths are remembered.
    int needed = kStretchLeast;
    for (int column = 0; column < m_proxy->columnCount(); ++column) {
        if (!isColumnHidden(column))
            m_widths[column] = columnWidth(column);
        needed += column == m_stretchColumn ? 0 : m_widths.value(column);
    }
    for (const int column : std::as_const(m_dropOrder)) {
        const bool tooNarrow = needed > viewport()->width();
        if (tooNarrow)
            needed -= m_widths.value(column);
        if (tooNarrow != isColumnHidden(column))
            setColumnHidden(column, tooNarrow);
    }
}

void SafeTable::resizeEvent(QResizeEvent *event)
{
    QTableView::resizeEvent(event);
    dropColumns();
}

int SafeTable::heightForRows(int rowsMax) const
{
    return horizontalHeader()->sizeHint().height()
        + kRowHeight * std::clamp(m_proxy->rowCount(), 1, rowsMax) + 4;
}

} // namespace arc
