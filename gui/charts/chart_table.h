// SPDX-License-Identifier: Apache-2.0
#pragma once

class QWidget;

namespace arc {

class LineChart;

/// The values of a chart's window as a table, newest first: for who cannot see the line, or wants
/// the numbers. A copy of this moment, not modal. GUI thread.
void showAsTable(const LineChart &chart, QWidget *parent);

} // namespace arc
