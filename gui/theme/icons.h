// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QIcon>
#include <QString>

namespace arc {

/// What an icon is drawn in.
enum class Tint { Text, Secondary, Accent, OnAccent, Ok, Warn, Error };

/// Beside a text, or without one.
enum class IconPlace { BeforeText, Alone };

/// An icon of resources/icons, drawn at paint time in the theme's colour, so that it follows
/// light and dark by itself. Checked buttons get the accent. GUI thread.
QIcon icon(const QString &name, Tint tint = Tint::Text, IconPlace place = IconPlace::BeforeText);
/// One picture of it, for widgets that paint themselves. Logical size; sharp at any pixel ratio.
QPixmap iconPixmap(const QString &name, const QColor &colour, int size, qreal pixelRatio);

} // namespace arc
