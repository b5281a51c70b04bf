// SPDX-License-Identifier: Apache-2.0
#include "gui/window.h"

#include "gui/bridge/control_bridge.h"
#include "gui/bridge/single_instance.h"
#include "gui/models/format.h"
#include "gui/pages/shell.h"
#include "gui/theme/language.h"
#include "gui/theme/theme.h"
#include "gui/widgets/accessible.h"
#include "server/base/assert.h"

#include <QApplication>
#include <QSettings>

namespace arc {

int runWindow(WindowOptions options)
{
    ARC_ASSERT(options.control);
    if (handToFirstWindow(options.socketName, options.initialFolder))
        return 0;
    QCoreApplication::setOrganizationName(QStringLiteral("arcology"));
    QCoreApplication::setApplicationName(QStringLiteral("arcology"));
    QGuiApplication::setDesktopFileName(QStringLiteral("arcology"));
    QApplication app(options.argc, options.argv);
    installLanguage(app);
    Theme theme(app);
    installAccessibility();
    SingleInstance instance;
    instance.listen(options.socketName);
    ControlBridge bridge(*options.control, options.launcher);
    const QString name = options.instanceName.empty()
        ? QCoreApplication::translate("arc", "This computer")
        : toQString(options.instanceName);
    const int choice = QSettings().value(QStringLiteral("theme"), 0).toInt();
    theme.choose(choice == 1       ? ThemeChoice::Light
                     : choice == 2 ? ThemeChoice::Dark
                                   : ThemeChoice::System);
    Shell shell(bridge,
                {.instanceName = name,
                 .sampleFolder = toQString(options.sampleFolder),
                 .draftFile = toQString(options.draftFile),
                 .theme = &theme});
    QObject::connect(&instance, &SingleInstance::started, &shell, [&shell](const QString &folder) {
        shell.raiseWindow();
        shell.serveFolder(folder);
    });
    shell.show();
    if (options.startEngine)
        bridge.startEngine();
    if (!options.initialFolder.empty())
        shell.serveFolder(toQString(options.initialFolder));
    return app.exec();
}

} // namespace arc
