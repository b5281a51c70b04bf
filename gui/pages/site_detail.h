// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QFrame;
class QLabel;
class QLayout;
class QPushButton;
class QTabWidget;

namespace arc {

class DeployStrip;
class ElidedLabel;
class EnvironmentTab;
class OutputTab;
class LinkRow;
class OutputView;
class SiteActions;
class StatePill;
class SummaryTab;
class Switch;
class WindowContext;

/// One site: its state and switch, its addresses, what can be done, why it failed, and three tabs.
/// GUI thread.
class SiteDetail : public QWidget {
    Q_OBJECT
public:
    SiteDetail(WindowContext &context, SiteActions &actions, QWidget *parent = nullptr);

    /// What the Run menu offers: actions on the selected site, which is the one shown.
    void setRunActions(const QList<QAction *> &actions);
    void showSite(const QString &site);
    Switch *onSwitch() const { return m_switch; }
    QPushButton *deployButton() const { return m_deploy; }
    DeployStrip *deployStrip() const { return m_strip; }
    QPushButton *removeButton() const { return m_remove; }
    QPushButton *runButton() const { return m_run; }
    QTabWidget *tabs() const { return m_tabs; }
    bool showsFailure() const;

private:
    QLayout *makeHead();
    void makeFailureCard();
    void refresh();
    void showAddresses(const QStringList &urls);
    void showFailure(const QString &state, const QString &cause);
    void fetchFailureOutput();

    WindowContext &m_context;
    SiteActions &m_actions;
    QString m_site;
    QStringList m_urls;
    QString m_failure;
    ElidedLabel *m_name;
    StatePill *m_pill;
    Switch *m_switch;
    QPushButton *m_deploy;
    QPushButton *m_run;
    QPushButton *m_remove;
    LinkRow *m_links;
    DeployStrip *m_strip;
    QFrame *m_failureCard;
    QLabel *m_cause;
    QLabel *m_remedy;
    OutputView *m_failureOutput;
    QPushButton *m_retry;
    QTabWidget *m_tabs;
    SummaryTab *m_summary;
    EnvironmentTab *m_environment;
    OutputTab *m_output;
};

} // namespace arc
