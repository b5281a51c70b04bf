// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/style_sheet.h"

#include <QRegularExpression>

#include <array>
#include <utility>

namespace arc {

static const char kFrames[] = R"(
QMenu { icon-size: $16; }
QToolTip { background: @raised; color: @text; border: 1px solid @outline; padding: 4px 6px; }
QFrame[card="true"] { background: @surface; border: 1px solid @hairline; border-radius: 6px; }
QFrame[bar="true"] { background: @surface; border: none; border-bottom: 1px solid @hairline; }
QFrame[foot="true"] { background: @surface; border: none; border-top: 1px solid @hairline; }
QFrame[pending="true"] { background: @selected; border: none; border-top: 2px solid @accent; }
QFrame[line="true"] { background: @hairline; border: none; }
QTextBrowser[help="true"] { background: @surface; color: @text; border: none;
    border-left: 1px solid @hairline; selection-background-color: @accent;
    selection-color: @onAccent; }
QFrame[panel="true"] { background: transparent; border: none; border-right: 1px solid @hairline; }
QListView { background: @surface; color: @text; border: none; outline: none;
    selection-background-color: @accent; selection-color: @onAccent; }
QListWidget, arc--SiteList { background: transparent; }
QListWidget::item { padding: 5px 10px; border-radius: 6px; border: 2px solid transparent; }
QListWidget::item:hover { background: @raised; }
QListWidget::item:selected { background: @selected; color: @accent; }
QListWidget::item:selected:focus { border: 2px solid @accent; }
QFrame[rule="true"] { background: @hairline; border: none; max-height: 1px; min-height: 1px; }
QLabel[secondary="true"] { color: @text2; }
QLabel[bad="true"] { color: @error; }
QLabel[caution="true"] { color: @warn; }
QLabel[badge="true"] { color: @text2; background: @raised; border-radius: 4px; padding: 1px 6px; }
QScrollArea, QScrollArea > QWidget > QWidget[page="true"] { background: transparent;
    border: none; }
QStackedWidget { background: transparent; }
QSplitter::handle { background: @hairline; }
QSplitter::handle:horizontal { width: 1px; }
QMenuBar { background: @surface; color: @text; border: none; }
QMenuBar::item { padding: 5px 10px; background: transparent; }
QMenuBar::item:selected { background: @raised; border-radius: 4px; }
QMenu { background: @surface; color: @text; border: 1px solid @outline; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 24px; border-radius: 4px; }
QMenu::item:selected { background: @selected; color: @text; }
QMenu::item:disabled { color: @faded; }
QMenu::separator { height: 1px; background: @hairline; margin: 4px 6px; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: @outline; border-radius: 3px; margin: 3px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
)";

static const char kButtons[] = R"(
QPushButton, QToolButton { background: @raised; color: @text; border: 1px solid @outline;
    border-radius: 4px; padding: 4px 12px; min-height: $20; icon-size: $20; outline: none; }
QToolButton { padding: 3px 8px; }
QPushButton:hover, QToolButton:hover { background: @hover; }
QPushButton:pressed, QToolButton:pressed { background: @pressed; }
QPushButton:focus, QToolButton:focus { border: 2px solid @accent; padding: 3px 11px; }
QToolButton:focus { padding: 2px 7px; }
QPushButton:disabled, QToolButton:disabled { color: @faded; border-color: @hairline;
    background: @window; }
QPushButton[primary="true"] { background: @accent; color: @onAccent; border-color: @accent;
    font-weight: 600; }
QPushButton[primary="true"]:hover { background: @accentHover; }
QPushButton[primary="true"]:focus { border: 2px solid @text; }
QPushButton[primary="true"]:disabled { background: @window; color: @faded;
    border-color: @hairline; }
QPushButton[danger="true"] { color: @error; border-color: @error; }
QPushButton[flat="true"], QToolButton[flat="true"] { background: transparent;
    border: 1px solid transparent; }
QPushButton[flat="true"]:hover, QToolButton[flat="true"]:hover { background: @raised; }
QPushButton[flat="true"]:focus, QToolButton[flat="true"]:focus { border: 2px solid @accent; }
QPushButton[flat="true"]:disabled, QToolButton[flat="true"]:disabled { background: transparent;
    border-color: transparent; }
QPushButton[fold="true"] { text-align: left; padding: 4px 6px 4px 0; }
QPushButton[fold="true"]:focus { padding: 3px 5px 3px 0; }
QPushButton[link="true"] { background: transparent; border: 1px solid transparent; color: @accent;
    padding: 1px 4px; min-height: $18; text-align: left; icon-size: $18; }
QPushButton[link="true"]:hover { text-decoration: underline; }
QPushButton[link="true"]:focus { border: 2px solid @accent; padding: 0 3px; }
QPushButton[rail="true"] { background: transparent; border: 2px solid transparent;
    text-align: left; icon-size: $23;
    padding: 2px 10px; min-height: $26; border-radius: 6px; }
QPushButton[rail="true"]:hover { background: @raised; }
QPushButton[rail="true"]:checked { background: @selected; color: @accent; font-weight: 600; }
QPushButton[rail="true"]:focus { border: 2px solid @accent; }
QPushButton[chip="true"] { background: transparent; color: @text2; border: 1px solid @hairline;
    border-radius: 12px; padding: 2px 12px; min-height: $18; }
QPushButton[chip="true"]:hover { background: @raised; }
QPushButton[chip="true"]:checked { background: @selected; color: @text; border-color: @accent; }
QPushButton[chip="true"]:focus { border: 2px solid @accent; padding: 1px 11px; }
QPushButton[search="true"] { background: @window; color: @text2; text-align: left; }
QPushButton[search="true"]:hover { background: @raised; }
QToolButton::menu-indicator, QPushButton::menu-indicator { image: url(:/icons/arrow-down.svg);
    subcontrol-position: right center; subcontrol-origin: padding;
    right: 4px; width: $10; height: $10; }
)";

static const char kFields[] = R"(
QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox, QComboBox { background: @surface;
    color: @text;
    border: 1px solid @outline; border-radius: 4px; padding: 3px 6px; min-height: $20;
    selection-background-color: @accent; selection-color: @onAccent; }
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {
    border: 2px solid @accent; padding: 2px 5px; }
QLineEdit > QToolButton { min-height: 0; padding: 0; border: none; background: transparent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
    color: @faded; border-color: @hairline; background: @window; }
QLineEdit[invalid="true"], QSpinBox[invalid="true"],
    QComboBox[invalid="true"] { border: 2px solid @error; }
QPlainTextEdit[mono="true"] { background: @window; border-color: @hairline; padding: 6px; }
QComboBox::drop-down { border: none; width: $22; }
QComboBox::down-arrow { image: url(:/icons/arrow-down.svg); width: $10; height: $10; }
QComboBox QAbstractItemView { background: @surface; color: @text; border: 1px solid @outline;
    selection-background-color: @accent; selection-color: @onAccent; outline: none; padding: 2px; }
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-origin: border;
    subcontrol-position: top right;
    width: $18; border: none; background: transparent; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-origin: border;
    subcontrol-position: bottom right; width: $18; border: none; background: transparent; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url(:/icons/arrow-up.svg); width: $8;
    height: $8; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url(:/icons/arrow-down.svg);
    width: $8; height: $8; }
QSlider { min-height: $24; }
QSlider::groove:horizontal { height: 4px; background: @hairline; border-radius: 2px; }
QSlider::sub-page:horizontal { height: 4px; background: @accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 8px;
    background: @surface; border: 2px solid @accent; }
QSlider::handle:horizontal:focus { background: @accent; }
QSlider::sub-page:horizontal:disabled { background: @hairline; }
QSlider::handle:horizontal:disabled { border-color: @hairline; }
QCheckBox { spacing: 8px; min-height: $24; }
QCheckBox::indicator { width: $14; height: $14; background: @surface; border: 1px solid @outline;
    border-radius: 3px; }
QCheckBox::indicator:checked { background: @accent; border: 1px solid @accent;
    image: url(:/icons/tick-@tick.svg); }
QCheckBox::indicator:focus { border: 2px solid @accent; width: $12; height: $12; }
QCheckBox::indicator:checked:focus { border: 2px solid @text; }
QCheckBox::indicator:disabled { background: @raised; border: 1px solid @hairline; }
QCheckBox::indicator:checked:disabled { background: @faded; }
QTableView { background: @surface; border: 2px solid transparent; gridline-color: transparent;
    outline: none;
    selection-background-color: @selected; selection-color: @text; }
QTableView::item { padding: 0 8px; border: none; border-bottom: 1px solid @faintline; }
QTableView::item:selected { background: @selected; color: @text; }
QTableView:focus { border: 2px solid @accent; border-radius: 4px; }
QHeaderView { background: @surface; }
QHeaderView::section { background: @surface; color: @text2; border: none;
    border-bottom: 1px solid @hairline; padding: 6px 11px; }
QHeaderView::up-arrow { image: url(:/icons/arrow-up.svg); subcontrol-position: top center;
    width: $8; height: $8; }
QHeaderView::down-arrow { image: url(:/icons/arrow-down.svg); subcontrol-position: top center;
    width: $8; height: $8; }
QTabBar::tab { background: transparent; color: @text2; padding: 7px 14px; border: none;
    border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; font-weight: 600; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:focus { background: @selected; }
QTabWidget::pane { border: none; border-top: 1px solid @hairline; }
QTabBar { qproperty-drawBase: 0; }
)";

QString styleSheet(const Tokens &tokens, double letterScale)
{
    QString sheet = QLatin1String(kFrames) + QLatin1String(kButtons) + QLatin1String(kFields);
    // On the accent, in the colour of letters there.
    sheet.replace(QLatin1String("@tick"), QLatin1String(tokens.dark ? "dark" : "light"));
    // Longer names first, so that @text does not eat the beginning of @text2.
    const std::array<std::pair<const char *, QColor>, 16> names {{
        {"@accentHover", mix(tokens.accent, tokens.text, 0.88)},
        {"@faintline", mix(tokens.hairline, tokens.surface, 0.45)},
        {"@onAccent", tokens.onAccent},
        {"@hairline", tokens.hairline},
        {"@selected", mix(tokens.accent, tokens.surface, tokens.dark ? 0.20 : 0.11)},
        {"@surface", tokens.surface},
        {"@outline", tokens.outline},
        {"@pressed", mix(tokens.text, tokens.raised, 0.16)},
        {"@window", tokens.window},
        {"@raised", tokens.raised},
        {"@accent", tokens.accent},
        {"@faded", mix(tokens.text2, tokens.window, 0.65)},
        {"@error", tokens.error},
        {"@hover", mix(tokens.text, tokens.raised, 0.08)},
        {"@text2", tokens.text2},
        {"@warn", tokens.warn},
    }};
    for (const auto &[name, colour] : names)
        sheet.replace(QLatin1String(name), colour.name());
    // $16 is a length that goes with the letters.
    static const QRegularExpression kLength(QStringLiteral("\\$(\\d+)"));
    for (auto at = kLength.match(sheet); at.hasMatch(); at = kLength.match(sheet))
        sheet.replace(at.capturedStart(), at.capturedLength(),
                      QStringLiteral("%1px").arg(qRound(at.captured(1).toInt() * letterScale)));
    return sheet.replace(QLatin1String("@text"), tokens.text.name());
}

} // namespace arc
