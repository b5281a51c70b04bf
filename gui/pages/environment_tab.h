// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace arc {

class EnvEditor;
class WindowContext;

/// What an app runs with: names, entry point, interface, interpreter, variables. Edits wait for
/// Apply and survive refreshes; they are made against the revision they were begun on. GUI thread.
class EnvironmentTab : public QWidget {
    Q_OBJECT
public:
    explicit EnvironmentTab(WindowContext &context, QWidget *parent = nullptr);

    void showSite(const QString &site);
    bool hasChanges() const { return m_changed; }

private:
    void load();
    void takeConfiguration();
    void markChanged();
    void apply();
    void showState();
    api::SiteEdit edit() const;

    WindowContext &m_context;
    QString m_site;
    api::SiteView m_shown;
    uint64_t m_revision = 0;
    bool m_changed = false;
    bool m_loading = false;
    bool m_sending = false;
    QLineEdit *m_hosts;
    QLineEdit *m_entry;
    QComboBox *m_interface;
    QLineEdit *m_python;
    EnvEditor *m_env;
    QWidget *m_appPart;
    QLabel *m_problem;
    QPushButton *m_discard;
    QPushButton *m_apply;
};

} // namespace arc
