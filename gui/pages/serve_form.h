// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QSpinBox;

namespace arc {

class ElidedLabel;
class EnvEditor;

/// What was found in a folder and what can be chosen before it is served. GUI thread.
class ServeForm : public QWidget {
    Q_OBJECT
public:
    explicit ServeForm(QWidget *parent = nullptr);

    /// `listenerProblems`: sentences about addresses that are not open.
    void show(const api::Recognition &found, const QString &note,
              const QStringList &listenerProblems = {});
    api::NewSite site() const;
    bool opensBrowser() const;
    bool isComplete() const; ///< has a name, and variables that can be set

    QLineEdit *name() const { return m_name; }
    QListWidget *projects() const { return m_projects; }
    QPushButton *moreButton() const { return m_more; }
    QString address() const;
    QComboBox *python() const { return m_python; }
    /// One that was asked for and can run apps: it is chosen from now on.
    void addPython(const api::PythonChoice &python);
    void showProblem(const QString &sentence);

Q_SIGNALS:
    void changed();
    void heightChanged();
    /// Somebody named an interpreter that is not in the list.
    void pythonNamed(const QString &path);

private:
    QWidget *makeMore();
    void choose(int project);
    void showAddress();
    void showPythons();
    void pythonActivated(int row);
    void toggleMore();
    const api::ProjectChoice *chosen() const;

    api::Recognition m_found;
    QStringList m_listenerProblems;
    int m_chosen = -1;
    QLabel *m_note;
    QLabel *m_title;
    QLabel *m_evidence;
    QListWidget *m_projects;
    QFormLayout *m_form;
    QLineEdit *m_name;
    ElidedLabel *m_address;
    QLabel *m_pythonLabel;
    QComboBox *m_python;
    int m_pythonRow = 0; // the one to go back to when another one was not chosen after all
    QLabel *m_warnings;
    QCheckBox *m_open;
    QPushButton *m_more;
    QFormLayout *m_moreForm; ///< of the part below
    QWidget *m_morePart;
    QLineEdit *m_entry;
    QComboBox *m_interface;
    QSpinBox *m_workers;
    EnvEditor *m_env;
    QLabel *m_problem;
};

} // namespace arc
