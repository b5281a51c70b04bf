// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/empty_state.h"

#include "gui/theme/icons.h"
#include "gui/theme/theme.h"

#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

constexpr int kEmptyIconSize = 48;

EmptyState::EmptyState(const QString &iconName, QWidget *parent)
    : QWidget(parent), m_iconName(iconName), m_title(new QLabel(this)), m_text(new QLabel(this)),
      m_action(new QPushButton(this))
{
    m_title->setFont(titleFont());
    m_title->setAlignment(Qt::AlignHCenter);
    m_title->setWordWrap(true);
    m_text->setProperty("secondary", true);
    m_text->setAlignment(Qt::AlignHCenter);
    m_text->setWordWrap(true);
    m_text->setMinimumWidth(320);
    m_action->setProperty("primary", true);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(8);
    layout->addStretch();
    layout->addSpacing(kEmptyIconSize + 12);
    layout->addWidget(m_title);
    layout->addWidget(m_text);
    layout->addSpacing(8);
    layout->addWidget(m_action, 0, Qt::AlignHCenter);
    layout->addStretch();
    m_action->hide();
    connect(m_action, &QPushButton::clicked, this, &EmptyState::activated);
}

void EmptyState::show(const QString &title, const QString &text, const QString &action)
{
    m_title->setText(title);
    m_text->setText(text);
    m_action->setText(action);
    m_action->setAccessibleName(action);
    m_action->setVisible(!action.isEmpty());
    setAccessibleName(title);
}

void EmptyState::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.drawPixmap(
        (width() - kEmptyIconSize) / 2, m_title->y() - kEmptyIconSize - 14,
        iconPixmap(m_iconName, Theme::tokens().outline, kEmptyIconSize, devicePixelRatioF()));
}

} // namespace arc
