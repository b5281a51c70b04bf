// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/command_palette.h"

#include "gui/models/fuzzy.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"

#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTextLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

namespace {

constexpr int kPaletteWidth = 640;
constexpr int kPaletteTop = 64; ///< below the window's upper edge
constexpr int kRowHeight = 34;
constexpr int kRowsShown = 11;
constexpr int kPageRows = 10;
constexpr int kWordsShare = 2; ///< a find in the hidden words is worth half

constexpr int kItemRole = Qt::UserRole + 10;
constexpr int kNoteRole = Qt::UserRole + 11;
constexpr int kShortcutRole = Qt::UserRole + 12;
constexpr int kFoundRole = Qt::UserRole + 13;
constexpr int kIconRole = Qt::UserRole + 14;
constexpr int kUsableRole = Qt::UserRole + 15;

class RowDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override
    {
        return {200, std::max(kRowHeight, int(QFontMetricsF(bodyFont()).height() * 1.9))};
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        const Tokens &tokens = Theme::tokens();
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const bool selected = option.state & QStyle::State_Selected;
        const bool usable = index.data(kUsableRole).toBool();
        if (selected) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(mix(tokens.accent, tokens.surface, tokens.dark ? 0.24 : 0.13));
            painter->drawRoundedRect(QRectF(option.rect).adjusted(6, 1, -6, -1), 5, 5);
        }
        QRect box = option.rect.adjusted(16, 0, -16, 0);
        const QString name = index.data(kIconRole).toString();
        if (!name.isEmpty())
            painter->drawPixmap(box.left(), box.center().y() - scaled(8),
                                iconPixmap(name, selected ? tokens.accent : tokens.text2,
                                           scaled(16), painter->device()->devicePixelRatioF()));
        box.setLeft(box.left() + scaled(28));
        box.setRight(paintRight(*painter, box, index) - 12);
        paintText(*painter, box, index, usable ? tokens.text : tokens.text2);
        painter->restore();
    }

private:
    /// Key and note at the right edge; returns where they begin.
    static int paintRight(QPainter &painter, QRect box, const QModelIndex &index)
    {
        const Tokens &tokens = Theme::tokens();
        const QFontMetrics metrics(smallFont());
        painter.setFont(smallFont());
        int right = box.right();
        const QString key = index.data(kShortcutRole).toString();
        if (!key.isEmpty()) {
            const int width = metrics.horizontalAdvance(key) + 12;
            const QRectF chip(right - width, box.center().y() - metrics.height() / 2.0 - 2, width,
                              metrics.height() + 4);
            painter.setPen(QPen(tokens.outline, 1));
            painter.setBrush(tokens.raised);
            painter.drawRoundedRect(chip, 4, 4);
            painter.setPen(tokens.text);
            painter.drawText(chip, Qt::AlignCenter, key);
            right -= width + 10;
        }
        const QString note =
            metrics.elidedText(index.data(kNoteRole).toString(), Qt::ElideRight, box.width() / 2);
        const int width = metrics.horizontalAdvance(note);
        painter.setPen(tokens.text2);
        painter.drawText(QRect(right - width, box.top(), width + 2, box.height()),
                         Qt::AlignVCenter | Qt::AlignLeft, note);
        return right - width;
    }

    static void paintText(QPainter &painter, QRect box, const QModelIndex &index,
                          const QColor &colour)
    {
        const QFontMetrics metrics(bodyFont());
        const QString text =
            metrics.elidedText(index.data().toString(), Qt::ElideRight, box.width());
        QTextLayout layout(text, bodyFont());
        QList<QTextLayout::FormatRange> found;
        for (const QVariant &at : index.data(kFoundRole).toList()) {
            QTextCharFormat format;
            format.setForeground(Theme::tokens().accent);
            format.setFontWeight(QFont::Bold);
            found << QTextLayout::FormatRange {at.toInt(), 1, format};
        }
        layout.setFormats(found);
        layout.beginLayout();
        QTextLine line = layout.createLine();
        line.setLineWidth(box.width() + 40);
        layout.endLayout();
        painter.setPen(colour);
        layout.draw(&painter, QPointF(box.left(), box.center().y() - line.height() / 2));
    }
};

struct Found {
    size_t item;
    int score;
    std::vector<int> at;
};

} // namespace

CommandPalette::CommandPalette(std::vector<PaletteItem> items, QWidget *parent)
    : QDialog(parent, Qt::Dialog | Qt::FramelessWindowHint), m_items(std::move(items)),
      m_field(new QLineEdit(this)), m_list(new QListWidget(this)),
      m_nothing(new QLabel(tr("Nothing is called like that."), this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setObjectName(QStringLiteral("palette"));
    setWindowTitle(tr("Search or run"));
    setAccessibleName(windowTitle());
    m_field->setPlaceholderText(tr("Search pages, sites, actions and settings"));
    m_field->setAccessibleName(windowTitle());
    m_field->setObjectName(QStringLiteral("paletteField"));
    m_field->setMaxLength(kFuzzyQueryMax);
    m_field->setMinimumHeight(34);
    m_field->installEventFilter(this);
    m_list->setItemDelegate(new RowDelegate(m_list));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setUniformItemSizes(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setAccessibleName(tr("Found"));
    m_nothing->setProperty("secondary", true);
    m_nothing->setAlignment(Qt::AlignCenter);
    m_nothing->setMinimumHeight(kRowHeight * 2);
    auto *frame = new QFrame(this);
    frame->setProperty("card", true);
    auto *inside = new QVBoxLayout(frame);
    inside->setContentsMargins(10, 10, 10, 10);
    inside->addWidget(m_field);
    inside->addWidget(m_list, 1);
    inside->addWidget(m_nothing);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(frame);
    setFixedSize(std::min(scaled(kPaletteWidth), parent->width() - 40),
                 std::min(scaled(kRowHeight) * kRowsShown + scaled(70), parent->height() - 40));
    connect(m_field, &QLineEdit::textChanged, this, &CommandPalette::search);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::choose);
    search({});
}

void CommandPalette::showEvent(QShowEvent *event)
{
    QDialog::showEvent(event);
    const QWidget *window = parentWidget();
    const int y = std::min(kPaletteTop, (window->height() - height()) / 2);
    QWidget::move(window->mapToGlobal(QPoint((window->width() - width()) / 2, y)));
    m_field->setFocus(Qt::PopupFocusReason);
}

void CommandPalette::changeEvent(QEvent *event)
{
    QDialog::changeEvent(event);
    if (event->type() != QEvent::ActivationChange || !isVisible() || isActiveWindow())
        return;
    // A click elsewhere means: not this. But this event also comes in the middle of being hidden;
    // closed a second time there, the window below stayed blocked for the mouse ever after.
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (isVisible() && !isActiveWindow())
                reject();
        },
        Qt::QueuedConnection);
}

void CommandPalette::search(const QString &query)
{
    std::vector<Found> found;
    for (size_t i = 0; i < m_items.size(); ++i) {
        const PaletteItem &item = m_items[i];
        if (auto match = fuzzyMatch(query, item.text)) {
            found.push_back({i, match->score, std::move(match->at)});
            continue;
        }
        if (const auto match = fuzzyMatch(query, item.text + QLatin1Char(' ') + item.words))
            found.push_back({i, match->score / kWordsShare, {}});
    }
    const bool isAll = query.trimmed().isEmpty(); // then kinds, in the order they came in
    std::ranges::stable_sort(found, [this, isAll](const Found &a, const Found &b) {
        return !isAll && a.score != b.score ? a.score > b.score
                                            : m_items[a.item].rank < m_items[b.item].rank;
    });
    found.resize(std::min<size_t>(found.size(), kShownMax));
    m_list->clear();
    for (const Found &one : found) {
        const PaletteItem &item = m_items[one.item];
        auto *row = new QListWidgetItem(item.text, m_list);
        row->setData(kItemRole, QVariant::fromValue(qulonglong(one.item)));
        row->setData(kNoteRole, item.whyNot.isEmpty() ? item.note : item.whyNot);
        row->setData(kShortcutRole, item.shortcut);
        row->setData(kIconRole, item.icon);
        QVariantList at;
        for (const int position : one.at)
            at << position;
        row->setData(kFoundRole, at);
        row->setData(Qt::AccessibleTextRole,
                     QStringList {item.text, row->data(kNoteRole).toString(), item.shortcut}.join(
                         QStringLiteral(", ")));
        row->setData(kUsableRole, item.whyNot.isEmpty());
    }
    m_list->setCurrentRow(0);
    m_list->setVisible(!found.empty());
    m_nothing->setVisible(found.empty());
}

bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_field || event->type() != QEvent::KeyPress)
        return QDialog::eventFilter(watched, event);
    switch (static_cast<QKeyEvent *>(event)->key()) {
    case Qt::Key_Down:
        move(1);
        return true;
    case Qt::Key_Up:
        move(-1);
        return true;
    case Qt::Key_PageDown:
        move(kPageRows);
        return true;
    case Qt::Key_PageUp:
        move(-kPageRows);
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        choose();
        return true;
    default:
        return false;
    }
}

void CommandPalette::move(int rows)
{
    const int last = m_list->count() - 1;
    if (last < 0)
        return;
    const int now = m_list->currentRow();
    // One step past an end goes to the other end; a page stops there.
    if (rows == 1 && now == last)
        return m_list->setCurrentRow(0);
    if (rows == -1 && now <= 0)
        return m_list->setCurrentRow(last);
    m_list->setCurrentRow(std::clamp(now + rows, 0, last));
}

void CommandPalette::choose()
{
    const QListWidgetItem *row = m_list->currentItem();
    if (!row)
        return;
    const PaletteItem &item = m_items[size_t(row->data(kItemRole).toULongLong())];
    if (!item.whyNot.isEmpty())
        return; // its line says why
    const auto run = item.run;
    accept();
    if (run)
        run();
}

} // namespace arc
