// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/icons.h"

#include "gui/theme/theme.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

namespace arc {

static QColor colourOf(Tint tint)
{
    const Tokens &tokens = Theme::tokens();
    switch (tint) {
    case Tint::Text:
        return tokens.text;
    case Tint::Secondary:
        return tokens.text2;
    case Tint::Accent:
        return tokens.accent;
    case Tint::OnAccent:
        return tokens.onAccent;
    case Tint::Ok:
        return tokens.ok;
    case Tint::Warn:
        return tokens.warn;
    case Tint::Error:
        return tokens.error;
    }
    return tokens.text;
}

QPixmap iconPixmap(const QString &name, const QColor &colour, int size, qreal pixelRatio)
{
    const int pixels = qRound(size * pixelRatio);
    const QString key = QStringLiteral("arc-icon:%1:%2:%3").arg(name, colour.name()).arg(pixels);
    QPixmap pixmap;
    if (!QPixmapCache::find(key, &pixmap)) {
        QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
        const bool opened = file.open(QIODevice::ReadOnly);
        Q_ASSERT_X(opened, "iconPixmap", qPrintable(name));
        QByteArray svg = opened ? file.readAll() : QByteArray();
        svg.replace("currentColor", colour.name().toLatin1());
        pixmap = QPixmap(pixels, pixels);
        pixmap.fill(Qt::transparent);
        QSvgRenderer renderer(svg);
        QPainter painter(&pixmap);
        renderer.render(&painter);
        painter.end();
        QPixmapCache::insert(key, pixmap);
    }
    pixmap.setDevicePixelRatio(pixelRatio);
    return pixmap;
}

namespace {

class TintedIconEngine : public QIconEngine {
public:
    TintedIconEngine(QString name, Tint tint) : m_name(std::move(name)), m_tint(tint) { }

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state) override
    {
        const int size = std::min(rect.width(), rect.height());
        const qreal ratio = painter->device()->devicePixelRatioF();
        const QRect square(rect.x() + (rect.width() - size) / 2,
                           rect.y() + (rect.height() - size) / 2, size, size);
        painter->drawPixmap(square, iconPixmap(m_name, colour(mode, state), size, ratio));
    }

    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        return iconPixmap(m_name, colour(mode, state), std::min(size.width(), size.height()), 1);
    }

    QPixmap scaledPixmap(const QSize &size, QIcon::Mode mode, QIcon::State state, qreal) override
    {
        return pixmap(size, mode, state);
    }

    QIconEngine *clone() const override { return new TintedIconEngine(*this); }

private:
    QColor colour(QIcon::Mode mode, QIcon::State state) const
    {
        const Tokens &tokens = Theme::tokens();
        if (mode == QIcon::Disabled)
            return mix(tokens.text2, tokens.window, 0.65);
        if (mode == QIcon::Selected)
            return tokens.onAccent;
        return state == QIcon::On ? tokens.accent : colourOf(m_tint);
    }

    QString m_name;
    Tint m_tint;
};

} // namespace

QIcon icon(const QString &name, Tint tint)
{
    return QIcon(new TintedIconEngine(name, tint));
}

} // namespace arc
