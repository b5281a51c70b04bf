// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/beside_layout.h"

#include "gui/theme/theme.h"

#include <QEvent>
#include <QWidget>

#include <utility>

namespace arc {

BesideLayout::BesideLayout(QWidget &on, int besideWidth, Arrange arrange)
    : QBoxLayout(QBoxLayout::LeftToRight), m_on(on), m_besideWidth(besideWidth),
      m_arrange(std::move(arrange))
{
    m_on.installEventFilter(this);
}

bool BesideLayout::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == &m_on && event->type() == QEvent::Resize) {
        const bool beside = m_on.width() >= scaled(m_besideWidth);
        setDirection(beside ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
        m_arrange(beside);
    }
    return QBoxLayout::eventFilter(watched, event);
}

} // namespace arc
