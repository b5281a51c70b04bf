// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/after_logout_dialog.h"

#include "gui/bridge/after_logout.h"
#include "gui/theme/theme.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

QString AfterLogoutDialog::keepText()
{
    return tr("Now serving may end when you log out. After this, the engine belongs to this "
              "computer's service manager (systemd), under your name: it starts with the computer "
              "and serves whether or not you are logged in.\n\n"
              "Sites, settings and addresses stay as they are. The running engine hands its "
              "addresses to the new one, so no request fails. This computer may ask for a "
              "password, because services without a login have to be allowed.");
}

QString AfterLogoutDialog::endText()
{
    return tr("Nothing is interrupted now. Serving may end when you log out, and after the next "
              "start of this computer it begins when you open Arcology.");
}

AfterLogoutDialog::AfterLogoutDialog(AfterLogout &service, bool on, QWidget *parent)
    : TitledDialog(on ? tr("Keep serving when I log out") : tr("Serve only while I am logged in"),
                   on ? keepText() : endText(), parent),
      m_service(service), m_on(on), m_note(plainLabel({}, this)) // what another program said
{
    m_note->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_note->setObjectName(QStringLiteral("note"));
    m_note->hide();
    column()->addWidget(m_note);
    column()->addSpacing(4);
    addStretch();
    m_cancel = addCancel();
    m_confirm = addButton(on ? tr("Keep serving after logout") : tr("Serve only while logged in"),
                          "confirm");
    m_confirm->setProperty("primary", true);
    m_confirm->setDefault(true);
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
