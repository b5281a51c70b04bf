// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/states.h"

#include <QRectF>

class QPainter;
class QColor;

namespace arc {

QColor stateColour(StateTone tone);
/// Draws the shape of a state: dot, ring, triangle, cross, square or dash. The shapes differ, so
/// that a state is told without its colour.
void paintStateMark(QPainter &painter, const QRectF &box, StateTone tone);

} // namespace arc
