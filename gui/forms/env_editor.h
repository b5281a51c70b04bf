// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/forms/env_row.h"

#include <QWidget>

#include <set>
#include <vector>

class QCheckBox;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace arc {

/// Environment variables as rows of name and value, each with a tick that makes it a secret: sealed
/// by the engine, and shown by nobody. Several lines of a .env file that are pasted become rows.
/// GUI thread.
class EnvEditor : public QWidget {
    Q_OBJECT
public:
    static constexpr size_t kRowsMax = 200; ///< made here; more are shown

    explicit EnvEditor(QWidget *parent = nullptr);

    /// `stored`: the secrets that the engine has. The focus stays where it was.
    void setVariables(const EnvVariables &variables, const std::set<std::string> &stored = {});
    const std::set<std::string> &stored() const { return m_stored; }
    EnvVariables variables() const;
    /// The same, with a value that has no name yet.
    EnvVariables typed() const;
    bool has(const std::string &name) const;
    /// Lines such as NAME=value, as .env files have them: all of them, or none and why not.
    void takeLines(const QString &text);
    /// What others found wrong, by name.
    void setProblems(std::map<std::string, QString> problems);
    /// The first problem that can be told without asking anybody; empty: all are good.
    QString problem() const;
    QString note() const; ///< what became of pasted lines

Q_SIGNALS:
    void changed();

private:
    QLayout *makeFoot();
    EnvRow *addRow(const std::string &name, const EnvValue &value);
    EnvRow *find(const std::string &name) const;
    void removeRow(EnvRow *row);
    void showNote(const QString &text, bool isBad);
    QString problemOf(const EnvRow &row) const;
    void edited();
    void refresh();

    QVBoxLayout *m_list;
    QCheckBox *m_show;
    QPushButton *m_add;
    QLabel *m_note;
    QLabel *m_about;
    std::vector<EnvRow *> m_rows;
    std::set<std::string> m_stored;
    std::map<std::string, QString> m_problems;
};

} // namespace arc
