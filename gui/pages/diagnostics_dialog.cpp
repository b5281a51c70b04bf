// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/diagnostics_dialog.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/output_view.h"
#include "server/base/version.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScreen>
#include <QVBoxLayout>

namespace arc {

constexpr QSize kDialogSize {820, 600};

QString windowFacts()
{
    QStringList lines {QStringLiteral("== Window"),
                       QStringLiteral("Arcology %1, Qt %2, platform %3, language %4")
                           .arg(QLatin1String(kVersion), QLatin1String(qVersion()),
                                QGuiApplication::platformName(), QLocale().name())};
    for (const QScreen *screen : QGuiApplication::screens())
        lines << QStringLiteral("screen %1 × %2, scale %3")
                     .arg(screen->size().width())
                     .arg(screen->size().height())
                     .arg(screen->devicePixelRatio());
    lines << QStringLiteral("theme %1")
                 .arg(Theme::tokens().dark ? QStringLiteral("dark") : QStringLiteral("light"));
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

DiagnosticsDialog::DiagnosticsDialog(ControlBridge &bridge, QWidget *parent)
    : TitledDialog(tr("Read it before you send it"), {}, parent), m_bridge(bridge),
      m_view(new OutputView(this))
{
    setWindowTitle(tr("Diagnostics"));
    resize(scaled(kDialogSize));
    m_view->setAccessibleName(tr("Diagnostics"));
    column()->addWidget(m_view, 1);
    addStretch();
    m_again = addButton(tr("&Try again"), "again");
    QPushButton *close = addButton(tr("C&lose"), "close");
    m_copy = addButton(tr("&Copy"), "copy");
    m_copy->setIcon(icon(QStringLiteral("copy"), Tint::OnAccent));
    m_copy->setProperty("primary", true);
    m_copy->setDefault(true);
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_again, &QPushButton::clicked, this, &DiagnosticsDialog::fetch);
    connect(m_copy, &QPushButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(text());
        setBody(tr("Copied. Paste it where you ask for help."));
    });
    fetch();
}

void DiagnosticsDialog::fetch()
{
    m_copy->setEnabled(false);
    m_again->hide();
    setBody(tr("The engine looks at its machine; this takes some seconds."));
    m_view->showEmptyText(tr("One moment"));
    m_bridge.call(&Control::diagnostics, {}, this, [this](Result<api::Text> answer) {
        m_copy->setEnabled(true);
        if (answer) {
            setBody(tr("Secrets and the values of environment variables are taken out; "
                       "names of sites, hosts and folders are in it."));
            m_view->setPlainText(toQString(answer->text) + QLatin1Char('\n') + windowFacts());
            return;
        }
        // Without an engine the window's part may still help.
        m_again->show();
        setBody(tr("The engine's part is missing: %1").arg(toQString(answer.error().message())));
        m_view->setPlainText(body()->text() + QStringLiteral("\n\n") + windowFacts());
    });
}

QString DiagnosticsDialog::text() const
{
    return m_view->toPlainText();
}

QString DiagnosticsDialog::note() const
{
    return body()->text();
}

} // namespace arc
