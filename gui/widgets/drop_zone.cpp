// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/drop_zone.h"

#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/sample_cards.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QUrl>

namespace arc {

constexpr int kZoneWidth = 560;
constexpr int kZoneHeight = 260;
constexpr int kZoneIconSize = 56;
constexpr int kZoneIconTop = 30;

Dropped droppedOf(const QMimeData &mime)
{
    Dropped dropped;
    for (const QUrl &url : mime.urls()) {
        if (url.isLocalFile())
            dropped.paths << url.toLocalFile();
        else
            dropped.elsewhere << url.toDisplayString();
    }
    return dropped;
}

DropZone::DropZone(bool withSample, QWidget *parent) : QWidget(parent), m_box(new QWidget(this))
{
    m_box->setMinimumSize(kZoneWidth, kZoneHeight); // large letters make it wider by themselves
    auto *title = new QLabel(tr("Drop a project folder here"), m_box);
    title->setFont(figureFont());
    auto *kinds = new QLabel(tr("Django, Flask, FastAPI, or a folder of static files"), m_box);
    kinds->setProperty("secondary", true);
    auto *add =
        new QPushButton(icon(QStringLiteral("plus"), Tint::OnAccent), tr("Add site…"), m_box);
    add->setProperty("primary", true);
    add->setObjectName(QStringLiteral("dropAdd"));
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(12);
    buttons->addStretch();
    buttons->addWidget(add);
    buttons->addStretch();
    auto *inside = new QVBoxLayout(m_box);
    inside->setSpacing(8);
    inside->setContentsMargins(24, kZoneIconTop, 24, 24);
    inside->addSpacing(kZoneIconSize + 4);
    inside->addStretch();
    inside->addWidget(title, 0, Qt::AlignHCenter);
    inside->addWidget(kinds, 0, Qt::AlignHCenter);
    inside->addSpacing(12);
    inside->addLayout(buttons);
    inside->addStretch();
    auto *promise =
        new QLabel(tr("Your folder is not changed. Sites answer on this computer only."), this);
    promise->setProperty("secondary", true);
    auto *layout = new QVBoxLayout(this);
    layout->addStretch(4);
    layout->addWidget(m_box, 0, Qt::AlignHCenter);
    layout->addSpacing(8);
    layout->addWidget(promise, 0, Qt::AlignHCenter);
    if (withSample)
        addSamples(layout);
    layout->addStretch(5);
    connect(add, &QPushButton::clicked, this, &DropZone::addSite);
}

void DropZone::addSamples(QVBoxLayout *layout)
{
    auto *heading = new QLabel(tr("Nothing at hand? Try a sample"), this);
    auto *cards = new SampleCards(this);
    layout->addSpacing(24);
    layout->addWidget(heading, 0, Qt::AlignHCenter);
    layout->addSpacing(8);
    layout->addWidget(cards, 0, Qt::AlignHCenter);
    connect(cards, &SampleCards::chosen, this, &DropZone::trySample);
}

void DropZone::paintEvent(QPaintEvent *)
{
    const Tokens &tokens = Theme::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPen pen(tokens.outline, 1.5);
    pen.setDashPattern({6, 5});
    painter.setPen(pen);
    painter.setBrush(tokens.surface);
    const QRectF box = QRectF(m_box->geometry()).adjusted(1, 1, -1, -1);
    painter.drawRoundedRect(box, 10, 10);
    painter.drawPixmap(
        QPointF(box.center().x() - kZoneIconSize / 2.0, box.top() + kZoneIconTop),
        iconPixmap(QStringLiteral("folder"), tokens.accent, kZoneIconSize, devicePixelRatioF()));
}

DropOverlay::DropOverlay(QWidget *parent) : QWidget(parent)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    hide();
}

void DropOverlay::show(const QString &text)
{
    m_text = text;
    setGeometry(parentWidget()->rect());
    setVisible(true);
    raise();
    update();
}

void DropOverlay::paintEvent(QPaintEvent *)
{
    const Tokens &tokens = Theme::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor veil = tokens.window;
    veil.setAlphaF(0.86f);
    painter.fillRect(rect(), veil);
    QPen pen(tokens.accent, 2);
    pen.setDashPattern({6, 4});
    painter.setPen(pen);
    painter.drawRoundedRect(QRectF(rect()).adjusted(16, 16, -16, -16), 12, 12);
    painter.setFont(figureFont());
    painter.setPen(tokens.text);
    painter.drawText(rect(), Qt::AlignCenter, m_text);
}

} // namespace arc
