// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QWidget>

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;

namespace arc {

class EnvEditor;
class WindowContext;

/// What an app runs with: names, entry point, interface, interpreter, variables. Every edit is
/// staged at once, so that it survives another site, another page and the window; the window's bar
/// applies it. GUI thread.
class EnvironmentTab : public QWidget {
    Q_OBJECT
public:
    explicit EnvironmentTab(WindowContext &context, QWidget *parent = nullptr);

    void showSite(const QString &site);
    QString problem() const;
    QLineEdit *hosts() const { return m_hosts; }
    QLineEdit *entry() const { return m_entry; }
    EnvEditor *variables() const { return m_env; }

private:
    /// What the fields show: the engine's values, with what is staged on top.
    struct Fields {
        std::string hosts;
        std::string entry;
        std::string interface;
        std::string python;
        std::map<std::string, std::string> env;
    };
    Fields wanted() const;
    void makeLayout();
    void showFields();
    void stageField(const std::string &key, const std::string &value, const std::string &before);
    void stageVariables();
    void showProblems();

    WindowContext &m_context;
    QString m_site;
    api::SiteView m_shown;
    QLineEdit *m_hosts;
    QLineEdit *m_entry;
    QComboBox *m_interface;
    QLineEdit *m_python;
    EnvEditor *m_env;
    QFormLayout *m_form = nullptr;
    QLabel *m_problem;
};

} // namespace arc
