// SPDX-License-Identifier: Apache-2.0
#include "gui/look_checks.h"

#include "gui/charts/line_chart.h"
#include "gui/pages/diff_list.h"
#include "gui/pages/request_path.h"
#include "gui/theme/tokens.h"
#include "gui/widgets/drop_zone.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/state_pill.h"
#include "gui/widgets/toast.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractScrollArea>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QHash>
#include <QHelpEvent>
#include <QImage>
#include <QLabel>
#include <QLayout>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMenuBar>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>

namespace arc::test {

namespace {

constexpr double kContrastMin = 4.5;
constexpr int kSlack = 1; ///< a pixel that rounding takes

QString describe(const QWidget *widget, const QString &text)
{
    QString path;
    for (const QWidget *at = widget; at; at = at->parentWidget())
        path.prepend(QLatin1Char('/') + QString::fromLatin1(at->metaObject()->className()));
    return QStringLiteral("%1 “%2”").arg(path.section(QLatin1Char('/'), -4), text.left(40));
}

bool isPartOf(const QWidget *widget, const char *type)
{
    const QWidget *parent = widget->parentWidget();
    return parent && parent->inherits(type);
}

/// The inside of Qt's own controls is theirs: the control itself is measured.
bool isInsideControl(const QWidget *widget)
{
    for (const char *type : {"QAbstractSpinBox", "QComboBox", "QLineEdit", "QTabBar", "QMenuBar",
                             "QHeaderView", "QDialogButtonBox"}) {
        if (isPartOf(widget, type))
            return true;
    }
    return false;
}

/// What lies over the others on purpose.
bool isOverlay(const QWidget *widget)
{
    return qobject_cast<const Toast *>(widget) || qobject_cast<const DropOverlay *>(widget)
        || widget->inherits("QSizeGrip") || widget->inherits("QRubberBand")
        || widget->inherits("QSplitterHandle") || widget->inherits("QScrollBar");
}

QString textOf(const QWidget *widget)
{
    if (const auto *label = qobject_cast<const QLabel *>(widget))
        return label->text();
    if (const auto *button = qobject_cast<const QAbstractButton *>(widget))
        return button->text();
    if (const auto *pill = qobject_cast<const StatePill *>(widget))
        return pill->text();
    return {};
}

/// Least room at which all of it can be read; empty: this kind is not measured.
QSize needOf(const QWidget *widget)
{
    if (const auto *label = qobject_cast<const QLabel *>(widget)) {
        if (label->text().isEmpty())
            return {};
        if (!label->wordWrap())
            return label->sizeHint();
        // A word that is longer than the line is cut off as well.
        int longest = 0;
        for (const QString &word : label->text().split(QLatin1Char(' ')))
            longest = std::max(longest, label->fontMetrics().horizontalAdvance(word));
        const int margins = label->contentsMargins().left() + label->contentsMargins().right();
        return {longest + margins, label->heightForWidth(label->width())};
    }
    if (const auto *button = qobject_cast<const QAbstractButton *>(widget))
        return button->text().isEmpty() ? QSize() : button->sizeHint();
    if (qobject_cast<const StatePill *>(widget) || qobject_cast<const QComboBox *>(widget)
        || qobject_cast<const QAbstractSpinBox *>(widget))
        return widget->minimumSizeHint().expandedTo(
            qobject_cast<const StatePill *>(widget) ? widget->sizeHint() : QSize());
    if (const auto *field = qobject_cast<const QLineEdit *>(widget))
        return {field->fontMetrics().averageCharWidth() * 8, field->minimumSizeHint().height()};
    if (qobject_cast<const RequestPath *>(widget))
        return {0, widget->heightForWidth(widget->width())};
    if (qobject_cast<const LineChart *>(widget))
        return widget->minimumSizeHint();
    return {};
}

QList<const QWidget *> visibleIn(const QWidget &root)
{
    QList<const QWidget *> all;
    for (const QWidget *widget : root.findChildren<QWidget *>()) {
        if (widget->isVisibleTo(&root) && !widget->isWindow() && widget->window() == root.window()
            && !isInsideControl(widget))
            all << widget;
    }
    return all;
}

bool isScrolledIn(const QWidget *widget)
{
    const auto *area = widget->parentWidget()
        ? qobject_cast<const QAbstractScrollArea *>(widget->parentWidget()->parentWidget())
        : nullptr;
    return area && area->viewport() == widget->parentWidget();
}

/// What the eye takes for the text and for its ground: the most frequent colour of the place, and
/// the one that differs most from it.
double contrastIn(const QImage &picture, const QRect &place)
{
    QHash<QRgb, int> counts;
    for (int y = place.top(); y <= place.bottom(); ++y) {
        for (int x = place.left(); x <= place.right(); ++x)
            ++counts[picture.pixel(x, y)];
    }
    const auto ground = std::max_element(counts.begin(), counts.end());
    if (ground == counts.end())
        return 21;
    double most = 1;
    for (auto at = counts.begin(); at != counts.end(); ++at)
        most = std::max(most, contrast(QColor(at.key()), QColor(ground.key())));
    return most;
}

} // namespace

QStringList clippedIn(const QWidget &root)
{
    QStringList found;
    for (const QWidget *widget : visibleIn(root)) {
        const QString text = textOf(widget);
        if (const auto *area = qobject_cast<const QScrollArea *>(widget)) {
            // Entry points, paths and expressions cannot be broken in the middle: a difference of
            // such code may be scrolled sideways, as in an editor.
            if (!qobject_cast<const DiffList *>(area) && area->horizontalScrollBar()->maximum() > 0)
                found << describe(widget, widget->accessibleName())
                        + QStringLiteral(" must be scrolled sideways");
        }
        if (const auto *list = qobject_cast<const QListView *>(widget)) {
            if (list->horizontalScrollBar()->isVisible())
                found << describe(widget, widget->accessibleName())
                        + QStringLiteral(" is a list that must be scrolled sideways");
        }
        const QWidget *parent = widget->parentWidget();
        if (!isOverlay(widget) && !isScrolledIn(widget)
            && !qobject_cast<const QAbstractScrollArea *>(parent)
            && !parent->rect()
                    .adjusted(-kSlack, -kSlack, kSlack, kSlack)
                    .contains(widget->geometry()))
            found << describe(widget, text) + QStringLiteral(" lies outside its parent");
        const bool mayShorten =
            qobject_cast<const ElidedLabel *>(widget) || qobject_cast<const StatePill *>(widget);
        if (mayShorten && !widget->toolTip().isEmpty()
            && widget->height() + kSlack >= widget->minimumSizeHint().height())
            continue; // shortened, and it says the whole
        const QSize need = needOf(widget);
        if (widget->width() + kSlack < need.width() || widget->height() + kSlack < need.height())
            found << describe(widget, text)
                    + QStringLiteral(" has %1×%2 and needs %3×%4")
                          .arg(widget->width())
                          .arg(widget->height())
                          .arg(need.width())
                          .arg(need.height());
    }
    return found;
}

QStringList overlappingIn(const QWidget &root)
{
    QStringList found;
    QHash<const QWidget *, QList<const QWidget *>> families;
    for (const QWidget *widget : visibleIn(root)) {
        if (!isOverlay(widget) && !widget->size().isEmpty())
            families[widget->parentWidget()] << widget;
    }
    for (const QList<const QWidget *> &children : std::as_const(families)) {
        for (int i = 0; i < children.size(); ++i) {
            for (int j = i + 1; j < children.size(); ++j) {
                const QRect both = children[i]->geometry().intersected(children[j]->geometry());
                if (both.width() > kSlack && both.height() > kSlack)
                    found << describe(children[i], textOf(children[i])) + QStringLiteral(" and ")
                            + describe(children[j], textOf(children[j]))
                            + QStringLiteral(" overlap");
            }
        }
    }
    return found;
}

/// Where something lies over the page on purpose, which does not stay.
static QRegion coveredIn(const QWidget &root)
{
    QRegion covered;
    for (const QWidget *widget : visibleIn(root)) {
        if (qobject_cast<const Toast *>(widget))
            covered += QRect(widget->mapTo(&root, QPoint()), widget->size());
    }
    return covered;
}

QStringList faintIn(const QWidget &root, const QImage &picture)
{
    QStringList found;
    const QRegion covered = coveredIn(root);
    const double scale = picture.devicePixelRatio();
    for (const QWidget *widget : visibleIn(root)) {
        const QString text = textOf(widget);
        if (text.trimmed().isEmpty() || !widget->isEnabledTo(&root) || !widget->isEnabled())
            continue;
        const QRegion seen = widget->visibleRegion();
        QRect place(widget->mapTo(&root, seen.boundingRect().topLeft()),
                    seen.boundingRect().size());
        place = place.intersected(root.rect());
        // Scrolled away, or so far that parts of letters are left: those have no contrast to judge.
        if (place.width() < 8
            || place.height() < std::min(widget->height(), widget->fontMetrics().height()))
            continue;
        if (covered.intersects(place) && !isPartOf(widget, "arc::Toast"))
            continue;
        const QRect pixels(place.topLeft() * scale, place.size() * scale);
        const double ratio = contrastIn(picture, pixels.intersected(picture.rect()));
        if (ratio < kContrastMin)
            found << describe(widget, text) + QStringLiteral(" has a contrast of %1").arg(ratio);
    }
    return found;
}

/// What a tooltip would add to; marks of shortcuts and of more to come are no words.
static QString plainWords(QString text)
{
    for (const char *mark : {"&", "…", "..."})
        text.remove(QString::fromUtf8(mark));
    return text.trimmed().toCaseFolded();
}

static QString tipShownAt(QWidget &widget, const QPoint &place)
{
    QToolTip::hideText();
    QHelpEvent help(QEvent::ToolTip, place, widget.mapToGlobal(place));
    QCoreApplication::sendEvent(&widget, &help);
    return QToolTip::isVisible() ? QToolTip::text() : QString();
}

static QStringList repeatingRowTips(QAbstractItemView &view)
{
    QStringList found;
    const QAbstractItemModel *model = view.model();
    for (int row = 0; model && row < model->rowCount(); ++row) {
        for (int column = 0; column < model->columnCount(); ++column) {
            const QModelIndex index = model->index(row, column);
            const QRect place = view.visualRect(index);
            const QString text = index.data().toString();
            if (!view.viewport()->rect().contains(place.center()) || text.isEmpty())
                continue;
            const QString tip = tipShownAt(*view.viewport(), place.center());
            int widest = 0;
            for (const QString &line : text.split(QLatin1Char('\n')))
                widest = std::max(widest, view.fontMetrics().horizontalAdvance(line));
            // A text that ends well before its cell does is certainly not cut off.
            if (!tip.isEmpty() && plainWords(text).contains(plainWords(tip))
                && widest + 40 < place.width())
                found << describe(&view, text) + QStringLiteral(" has a tip that repeats it");
        }
    }
    return found;
}

static QStringList repeatingMenuTips(QMenuBar &bar)
{
    QStringList found;
    for (QMenu *menu : bar.findChildren<QMenu *>()) {
        menu->popup(bar.mapToGlobal(QPoint(0, bar.height())));
        for (QAction *action : menu->actions()) {
            const QString tip = tipShownAt(*menu, menu->actionGeometry(action).center());
            if (!tip.isEmpty() && plainWords(action->text()) == plainWords(tip))
                found << describe(menu, action->text()) + QStringLiteral(" has a tip of the same");
        }
        menu->close();
    }
    return found;
}

QStringList repeatingTipsIn(QWidget &root)
{
    QStringList found;
    for (QWidget *widget : root.findChildren<QWidget *>()) {
        if (!widget->isVisibleTo(&root) || widget->window() != root.window())
            continue;
        const QString tip = widget->toolTip();
        const QString text = textOf(widget);
        if (!tip.isEmpty() && plainWords(text) == plainWords(tip)
            && widget->width() >= widget->sizeHint().width())
            found << describe(widget, text) + QStringLiteral(" has a tip that repeats it");
        if (auto *view = qobject_cast<QAbstractItemView *>(widget))
            found << repeatingRowTips(*view);
        if (auto *bar = qobject_cast<QMenuBar *>(widget))
            found << repeatingMenuTips(*bar);
    }
    QToolTip::hideText();
    return found;
}

QStringList flawsIn(QWidget &root)
{
    QStringList found =
        clippedIn(root) + overlappingIn(root) + faintIn(root, root.grab().toImage());
    found.removeDuplicates();
    return found;
}

Letters::Letters(double factor) : m_before(QApplication::font())
{
    QFont large = m_before;
    large.setPointSizeF(m_before.pointSizeF() * factor);
    QApplication::setFont(large);
}

Letters::~Letters()
{
    QApplication::setFont(m_before);
}

LongTexts::LongTexts()
{
    QCoreApplication::installTranslator(this);
}

LongTexts::~LongTexts()
{
    QCoreApplication::removeTranslator(this);
}

/// Words are repeated, not letters: a language with longer texts has no longer words throughout.
QString LongTexts::translate(const char *, const char *text, const char *, int count) const
{
    QString source = QString::fromUtf8(text);
    if (count >= 0)
        source.replace(QStringLiteral("%n"), QString::number(count));
    if (source.startsWith(QLatin1String("%")) && source.size() < 6)
        return source; // nothing but a place
    const qsizetype more = std::max<qsizetype>(1, source.size() * 2 / 5);
    QString extra;
    while (extra.size() < more)
        extra += extra.isEmpty()    ? QStringLiteral("o")
            : extra.size() % 9 == 8 ? QStringLiteral(" ")
                                    : QStringLiteral("o");
    return source + extra;
}

} // namespace arc::test
