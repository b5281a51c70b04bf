// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/safe_table.h"

#include "gui/theme/theme.h"
#include "gui/widgets/cut_tips.h"
#include "gui/widgets/state_mark.h"

#include <QHeaderView>
#include <QPainter>
#include <QStyledItemDelegate>

namespace arc {

constexpr int kColumnLeast = 56; // of letters of 10 pt, like the others
constexpr int kStretchLeast = 84;
constexpr int kStretchWanted = 200; ///< at most, before other columns are shortened
constexpr int kElidedLeast = 90;
constexpr int kMarkSide = 11;
constexpr int kMarkGap = 3;
constexpr int kCellInset = 11;   ///< what the style leaves free at the left of a cell
constexpr int kHeaderInset = 22; ///< and at both sides of a header
constexpr int kSortArrow = 16;   ///< room that the style keeps for the arrow of sorting, always
constexpr int kRowAir = 14;      ///< above and below the letters of a row
constexpr int kRowHeightLeast = 30;

namespace {

class StateDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const int side = decoration() - kMarkGap;
        const QRectF mark(option.rect.left() + kCellInset, option.rect.center().y() - side / 2,
                          side, side);
        paintStateMark(*painter, mark, lookOf(index.data(kStateRole).toString()).tone);
    }

protected:
    /// The style keeps the place of a picture for the mark, which is painted in the theme's
    /// colours. There is no picture: one that is made here would stay in Qt's cache, at every paint
    /// another.
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        option->features |= QStyleOptionViewItem::HasDecoration;
        option->decorationSize = QSize(decoration(), decoration());
    }

private:
    static int decoration() { return scaled(kMarkSide) + kMarkGap; }
};

} // namespace

SafeTable::SafeTable(QAbstractItemModel *source, int stateColumn, int stretchColumn,
                     QWidget *parent)
    : QTableView(parent), m_proxy(new QSortFilterProxyModel(this)), m_stretchColumn(stretchColumn)
{
    m_proxy->setSourceModel(source);
    m_proxy->setSortRole(kSortRole);
    m_proxy->setFilterKeyColumn(-1); // all of them
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
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
    keepTipsToWhatIsCut(*this);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollMode(ScrollPerPixel);
    setItemDelegateForColumn(stateColumn, new StateDelegate(this));
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(rowHeight());
    horizontalHeader()->setMinimumSectionSize(scaled(kColumnLeast));
    horizontalHeader()->setDefaultSectionSize(scaled(kColumnLeast));
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

int SafeTable::rowHeight()
{
    return std::max(kRowHeightLeast, QFontMetrics(bodyFont()).height() + kRowAir);
}

/// The style's own answer holds room for more than there is.
int SafeTable::headerWidth(int column) const
{
    const QString text = m_proxy->headerData(column, Qt::Horizontal).toString();
    return QFontMetrics(horizontalHeader()->font()).horizontalAdvance(text) + kHeaderInset
        + kSortArrow;
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

void SafeTable::setFilter(const QString &text)
{
    m_proxy->setFilterFixedString(text);
}

bool SafeTable::shows(int sourceRow) const
{
    return m_proxy->mapFromSource(m_proxy->sourceModel()->index(sourceRow, 0)).isValid();
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
    if (!isVisible())
        return; // measuring texts is most of what a refresh costs, and nobody sees it
    for (int column = 0; column < m_proxy->columnCount(); ++column) {
        if (column == m_stretchColumn) {
            // What names a row is read first: the others give way to it.
            const int whole = std::min(sizeHintForColumn(column) + 4, scaled(kStretchWanted));
            m_natural[column] = std::max(m_natural.value(column), whole);
            continue;
        }
        const int wanted = std::max(sizeHintForColumn(column) + 4, headerWidth(column));
        if (wanted > m_natural.value(column, scaled(kColumnLeast))) {
            m_natural[column] = wanted;
            setColumnWidth(column, wanted);
        }
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
    int needed = std::max(
        {scaled(kStretchLeast), headerWidth(m_stretchColumn), m_natural.value(m_stretchColumn)});
    for (int column = 0; column < m_proxy->columnCount(); ++column)
        needed += column == m_stretchColumn ? 0 : m_natural.value(column, scaled(kColumnLeast));
    for (const int column : std::as_const(m_dropOrder)) {
        const int natural = m_natural.value(column, scaled(kColumnLeast));
        const int tooMuch = std::max(0, needed - viewport()->width());
        // A little too narrow: its texts end in "…". Much too narrow: it goes.
        const bool stays = natural - tooMuch >= std::min(natural, scaled(kElidedLeast));
        setColumnHidden(column, !stays);
        if (stays)
            setColumnWidth(column, natural - tooMuch);
        needed -= stays ? tooMuch : natural;
    }
}

void SafeTable::showEvent(QShowEvent *event)
{
    QTableView::showEvent(event);
    growColumns();
}

/// Qt would select the neighbour of a row that goes: what is done next would be done to another.
void SafeTable::rowsAboutToBeRemoved(const QModelIndex &parent, int start, int end)
{
    const int row = currentIndex().isValid() ? currentIndex().row() : -1;
    if (row >= start && row <= end)
        selectionModel()->clear();
    QTableView::rowsAboutToBeRemoved(parent, start, end);
}

void SafeTable::resizeEvent(QResizeEvent *event)
{
    QTableView::resizeEvent(event);
    dropColumns();
}

int SafeTable::heightForRows(int rowsMax) const
{
    return horizontalHeader()->sizeHint().height()
        + rowHeight() * std::clamp(m_proxy->rowCount(), 1, rowsMax) + 4;
}

} // namespace arc
