// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/widgets/titled_dialog.h"

class QLabel;
class QPushButton;

namespace arc {

class AfterLogout;

/// "Keep serving when I log out": says what will happen and what it needs, does it, and stays with
/// the cause where it could not be done. Closed meanwhile, the change goes on. GUI thread.
class AfterLogoutDialog : public TitledDialog {
    Q_OBJECT
public:
    /// `on` is what is asked for: to serve without a login, or no longer.
    AfterLogoutDialog(AfterLogout &service, bool on, QWidget *parent);

private:
    static QString keepText();
    static QString endText();
    void finish(bool succeeded, const QString &sentence);

    AfterLogout &m_service;
    const bool m_on;
    QLabel *m_note; ///< progress, or why it failed
    QPushButton *m_confirm;
    QPushButton *m_cancel;
};

} // namespace arc
