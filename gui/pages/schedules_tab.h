// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/schedule_runs_model.h"
#include "gui/models/schedules_model.h"
#include "server/base/error.h"

#include <QWidget>

#include <optional>

class QLabel;
class QPushButton;
class QScrollArea;
class QStackedWidget;

namespace arc {

class EmptyState;
class SafeTable;
class ScheduleActions;
class ScheduleRunsView;
class WindowContext;

/// The schedules of a site's app, what can be done with the selected one, and its runs. Asked for
/// while it is seen: every kRefreshMs, at once after a change, and each second while one runs. GUI
/// thread.
class SchedulesTab : public QWidget {
    Q_OBJECT
public:
    static constexpr int kRefreshMs = 5'000;
    static constexpr int kRowsShownMax = 8;

    SchedulesTab(WindowContext &context, ScheduleActions &actions, QWidget *parent = nullptr);

    void showSite(const QString &site);
    /// What could be done, to the selected schedule; one sentence why not, empty: it can.
    QString whyNotAdd() const;
    QString whyNotSelected() const;
    void add();
    void edit();
    void toggle();
    void remove();
    void runNow();
    bool isSelectedOn() const; ///< it runs at its times

    SafeTable *table() const { return m_table; }
    ScheduleRunsView *runs() const { return m_runs; }
    QString note() const;
    bool isEmpty() const; ///< says so, and how to begin
    void setMenuActions(const QList<QAction *> &actions) { m_menu = actions; }

Q_SIGNALS:
    void deedsChanged(); ///< what can be done is another thing than before

protected:
    void showEvent(QShowEvent *event) override;

private:
    void makeLayout();
    QLayout *makeDeeds();
    void fetchWhenDue();
    void fetch();
    void take(Result<api::ScheduleViews> answer);
    void refresh();
    void refreshDeeds();
    std::string app() const;
    std::optional<api::ScheduleView> selected() const;
    void showMenu(QPoint at);

    WindowContext &m_context;
    ScheduleActions &m_actions;
    SchedulesModel m_model;
    QStackedWidget *m_stack;
    EmptyState *m_empty;
    QWidget *m_full;
    QLabel *m_note;
    SafeTable *m_table;
    QLabel *m_about; ///< the selected one's command and what its times mean
    QPushButton *m_add;
    QPushButton *m_run;
    QPushButton *m_edit;
    QPushButton *m_toggle;
    QPushButton *m_remove;
    ScheduleRunsView *m_runs;
    QList<QAction *> m_menu;
    QString m_site;
    std::string m_fetchedApp; ///< whose schedules these are
    QString m_problem;
    QString m_toldDeeds;
    std::string m_wanted;    ///< to be selected once it is there
    int64_t m_fetchedAt = 0; ///< Unix ms of the engine
    int m_asked = 0;
    bool m_isKnown = false;
};

} // namespace arc
