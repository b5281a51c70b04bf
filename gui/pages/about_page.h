// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/log_types.h"

#include <QWidget>

class QGridLayout;
class QLabel;
class QPushButton;

namespace arc {

class DiagnosticsDialog;
class WindowContext;

/// What runs here, where its files are, which keys do what, and the report for somebody who helps.
/// GUI thread.
class AboutPage : public QWidget {
    Q_OBJECT
public:
    explicit AboutPage(WindowContext &context, QWidget *parent = nullptr);

    void openDiagnostics();
    QPushButton *diagnosticsButton() const { return m_diagnostics; }
    /// All that the page says, for tests: "SQLite 3.40.1".
    QStringList facts() const;

Q_SIGNALS:
    void helpWanted();
    void keysWanted(); ///< the sheet of shortcuts

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeHead();
    QGridLayout *makeCard(const QString &title);
    void fetch();
    void showFacts();
    void showPaths();

    WindowContext &m_context;
    QWidget *m_content;
    QLabel *m_version;
    QLabel *m_note;
    QPushButton *m_diagnostics;
    QGridLayout *m_facts;
    QGridLayout *m_paths;
    api::About m_about;
    QString m_problem;
};

} // namespace arc
