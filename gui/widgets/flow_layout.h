// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QLayout>
#include <QList>

#include <vector>

class QHBoxLayout;

namespace arc {

/// Items side by side for as long as there is room, then on the next line: nothing gets narrower
/// than it can be read, whatever the size of the letters and the length of the texts.
///
/// Natural: each as wide as it wants, and those that expand share what is left of their line. Even:
/// all in columns of one width, which fill the line, so that figures stand under figures.
/// Each gets the height of its line: what does not grow is in the middle. GUI thread.
class FlowLayout : public QLayout {
public:
    enum class Widths { Natural, Even };

    FlowLayout(Widths widths, int gap, QWidget *parent = nullptr);
    ~FlowLayout() override;

    /// Widgets that stay together on one line, as one item: a widget below `parent`.
    void addRow(QHBoxLayout *row, int gap, QWidget *parent);
    /// The last item stands at the end of its line.
    void setTailAtEnd(bool atEnd) { m_tailAtEnd = atEnd; }

    void addItem(QLayoutItem *item) override;
    int count() const override { return int(m_items.size()); }
    QLayoutItem *itemAt(int index) const override { return m_items.value(index); }
    QLayoutItem *takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return Qt::Horizontal; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;    ///< all on one line
    QSize minimumSize() const override; ///< as wide as the widest
    void setGeometry(const QRect &rect) override;

private:
    struct Place {
        QLayoutItem *item;
        int width;
    };
    using Line = std::vector<Place>;

    QList<QLayoutItem *> shown() const;
    std::vector<Line> linesIn(int room) const;
    static bool grows(QLayoutItem *item);
    static int heightOf(const Place &place);
    int widest() const;
    /// Places them, or with `measure` only says how high they are.
    int arrange(const QRect &rect, bool measure) const;

    QList<QLayoutItem *> m_items; ///< owned
    Widths m_widths;
    int m_gap;
    bool m_tailAtEnd = false;
};

} // namespace arc
