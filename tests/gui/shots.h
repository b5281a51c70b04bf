// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/look_checks.h"

#include <QTest>

#include <optional>

class QWidget;

namespace arc::test {

/// The fake answers at once, so what is on its way arrives in a few turns of the event loop.
void settle();
/// Writes a widget as PNG into build/…/shots or where ARC_SHOTS says, and keeps what is clipped,
/// covered or too faint in it. It must not be blank.
void shoot(QWidget &widget, const QString &name);
/// Contact sheets of all that was shot, one a theme, and warnings about every flaw: their number.
int finishShots(const QString &name);

/// Letters and texts as the row of the test asks by its name.
class Appearance {
public:
    Appearance()
    {
        const QByteArray row = QTest::currentDataTag();
        if (row.startsWith("large"))
            m_letters.emplace(2.0);
        if (row.startsWith("long"))
            m_texts.emplace();
    }
    bool isLong() const { return m_texts.has_value(); }

private:
    std::optional<Letters> m_letters;
    std::optional<LongTexts> m_texts;
};

/// Rows of a test: light, dark, letters of twice the size, longer texts.
void addAppearances();

} // namespace arc::test
