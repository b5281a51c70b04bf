// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/tokens.h"

#include <algorithm>
#include <cmath>

namespace arc {

const Tokens &lightTokens()
{
    static const Tokens tokens {
        .dark = false,
        .window = QColor(0xF5, 0xF6, 0xF8),
        .surface = QColor(0xFF, 0xFF, 0xFF),
        .raised = QColor(0xEC, 0xEF, 0xF3),
        .hairline = QColor(0xC9, 0xCF, 0xD6),
        .outline = QColor(0x7C, 0x87, 0x94),
        .text = QColor(0x1A, 0x1E, 0x24),
        .text2 = QColor(0x52, 0x5B, 0x66),
        .accent = QColor(0x22, 0x57, 0xC9),
        .onAccent = QColor(0xFF, 0xFF, 0xFF),
        .ok = QColor(0x1B, 0x7A, 0x3D),
        .warn = QColor(0x8A, 0x5A, 0x00),
        .error = QColor(0xC2, 0x26, 0x2E),
        .violet = QColor(0x7A, 0x3F, 0xB8),
        .teal = QColor(0x0E, 0x7C, 0x86),
        .bannerText = QColor(0x5C, 0x3D, 0x00),
        .bannerGround = QColor(0xFF, 0xF4, 0xD6),
    };
    return tokens;
}

const Tokens &darkTokens()
{
    static const Tokens tokens {
        .dark = true,
        .window = QColor(0x15, 0x18, 0x1C),
        .surface = QColor(0x1D, 0x21, 0x26),
        .raised = QColor(0x26, 0x2B, 0x32),
        .hairline = QColor(0x3A, 0x41, 0x4A),
        .outline = QColor(0x78, 0x82, 0x8E),
        .text = QColor(0xE7, 0xEA, 0xEE),
        .text2 = QColor(0xA8, 0xB0, 0xBA),
        .accent = QColor(0x7F, 0xA8, 0xFF),
        .onAccent = QColor(0x10, 0x14, 0x1A),
        .ok = QColor(0x5C, 0xC9, 0x8A),
        .warn = QColor(0xE3, 0xB3, 0x4D),
        .error = QColor(0xFF, 0x86, 0x7E),
        .violet = QColor(0xC7, 0x9B, 0xFF),
        .teal = QColor(0x57, 0xC7, 0xCF),
        .bannerText = QColor(0xF0, 0xCF, 0x7E),
        .bannerGround = QColor(0x33, 0x29, 0x0F),
    };
    return tokens;
}

static double luminance(const QColor &colour)
{
    const auto linear = [](double part) {
        return part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF())
        + 0.0722 * linear(colour.blueF());
}

double contrast(const QColor &a, const QColor &b)
{
    const double first = luminance(a);
    const double second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

QColor mix(const QColor &top, const QColor &ground, double share)
{
    const auto part = [share](double a, double b) {
        return float(a * share + b * (1 - share));
    };
    return QColor::fromRgbF(part(top.redF(), ground.redF()), part(top.greenF(), ground.greenF()),
                            part(top.blueF(), ground.blueF()));
}

} // namespace arc
