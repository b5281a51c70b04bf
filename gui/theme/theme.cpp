// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/theme.h"

#include "gui/theme/style_sheet.h"

#include <QApplication>
#include <QEvent>
#include <QFontDatabase>
#include <QPalette>
#include <QStyle>
#include <QWidget>

#include <algorithm>

namespace arc {

constexpr double kSmallestPointSize = 8.5;
constexpr double kDrawnForPointSize = 10;
constexpr QSize kDialogMost {1220, 740};

static const Tokens *s_tokens = nullptr; // GUI thread only

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Window).lightnessF()
        < palette.color(QPalette::WindowText).lightnessF();
}

QPalette paletteOf(const Tokens &tokens)
{
    QPalette palette;
    palette.setColor(QPalette::Window, tokens.window);
    palette.setColor(QPalette::WindowText, tokens.text);
    palette.setColor(QPalette::Base, tokens.surface);
    palette.setColor(QPalette::AlternateBase, mix(tokens.raised, tokens.surface, 0.5));
    palette.setColor(QPalette::Text, tokens.text);
    palette.setColor(QPalette::PlaceholderText, tokens.text2);
    palette.setColor(QPalette::Button, tokens.raised);
    palette.setColor(QPalette::ButtonText, tokens.text);
    palette.setColor(QPalette::BrightText, tokens.error);
    palette.setColor(QPalette::ToolTipBase, tokens.raised);
    palette.setColor(QPalette::ToolTipText, tokens.text);
    palette.setColor(QPalette::Highlight, tokens.accent);
    palette.setColor(QPalette::HighlightedText, tokens.onAccent);
    palette.setColor(QPalette::Link, tokens.accent);
    palette.setColor(QPalette::LinkVisited, tokens.accent);
    palette.setColor(QPalette::Mid, tokens.outline);
    palette.setColor(QPalette::Midlight, tokens.hairline);
    palette.setColor(QPalette::Dark, tokens.outline);
    palette.setColor(QPalette::Shadow, tokens.outline);
    palette.setColor(QPalette::Light, tokens.surface);
    const QColor faded = mix(tokens.text2, tokens.window, 0.65);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, faded);
    palette.setColor(QPalette::Disabled, QPalette::Highlight, tokens.hairline);
    return palette;
}

Theme::Theme(QApplication &app) : QObject(&app), m_app(app), m_paletteDark(isDark(app.palette()))
{
    app.setStyle(QStringLiteral("Fusion"));
    app.installEventFilter(this);
    apply();
}

Theme::~Theme()
{
    s_tokens = nullptr;
}

void Theme::choose(ThemeChoice choice)
{
    if (choice == m_choice)
        return;
    m_choice = choice;
    apply();
}

void Theme::setDesktopDark(std::optional<bool> dark)
{
    if (dark == m_desktopDark)
        return;
    m_desktopDark = dark;
    if (m_choice == ThemeChoice::System)
        apply();
}

const Tokens &Theme::tokens()
{
    return s_tokens ? *s_tokens : lightTokens();
}

void Theme::apply()
{
    const bool dark = m_choice == ThemeChoice::System ? m_desktopDark.value_or(m_paletteDark)
                                                      : m_choice == ThemeChoice::Dark;
    s_tokens = dark ? &darkTokens() : &lightTokens();
    m_app.setPalette(paletteOf(*s_tokens));
    m_letterScale = letterScale();
    m_app.setStyleSheet(styleSheet(*s_tokens, m_letterScale));
    Q_EMIT changed();
}

bool Theme::eventFilter(QObject *watched, QEvent *event)
{
    // The style sheet holds lengths that go with the letters.
    if (watched == &m_app && event->type() == QEvent::ApplicationFontChange
        && m_letterScale != letterScale())
        apply();
    return QObject::eventFilter(watched, event);
}

double letterScale()
{
    const double points = QApplication::font().pointSizeF();
    return std::max(1.0, points > 0 ? points / kDrawnForPointSize : 1.0);
}

int scaled(int pixels)
{
    return qRound(pixels * letterScale());
}

QSize scaled(QSize size)
{
    return QSize(scaled(size.width()), scaled(size.height())).boundedTo(kDialogMost);
}

static QFont sized(double pointSize, QFont::Weight weight)
{
    QFont font = QApplication::font();
    // The desktop's size is somebody's choice: ours are steps from it.
    const double body = font.pointSizeF() > 0 ? font.pointSizeF() : 10;
    font.setPointSizeF(std::max(kSmallestPointSize, body * pointSize / 10));
    font.setWeight(weight);
    return font;
}

QFont bodyFont()
{
    return sized(10, QFont::Normal);
}
QFont smallFont()
{
    return sized(9, QFont::Normal);
}
QFont boldFont()
{
    return sized(10, QFont::DemiBold);
}
QFont titleFont()
{
    return sized(13, QFont::DemiBold);
}
QFont figureFont()
{
    return sized(15, QFont::Bold);
}

void setMark(QWidget &widget, const char *name, bool on)
{
    if (widget.property(name).toBool() == on)
        return;
    widget.setProperty(name, on);
    widget.style()->unpolish(&widget);
    widget.style()->polish(&widget);
}

QFont monoFont()
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setPointSizeF(std::max(kSmallestPointSize, smallFont().pointSizeF()));
    return font;
}

} // namespace arc
