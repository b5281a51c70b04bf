// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/accessible.h"

#include "gui/charts/line_chart.h"

#include <QAbstractItemView>
#include <QAccessible>
#include <QAccessibleWidget>
#include <QHash>
#include <QHeaderView>
#include <QPointer>
#include <QScrollArea>

namespace arc {

namespace {

/// One row of a view. It may outlive the row and the view: every answer checks.
class RowAccessible : public QAccessibleInterface {
public:
    RowAccessible(QAbstractItemView *view, int row) : m_view(view), m_row(row) { }

    bool isValid() const override
    {
        return m_view && m_view->model() && m_row < m_view->model()->rowCount(m_view->rootIndex());
    }
    QObject *object() const override { return nullptr; }
    QAccessibleInterface *childAt(int, int) const override { return nullptr; }
    QAccessibleInterface *parent() const override
    {
        return m_view ? QAccessible::queryAccessibleInterface(m_view) : nullptr;
    }
    QAccessibleInterface *child(int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface *) const override { return -1; }
    void setText(QAccessible::Text, const QString &) override { }
    QAccessible::Role role() const override { return QAccessible::ListItem; }

    QString text(QAccessible::Text kind) const override
    {
        if (kind != QAccessible::Name || !isValid())
            return {};
        const QAbstractItemModel *model = m_view->model();
        const QString whole =
            model->index(m_row, 0, m_view->rootIndex()).data(Qt::AccessibleTextRole).toString();
        if (!whole.isEmpty())
            return whole;
        QStringList parts;
        for (int column = 0; column < model->columnCount(m_view->rootIndex()); ++column) {
            const QString value =
                model->index(m_row, column, m_view->rootIndex()).data().toString();
            const QString name = model->headerData(column, Qt::Horizontal).toString();
            parts << (name.isEmpty() ? value : name + QStringLiteral(": ") + value);
        }
        return parts.join(QStringLiteral(", "));
    }

    QRect rect() const override
    {
        if (!isValid())
            return {};
        const QModelIndex index = m_view->model()->index(m_row, 0, m_view->rootIndex());
        QRect box = m_view->visualRect(index);
        box.setLeft(0);
        box.setWidth(m_view->viewport()->width());
        return {m_view->viewport()->mapToGlobal(box.topLeft()), box.size()};
    }

    QAccessible::State state() const override
    {
        QAccessible::State state;
        if (!isValid()) {
            state.invalid = true;
            return state;
        }
        const QModelIndex index = m_view->model()->index(m_row, 0, m_view->rootIndex());
        state.selectable = true;
        state.focusable = true;
        state.selected = m_view->selectionModel()
            && m_view->selectionModel()->isRowSelected(m_row, m_view->rootIndex());
        state.focused = m_view->hasFocus() && m_view->currentIndex().row() == index.row();
        return state;
    }

private:
    QPointer<QAbstractItemView> m_view;
    int m_row;
};

class ViewAccessible : public QAccessibleWidget {
public:
    explicit ViewAccessible(QAbstractItemView *view)
        : QAccessibleWidget(view, QAccessible::List) { }
    ~ViewAccessible() override
    {
        for (const QAccessible::Id id : std::as_const(m_rows))
            QAccessible::deleteAccessibleInterface(id);
    }

    int childCount() const override
    {
        const QAbstractItemView *list = view();
        return list && list->model() ? list->model()->rowCount(list->rootIndex()) : 0;
    }

    QAccessibleInterface *child(int row) const override
    {
        if (row < 0 || row >= childCount())
            return nullptr;
        const auto known = m_rows.constFind(row);
        if (known != m_rows.cend())
            return QAccessible::accessibleInterface(*known);
        auto *made = new RowAccessible(view(), row);
        m_rows.insert(row, QAccessible::registerAccessibleInterface(made));
        return made;
    }

    QAccessibleInterface *childAt(int x, int y) const override
    {
        QAbstractItemView *list = view();
        if (!list)
            return nullptr;
        const QModelIndex at = list->indexAt(list->viewport()->mapFromGlobal(QPoint(x, y)));
        return at.isValid() ? child(at.row()) : nullptr;
    }

    int indexOfChild(const QAccessibleInterface *wanted) const override
    {
        for (auto at = m_rows.cbegin(); at != m_rows.cend(); ++at) {
            if (QAccessible::accessibleInterface(at.value()) == wanted)
                return at.key();
        }
        return -1;
    }

    QAccessibleInterface *focusChild() const override
    {
        const QAbstractItemView *list = view();
        return list && list->currentIndex().isValid() ? child(list->currentIndex().row()) : nullptr;
    }

private:
    QAbstractItemView *view() const { return qobject_cast<QAbstractItemView *>(object()); }

    mutable QHash<int, QAccessible::Id> m_rows; // never more than the view had rows
};

/// The stock object of scroll areas and headers takes any index from outside for a good one and
/// reads beyond its list. QAccessibleWidget's own children are checked.
class PaneAccessible : public QAccessibleWidget {
public:
    explicit PaneAccessible(QWidget *pane) : QAccessibleWidget(pane, QAccessible::Pane) { }
};

class ChartAccessible : public QAccessibleWidget {
public:
    explicit ChartAccessible(LineChart *chart) : QAccessibleWidget(chart, QAccessible::Chart) { }

    QString text(QAccessible::Text kind) const override
    {
        const auto *chart = qobject_cast<LineChart *>(object());
        if (chart && (kind == QAccessible::Value || kind == QAccessible::Description))
            return chart->spokenText();
        return QAccessibleWidget::text(kind);
    }
};

QAccessibleInterface *makeInterface(const QString &, QObject *object)
{
    if (auto *chart = qobject_cast<LineChart *>(object))
        return new ChartAccessible(chart);
    auto *view = qobject_cast<QAbstractItemView *>(object);
    if (view && !qobject_cast<QHeaderView *>(object))
        return new ViewAccessible(view);
    if (qobject_cast<QHeaderView *>(object) || qobject_cast<QScrollArea *>(object))
        return new PaneAccessible(qobject_cast<QWidget *>(object));
    return nullptr;
}

} // namespace

void installAccessibility()
{
    QAccessible::installFactory(makeInterface);
}

} // namespace arc
