// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/language.h"

#include <QCoreApplication>
#include <QLocale>
#include <QTranslator>

namespace arc {

void installLanguage(QCoreApplication &app)
{
    auto *translator = new QTranslator(&app);
    if (translator->load(QLocale(), QStringLiteral("arcology"), QStringLiteral("_"),
                         QStringLiteral(":/i18n"))
        || translator->load(QStringLiteral(":/i18n/arcology_en.qm")))
        QCoreApplication::installTranslator(translator);
}

} // namespace arc
