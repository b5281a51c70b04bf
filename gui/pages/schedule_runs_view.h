// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/schedule_runs_model.h"
#include "server/base/error.h"

#include <QFrame>

class QLabel;

namespace arc {

class OutputView;
class SafeTable;
class WindowContext;

/// What became of one schedule, newest first, and what the chosen run wrote; while it runs, as it
/// comes. Asks only while it is seen. GUI thread.
class ScheduleRunsView : public QFrame {
    Q_OBJECT
public:
    static constexpr int kRunsMax = 50; ///< asked for
    static constexpr int kRowsShownMax = 5;

    explicit ScheduleRunsView(WindowContext &context, QWidget *parent = nullptr);

    void show(const std::string &app, const std::string &schedule);
    void choose(uint64_t run); ///< once it is in the list
    void fetch();

    SafeTable *table() const { return m_table; }
    OutputView *output() const { return m_output; }
    QString note() const;

private:
    void makeLayout();
    void take(Result<api::ScheduleRuns> answer);
    void fetchChosen();
    void showChosen();
    void refresh();

    WindowContext &m_context;
    ScheduleRunsModel m_model;
    QLabel *m_title;
    QLabel *m_note;
    SafeTable *m_table;
    QLabel *m_caption;
    OutputView *m_output;
    std::string m_app;
    std::string m_schedule;
    QString m_problem;
    api::ScheduleRun m_whole; ///< the chosen one, as last asked for
    uint64_t m_chosen = 0;    ///< 0: nobody chose
    uint64_t m_wanted = 0;
    bool m_isKnown = false;
    bool m_isAsking = false;
};

} // namespace arc
