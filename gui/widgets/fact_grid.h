// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QGridLayout>

class QPushButton;

namespace arc {

/// Names and values below each other, of which screen readers hear both: "Issuer Example CA".
/// Text only, never markup. GUI thread.
class FactGrid : public QGridLayout {
public:
    FactGrid();

    /// Values that are long are broken into lines; an empty one is left out.
    void add(const QString &name, const QString &value);
    /// A value that has no place to break a line at, and a button that is to copy it.
    QPushButton *addCode(const QString &name, const QString &value);
    /// A picture; it tells screen readers its own name.
    void add(const QString &name, QWidget *picture);
    /// Not from a slot of a button of one of them.
    void clear();

private:
    void addRow(const QString &name, QWidget *value, Qt::Alignment alignment);
};

/// What the grids below a widget say, in their order.
QStringList factsOf(const QWidget &widget);

} // namespace arc
