// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/banner.h"

#include "gui/theme/icons.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

namespace arc {

Banner::Banner(QWidget *parent)
    : QFrame(parent), m_mark(new QLabel(this)), m_text(new QLabel(this)),
      m_action(new QPushButton(this))
{
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 6, 16, 6);
    layout->setSpacing(12);
    layout->addWidget(m_mark);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_action);
    connect(m_action, &QPushButton::clicked, this, &Banner::activated);
    hide();
}

void Banner::show(Tone tone, const QString &text, const QString &action)
{
    m_tone = tone;
    const Tokens &tokens = Theme::tokens();
    const QColor colour = tone == Tone::Warn ? tokens.bannerText : tokens.error;
    m_mark->setPixmap(
        iconPixmap(tone == Tone::Warn ? QStringLiteral("warning") : QStringLiteral("error"), colour,
                   18, devicePixelRatioF()));
    QPalette palette = m_text->palette();
    palette.setColor(QPalette::WindowText, tone == Tone::Warn ? tokens.bannerText : tokens.text);
    m_text->setPalette(palette);
    m_text->setText(text);
    m_action->setText(action);
    m_action->setAccessibleName(action);
    m_action->setVisible(!action.isEmpty());
    setAccessibleName(text);
    setVisible(true);
    update();
}

QString Banner::text() const
{
    return m_text->text();
}

void Banner::paintEvent(QPaintEvent *)
{
    const Tokens &tokens = Theme::tokens();
    QPainter painter(this);
    painter.fillRect(rect(),
                     m_tone == Tone::Warn ? tokens.bannerGround
                                          : mix(tokens.error, tokens.surface, 0.14));
    painter.fillRect(0, height() - 1, width(), 1, tokens.hairline);
}

} // namespace arc
