// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/local_ca_card.h"

#include "gui/bridge/control_bridge.h"
#include "gui/pages/certificate_actions.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/flow_layout.h"

#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <utility>

namespace arc {

LocalCaCard::LocalCaCard(WindowContext &context, CertificateActions &actions, QWidget *parent)
    : QFrame(parent), m_context(context), m_text(new QLabel(this)), m_path(new QLabel(this)),
      m_save(new QPushButton(tr("Save the root certificate…"), this)),
      m_copy(new QPushButton(icon(QStringLiteral("copy")), tr("Copy it"), this))
{
    setProperty("card", true);
    auto *title = new QLabel(tr("Local CA"), this);
    title->setFont(boldFont());
    m_copy->setAccessibleName(tr("Copy the root certificate"));
    auto *help = new QPushButton(icon(QStringLiteral("help")), tr("How to trust it"), this);
    auto *deeds = new FlowLayout(FlowLayout::Widths::Natural, 8);
    for (QPushButton *button : {m_save, m_copy, help})
        deeds->addWidget(button);
    auto *ways = new QGridLayout;
    ways->setHorizontalSpacing(20);
    ways->setVerticalSpacing(6);
    ways->setColumnStretch(1, 1);
    const std::pair<QString, QString> kWays[] = {
        {tr("Firefox"), tr("Settings, Privacy & Security, View Certificates, Authorities, Import")},
        {tr("Chromium, Chrome"),
         tr("Settings, Privacy and security, Security, Manage certificates, Authorities, Import")},
        {tr("Debian, Ubuntu"),
         tr("Copy it to /usr/local/share/ca-certificates as a .crt file, then run "
            "update-ca-certificates")},
        {tr("Windows, macOS"), tr("Open the file and add it to the trusted root certificates")},
    };
    for (const auto &[where, how] : kWays) {
        const int row = ways->rowCount();
        auto *name = new QLabel(where, this);
        name->setProperty("secondary", true);
        auto *text = new QLabel(how, this);
        text->setWordWrap(true);
        ways->addWidget(name, row, 0, Qt::AlignTop);
        ways->addWidget(text, row, 1);
    }
    for (QLabel *label : {m_text, m_path}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    m_path->setProperty("secondary", true);
    m_path->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(16, 12, 16, 14);
    column->setSpacing(10);
    column->addWidget(title);
    column->addWidget(m_text);
    column->addLayout(deeds);
    column->addLayout(ways);
    column->addWidget(m_path);
    connect(m_save, &QPushButton::clicked, &actions, &CertificateActions::saveRoot);
    connect(m_copy, &QPushButton::clicked, &actions, &CertificateActions::copyRoot);
    connect(help, &QPushButton::clicked, this, [this] {
        Q_EMIT helpWanted(QStringLiteral("window-certificates.md#trusting-the-local-ca"));
    });
}

void LocalCaCard::show(const QString &path, const QString &host)
{
    const bool hasHost = !host.isEmpty() && host != QLatin1String("localhost");
    m_text->setText(
        hasHost
            ? tr("It signs certificates for localhost, %1 and names below them, and for nothing "
                 "else. Browsers warn until they trust its root certificate; import it once on "
                 "every computer that visits these sites.")
                  .arg(host)
            : tr("It signs certificates for localhost and names below it, and for nothing else. "
                 "Browsers warn until they trust its root certificate; import it once."));
    m_path->setText(tr("On the engine's computer it lies at %1").arg(path));
    setVisible(!path.isEmpty());
    refresh();
}

void LocalCaCard::refresh()
{
    const bool live = m_context.bridge().link() == Link::Live;
    for (QPushButton *button : {m_save, m_copy}) {
        button->setEnabled(live);
        button->setToolTip(live ? QString() : tr("The engine is not reachable"));
    }
}

} // namespace arc
