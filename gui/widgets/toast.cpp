// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/toast.h"

#include "gui/theme/icons.h"
#include "gui/theme/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

#include <utility>

namespace arc {

constexpr int kToastMargin = 20;
constexpr int kToastWidthMax = 620; // of letters of 10 pt

Toast::Toast(QWidget *parent)
    : QFrame(parent), m_text(new QLabel(this)), m_action(new QPushButton(this)),
      m_close(new QPushButton(this))
{
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    m_close->setIcon(icon(QStringLiteral("close"), Tint::Secondary, IconPlace::Alone));
    m_close->setProperty("flat", true);
    m_close->setFixedSize(scaled(28), scaled(28));
    m_close->setAccessibleName(tr("Close this message"));
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 8, 8);
    layout->setSpacing(12);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_action);
    layout->addWidget(m_close);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &QWidget::hide);
    connect(m_close, &QPushButton::clicked, this, &QWidget::hide);
    connect(m_action, &QPushButton::clicked, this, [this] {
        hide();
        if (const auto run = std::exchange(m_run, {}))
            run();
    });
    parent->installEventFilter(this);
    hide();
}

void Toast::show(const QString &text, const QString &action, std::function<void()> run)
{
    m_text->setText(text);
    m_action->setText(action);
    m_action->setAccessibleName(action);
    m_action->setVisible(!action.isEmpty());
    m_run = std::move(run);
    setAccessibleName(text);
    setVisible(true);
    place();
    raise();
    m_timer.start(kShownMs);
}

QString Toast::text() const
{
    return m_text->text();
}

void Toast::setWatched(bool watched)
{
    if (!watched)
        m_timer.stop();
    else if (isVisible())
        m_timer.start(kShownMs);
}

void Toast::place()
{
    const QFontMetrics metrics(m_text->font());
    const int buttons =
        m_close->width() + 60 + (m_action->isHidden() ? 0 : m_action->sizeHint().width() + 12);
    const int width =
        std::min({metrics.horizontalAdvance(m_text->text()) + buttons, scaled(kToastWidthMax),
                  parentWidget()->width() - 2 * kToastMargin});
    const int height = std::max(heightForWidth(width), 46);
    setGeometry(parentWidget()->width() - width - kToastMargin,
                parentWidget()->height() - height - kToastMargin, width, height);
}

bool Toast::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Resize && isVisible())
        place();
    return QFrame::eventFilter(watched, event);
}

void Toast::enterEvent(QEnterEvent *event)
{
    m_timer.stop();
    QFrame::enterEvent(event);
}

void Toast::leaveEvent(QEvent *event)
{
    m_timer.start(kShownMs);
    QFrame::leaveEvent(event);
}

void Toast::paintEvent(QPaintEvent *)
{
    const Tokens &tokens = Theme::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(tokens.outline, 1));
    painter.setBrush(tokens.raised);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

} // namespace arc
