// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/fact_grid.h"

#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/layouts.h"

#include <QCoreApplication>
#include <QLabel>
#include <QPushButton>

namespace arc {

FactGrid::FactGrid()
{
    setHorizontalSpacing(20);
    setVerticalSpacing(6);
    setColumnStretch(1, 1);
}

void FactGrid::addRow(const QString &name, QWidget *value, Qt::Alignment alignment)
{
    auto *label = new QLabel(name, parentWidget());
    label->setProperty("secondary", true);
    const int row = nextRow(*this);
    addWidget(label, row, 0, alignment);
    addWidget(value, row, 1);
}

static void makeFact(QLabel &label, const QString &name, const QString &value)
{
    label.setTextInteractionFlags(Qt::TextSelectableByMouse);
    label.setProperty("fact", true);
    label.setAccessibleName(name + QLatin1Char(' ') + value);
}

void FactGrid::add(const QString &name, const QString &value)
{
    if (value.isEmpty())
        return;
    auto *text = new QLabel(value, parentWidget());
    text->setTextFormat(Qt::PlainText);
    text->setWordWrap(true);
    makeFact(*text, name, value);
    addRow(name, text, Qt::AlignTop);
}

QPushButton *FactGrid::addCode(const QString &name, const QString &value)
{
    auto *line = new ElidedLabel(parentWidget());
    line->setFont(monoFont());
    line->setFullText(value, Qt::ElideMiddle);
    line->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    makeFact(*line, name, value);
    addRow(name, line, Qt::AlignVCenter);
    auto *copy =
        new QPushButton(icon(QStringLiteral("copy"), Tint::Accent),
                        QCoreApplication::translate("arc::FactGrid", "Copy"), parentWidget());
    copy->setProperty("link", true);
    copy->setAccessibleName(QCoreApplication::translate("arc::FactGrid", "Copy: %1").arg(name));
    addWidget(copy, nextRow(*this) - 1, 2);
    return copy;
}

void FactGrid::add(const QString &name, QWidget *picture)
{
    addRow(name, picture, Qt::AlignVCenter);
    setAlignment(picture, Qt::AlignLeft | Qt::AlignVCenter); // or it would bound its column
}

void FactGrid::clear()
{
    clearLayout(*this);
}

QStringList factsOf(const QWidget &widget)
{
    QStringList facts;
    for (const QLabel *label : widget.findChildren<QLabel *>()) {
        if (label->property("fact").toBool())
            facts << label->accessibleName();
    }
    return facts;
}

} // namespace arc
