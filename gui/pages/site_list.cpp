// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/site_list.h"

#include "gui/models/sites_model.h"
#include "gui/theme/theme.h"
#include "gui/widgets/state_mark.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStyledItemDelegate>

namespace arc {

constexpr int kInside = 7; ///< between the frame of a row and its texts

namespace {

class SiteDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override
    {
        // As wide as the list is: texts are shortened, nothing is scrolled sideways.
        return {1,
                QFontMetrics(boldFont()).height() + QFontMetrics(smallFont()).height() + 2 * kInside
                    + 4};
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        const Tokens &tokens = Theme::tokens();
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const QRect box = option.rect.adjusted(4, 2, -4, -2);
        const bool selected = option.state & QStyle::State_Selected;
        if (selected || option.state & QStyle::State_MouseOver) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(selected
                                  ? mix(tokens.accent, tokens.surface, tokens.dark ? 0.2 : 0.11)
                                  : tokens.raised);
            painter->drawRoundedRect(box, 6, 6);
        }
        if (selected && option.state & QStyle::State_HasFocus) {
            painter->setPen(QPen(tokens.accent, 2));
            painter->setBrush(Qt::NoBrush);
            painter->drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 6, 6);
        }
        const QModelIndex state = index.siblingAtColumn(SitesModel::State);
        const int side = scaled(11);
        const int middle = box.top() + kInside + QFontMetrics(boldFont()).height() / 2;
        paintStateMark(*painter, QRectF(box.left() + 10, middle - side / 2.0, side, side),
                       lookOf(state.data(kStateRole).toString()).tone);
        const QRect text = textPlace(option.rect);
        const auto line = [&](const QFont &font, const QColor &colour, int where,
                              const QString &words) {
            painter->setFont(font);
            painter->setPen(colour);
            painter->drawText(text, where | Qt::AlignLeft,
                              QFontMetrics(font).elidedText(words, Qt::ElideRight, text.width()));
        };
        line(boldFont(), tokens.text, Qt::AlignTop,
             index.siblingAtColumn(SitesModel::Name).data().toString());
        line(smallFont(), tokens.text2, Qt::AlignBottom, secondLine(index));
        painter->restore();
    }

    /// The tooltip is the name: it says more only where that is cut off.
    bool helpEvent(QHelpEvent *event, QAbstractItemView *view, const QStyleOptionViewItem &option,
                   const QModelIndex &index) override
    {
        const QString name = index.siblingAtColumn(SitesModel::Name).data().toString();
        if (event->type() == QEvent::ToolTip
            && QFontMetrics(boldFont()).horizontalAdvance(name) <= textPlace(option.rect).width())
            return true;
        return QStyledItemDelegate::helpEvent(event, view, option, index);
    }

private:
    static QRect textPlace(const QRect &row)
    {
        return row.adjusted(4 + 10 + scaled(11) + 9, kInside, -4 - 8, -kInside);
    }
    static QString secondLine(const QModelIndex &index)
    {
        return index.siblingAtColumn(SitesModel::State).data().toString() + QStringLiteral(" · ")
            + index.siblingAtColumn(SitesModel::Kind).data().toString();
    }
};

} // namespace

SiteList::SiteList(QAbstractItemModel *sites, QWidget *parent)
    : QListView(parent), m_proxy(new QSortFilterProxyModel(this))
{
    m_proxy->setSourceModel(sites);
    m_proxy->setFilterKeyColumn(SitesModel::Name);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_proxy->sort(SitesModel::Name);
    setModel(m_proxy);
    setModelColumn(SitesModel::Name);
    setItemDelegate(new SiteDelegate(this));
    setMouseTracking(true);
    setFrameShape(NoFrame);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollMode(ScrollPerPixel);
    viewport()->setAutoFillBackground(false);
    setAccessibleName(tr("Sites"));
    connect(selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &now) {
                if (now.isValid())
                    Q_EMIT siteSelected(now.siblingAtColumn(SitesModel::Name).data().toString());
            });
}

void SiteList::setFilter(const QString &text)
{
    m_proxy->setFilterFixedString(text);
}

void SiteList::selectSite(const QString &site)
{
    for (int row = 0; row < m_proxy->rowCount(); ++row) {
        const QModelIndex at = m_proxy->index(row, SitesModel::Name);
        if (at.data().toString() == site && currentIndex() != at)
            return setCurrentIndex(at);
    }
}

} // namespace arc
