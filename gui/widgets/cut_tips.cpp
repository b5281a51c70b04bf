// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/cut_tips.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QStyle>
#include <QStyleOptionViewItem>

#include <algorithm>

namespace arc {

namespace {

class TipFilter : public QObject {
public:
    explicit TipFilter(QAbstractItemView &view) : QObject(&view), m_view(view) { }

    bool eventFilter(QObject *, QEvent *event) override
    {
        if (event->type() != QEvent::ToolTip)
            return false;
        const QModelIndex index = m_view.indexAt(static_cast<QHelpEvent *>(event)->pos());
        return index.isValid() && !tipSaysMore(m_view, index);
    }

private:
    QAbstractItemView &m_view;
};

} // namespace

/// The style says where it writes; what it leaves free around differs from style to style.
static int textWidth(const QAbstractItemView &view, const QModelIndex &index)
{
    QStyleOptionViewItem option;
    option.initFrom(&view);
    option.rect = view.visualRect(index);
    option.text = index.data(Qt::DisplayRole).toString();
    option.features = QStyleOptionViewItem::HasDisplay;
    option.index = index;
    return view.style()->subElementRect(QStyle::SE_ItemViewItemText, &option, &view).width();
}

bool tipSaysMore(const QAbstractItemView &view, const QModelIndex &index)
{
    const QString text = index.data(Qt::DisplayRole).toString();
    if (!text.contains(index.data(Qt::ToolTipRole).toString()))
        return true;
    const QVariant font = index.data(Qt::FontRole);
    const QFontMetrics metrics(font.isValid() ? font.value<QFont>() : view.font());
    const int room = textWidth(view, index);
    const QStringList lines = text.split(QLatin1Char('\n'));
    return std::ranges::any_of(
        lines, [&](const QString &line) { return metrics.horizontalAdvance(line) > room; });
}

void keepTipsToWhatIsCut(QAbstractItemView &view)
{
    view.viewport()->installEventFilter(new TipFilter(view));
}

} // namespace arc
