// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>

namespace arc {

/// Every colour of the window, once for light and once for dark. The pairs that carry text
/// differ by at least 4.5 : 1, outlines by at least 3 : 1 (tst_theme computes it).
struct Tokens {
    bool dark = false;
    QColor window;   ///< ground
    QColor surface;  ///< cards, tables
    QColor raised;   ///< buttons, hover
    QColor hairline; ///< decoration only, carries no meaning
    QColor outline;  ///< of controls
    QColor text;
    QColor text2; ///< labels, notes
    QColor accent;
    QColor onAccent; ///< text on accent
    QColor ok;
    QColor warn;
    QColor error;
    QColor violet; ///< fifth series of charts
    QColor teal;   ///< sixth series of charts
    QColor bannerText;
    QColor bannerGround;
};

const Tokens &lightTokens();
const Tokens &darkTokens();

/// Relative contrast of two colours as WCAG 2 defines it, 1..21.
double contrast(const QColor &a, const QColor &b);
/// `top` laid over `ground` with the given share, opaque.
QColor mix(const QColor &top, const QColor &ground, double share);

} // namespace arc
