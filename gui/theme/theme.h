// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/theme/tokens.h"

#include <QFont>
#include <QObject>
#include <QSize>

#include <optional>

class QApplication;
class QWidget;

namespace arc {

enum class ThemeChoice { System, Light, Dark };

/// The look of the whole window: Fusion, a palette and a style sheet made from the tokens.
///
/// GUI thread. One object, made right after the QApplication and before any widget, because the
/// platform's palette says whether the desktop is dark only until our own is set.
class Theme : public QObject {
    Q_OBJECT
public:
    explicit Theme(QApplication &app);
    ~Theme() override;

    ThemeChoice choice() const { return m_choice; }
    void choose(ThemeChoice choice);
    /// What the desktop says it prefers; nothing: its palette decides, as it was at the start.
    void setDesktopDark(std::optional<bool> dark);

    /// Tokens in force; light ones while no Theme exists. Read at paint time, never stored.
    static const Tokens &tokens();

Q_SIGNALS:
    void changed();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void apply();

    QApplication &m_app;
    double m_letterScale = 0; ///< of the style sheet in force
    ThemeChoice m_choice = ThemeChoice::System;
    bool m_paletteDark = false; ///< read before our own palette is set
    std::optional<bool> m_desktopDark;
};

QFont bodyFont();
QFont smallFont();
QFont boldFont();
QFont titleFont();
QFont figureFont();
QFont monoFont();

/// Sets a property that the style sheet asks for, such as "caution". Of a widget that is styled
/// already it would not look again by itself.
void setMark(QWidget &widget, const char *name, bool on);

/// From the edge of a button that looks like a link to its first letter: padding and border.
constexpr int kLinkInset = 5;

/// How much larger the desktop's letters are than ours were drawn for (10 pt); never below 1.
double letterScale();
/// A length that was drawn for letters of 10 pt, for the letters that the desktop has.
int scaled(int pixels);
/// Of a dialog: no larger than fits over a window of 1280 × 800.
QSize scaled(QSize size);

/// Whether a palette belongs to a dark desktop: its window is darker than its text.
bool isDark(const QPalette &palette);
QPalette paletteOf(const Tokens &tokens);

} // namespace arc
