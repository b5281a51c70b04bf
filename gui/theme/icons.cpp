// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/icons.h"

#include "gui/theme/theme.h"

#include <QFile>
#include <QGuiApplication>
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
    TintedIconEngine(QString name, Tint tint, IconPlace place)
        : m_name(std::move(name)), m_tint(tint), m_place(place)
    {
    }

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state) override
    {
        const int side = std::min(rect.width(), rect.height());
        const QRect square(rect.x() + (rect.width() - side) / 2,
                           rect.y() + (rect.height() - side) / 2, side, side);
        draw(*painter, square, mode, state);
    }

    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        const int side = std::min(size.width(), size.height());
        QPixmap pixmap(side, side); // in device pixels: the caller has multiplied
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        draw(painter, {0, 0, side, side}, mode, state);
        return pixmap;
    }

    QPixmap scaledPixmap(const QSize &size, QIcon::Mode mode, QIcon::State state, qreal) override
    {
        return pixmap(size, mode, state);
    }

    QIconEngine *clone() const override { return new TintedIconEngine(*this); }

private:
    /// Before a text the glyph leaves a fifth of its square free on the text's side.
    void draw(QPainter &painter, const QRect &square, QIcon::Mode mode, QIcon::State state) const
    {
        const int side = m_place == IconPlace::Alone ? square.width() : square.width() * 4 / 5;
        const bool mirrored = QGuiApplication::isRightToLeft() && m_place != IconPlace::Alone;
        const QPoint at(mirrored ? square.right() + 1 - side : square.x(),
                        square.y() + (square.height() - side) / 2);
        painter.drawPixmap(
            QRect(at, QSize(side, side)),
            iconPixmap(m_name, colour(mode, state), side, painter.device()->devicePixelRatioF()));
    }

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
    IconPlace m_place;
};

} // namespace

QIcon icon(const QString &name, Tint tint, IconPlace place)
{
    return QIcon(new TintedIconEngine(name, tint, place));
}

} // namespace arc
