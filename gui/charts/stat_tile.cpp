// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/stat_tile.h"

#include "gui/theme/theme.h"

#include <QLabel>
#include <QVBoxLayout>

namespace arc {

StatTile::StatTile(const QString &name, QWidget *parent)
    : QWidget(parent), m_figure(new QLabel(this)), m_note(new QLabel(this))
{
    auto *label = new QLabel(name, this);
    label->setFont(smallFont());
    label->setProperty("secondary", true);
    m_figure->setFont(boldFont());
    m_note->setFont(smallFont());
    m_note->setProperty("secondary", true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(1);
    layout->addWidget(label);
    layout->addWidget(m_figure);
    layout->addWidget(m_note);
    layout->addStretch();
    m_note->hide();
    setAccessibleName(name);
}

void StatTile::show(const QString &figure, const QString &note)
{
    m_figure->setText(figure);
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

} // namespace arc
