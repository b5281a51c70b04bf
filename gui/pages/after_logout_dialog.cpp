// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/after_logout_dialog.h"

#include "gui/bridge/after_logout.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

constexpr int kDialogWidth = 480;

AfterLogoutDialog::AfterLogoutDialog(AfterLogout &service, bool on, QWidget *parent)
    : QDialog(parent), m_service(service), m_on(on), m_note(new QLabel(this)),
      m_confirm(new QPushButton(
          on ? tr("Keep serving after logout") : tr("Serve only while logged in"), this)),
      m_cancel(new QPushButton(tr("Cancel"), this))
{
    const QString title =
        on ? tr("Keep serving when I log out") : tr("Serve only while I am logged in");
    const QString text = on
        ? tr("Now serving may end when you log out. After this, the engine belongs to this "
             "computer's "
             "service manager (systemd), under your name: it starts with the computer and serves "
             "whether or not you are logged in.\n\n"
             "Sites, settings and addresses stay as they are. The running engine hands its "
             "addresses to the new one, so no request fails. This computer may ask for a "
             "password, because services without a login have to be allowed.")
        : tr("Nothing is interrupted now. Serving may end when you log out, and after the next "
             "start "
             "of this computer it begins when you open Arcology.");
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    setMinimumWidth(scaled(kDialogWidth));
    setAccessibleName(title);
    setAccessibleDescription(text);
    auto *heading = new QLabel(title, this);
    heading->setFont(titleFont());
    heading->setWordWrap(true);
    auto *body = new QLabel(text, this);
    body->setWordWrap(true);
    body->setProperty("secondary", true);
    m_note->setTextFormat(Qt::PlainText); // what another program said
    m_note->setWordWrap(true);
    m_note->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_note->setObjectName(QStringLiteral("note"));
    m_note->hide();
    m_confirm->setObjectName(QStringLiteral("confirm"));
    m_confirm->setProperty("primary", true);
    m_confirm->setDefault(true);
    m_cancel->setObjectName(QStringLiteral("cancel"));
    m_cancel->setAutoDefault(false);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch();
    buttons->addWidget(m_cancel);
    buttons->addWidget(m_confirm);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(20, 18, 20, 16);
    column->setSpacing(12);
    column->addWidget(heading);
    column->addWidget(body);
    column->addWidget(m_note);
    column->addSpacing(4);
    column->addLayout(buttons);
    connect(m_cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_confirm, &QPushButton::clicked, this, [this] {
        m_confirm->setEnabled(false);
        setMark(*m_note, "bad", false);
        m_cancel->setText(tr("Close")); // it goes on: there is nothing to cancel any more
        m_note->setText(m_on ? tr("Under way. If this computer asks for a password, answer there. "
                                  "Requests under way are finished first, which may take minutes.")
                             : tr("Under way."));
        m_note->show();
        m_service.set(m_on);
    });
    connect(&service, &AfterLogout::done, this, &AfterLogoutDialog::finish);
}

void AfterLogoutDialog::finish(bool succeeded, const QString &sentence)
{
    if (succeeded)
        return accept(); // the window says it
    m_note->setText(sentence);
    setMark(*m_note, "bad", true);
    m_note->show();
    m_cancel->setText(tr("Cancel"));
    m_confirm->setText(tr("Try again"));
    m_confirm->setEnabled(true);
}

} // namespace arc
