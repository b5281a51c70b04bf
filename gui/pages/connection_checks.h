// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/forms/env_row.h"
#include "server/base/error.h"
#include "server/control/api/variable_types.h"

#include <QWidget>

class QGridLayout;
class QLabel;
class QPushButton;

namespace arc {

class WindowContext;

/// Whether the databases, caches and queues that the variables of an app name can be reached, asked
/// of the engine when somebody wants to know; also for values that are not applied yet. GUI thread.
class ConnectionChecks : public QWidget {
    Q_OBJECT
public:
    explicit ConnectionChecks(WindowContext &context, QWidget *parent = nullptr);

    /// What would be looked at; results about other values go.
    void show(const std::string &site, const EnvVariables &variables);
    void check();
    QString whyNot() const; ///< one sentence; empty: it can be asked
    QPushButton *button() const { return m_button; }
    QStringList results() const { return m_told; } ///< a line each, as screen readers hear them

private:
    void take(Result<api::ConnectionChecks> answer);
    void addResult(const api::ConnectionCheck &check);
    void say(const QString &text, bool isBad);
    void clear();
    void refresh();

    WindowContext &m_context;
    QPushButton *m_button;
    QLabel *m_note;
    QGridLayout *m_grid;
    std::string m_site;
    EnvVariables m_variables;
    QStringList m_told;
    int m_asked = 0; ///< the last question; answers to earlier ones are about something else
    bool m_isBusy = false;
};

} // namespace arc
