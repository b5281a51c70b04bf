// SPDX-License-Identifier: Apache-2.0
#include "gui/window.h"

#include "gui/bridge/control_bridge.h"
#include "gui/bridge/end_signal.h"
#include "gui/bridge/session_bus.h"
#include "gui/bridge/single_instance.h"
#include "gui/bridge/system_tray.h"
#include "gui/models/format.h"
#include "gui/pages/shell.h"
#include "gui/pages/tray_control.h"
#include "gui/theme/desktop_scheme.h"
#include "gui/theme/language.h"
#include "gui/theme/theme.h"
#include "gui/widgets/accessible.h"
#include "server/base/assert.h"

#include <QApplication>
#include <QSessionManager>
#include <QSettings>

namespace arc {

/// A later start comes in: the window comes to the front and does what was asked.
static void take(Shell &shell, const StartRequest &request)
{
    if (!request.token.empty())
        qputenv("XDG_ACTIVATION_TOKEN", QByteArray::fromStdString(request.token));
    shell.raiseWindow();
    shell.goToNamed(toQString(request.page));
    shell.serveFolder(toQString(request.folder));
}

static ThemeChoice keptTheme()
{
    const int choice = QSettings().value(QStringLiteral("theme"), 0).toInt();
    return choice == 1 ? ThemeChoice::Light : choice == 2 ? ThemeChoice::Dark : ThemeChoice::System;
}

int runWindow(WindowOptions options)
{
    ARC_ASSERT(options.control);
    QCoreApplication::setOrganizationName(QStringLiteral("arcology"));
    QCoreApplication::setApplicationName(QStringLiteral("arcology"));
    QGuiApplication::setDesktopFileName(QStringLiteral("arcology"));
    QApplication app(options.argc, options.argv);
    // A hidden window is no closed one: the shell says when it is done.
    QApplication::setQuitOnLastWindowClosed(false);
    installLanguage(app);
    Theme theme(app);
    theme.choose(keptTheme());
    DesktopScheme scheme;
    QObject::connect(&scheme, &DesktopScheme::changed, &theme,
                     [&] { theme.setDesktopDark(scheme.dark()); });
    withSessionBus(&scheme, [&scheme](const QDBusConnection &bus) { scheme.listen(bus); });
    installAccessibility();
    SingleInstance instance;
    instance.listen(options.socketName);
    ControlBridge bridge(*options.control, options.launcher);
    const QString name = options.instanceName.empty()
        ? QCoreApplication::translate("arc", "This computer")
        : toQString(options.instanceName);
    SystemTray tray;
    Shell shell(bridge,
                {.instanceName = name,
                 .sampleFolder = toQString(options.sampleFolder),
                 .draftFile = toQString(options.draftFile),
                 .theme = &theme,
                 .tray = &tray,
                 .keepServing = options.keepServing});
    EndSignal endSignal;
    QObject::connect(&endSignal, &EndSignal::raised, &shell, &Shell::endSession);
    QObject::connect(&app, &QGuiApplication::commitDataRequest, &shell, &Shell::endSession);
    QObject::connect(&shell, &Shell::left, &app, &QCoreApplication::quit, Qt::QueuedConnection);
    QObject::connect(&instance, &SingleInstance::started, &shell,
                     [&shell](const StartRequest &request) { take(shell, request); });
    shell.goToNamed(toQString(options.initialPage));
    const auto showUnlessHeld = [&shell] {
        if (!shell.trayControl()->canHold())
            shell.show();
    };
    if (!options.hidden)
        shell.show();
    else if (tray.isKnown())
        showUnlessHeld();
    else
        QObject::connect(&tray, &Tray::availabilityChanged, &shell, showUnlessHeld,
                         Qt::SingleShotConnection);
    if (options.startEngine)
        bridge.startEngine();
    if (!options.initialFolder.empty())
        shell.serveFolder(toQString(options.initialFolder));
    return app.exec();
}

} // namespace arc
