// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/worker_ends_model.h"
#include "server/base/error.h"

#include <QWidget>

#include <set>

class QCheckBox;
class QLabel;

namespace arc {

class SafeTable;
class WindowContext;
class WorkerEndDetail;

/// The workers that ended, newest first, and one of them whole. Asked for while it is seen: every
/// kRefreshMs, and at once when a worker is no longer there. GUI thread.
class WorkerEndsCard : public QWidget {
    Q_OBJECT
public:
    static constexpr int kRefreshMs = 5'000;
    static constexpr int kEndsMax = 100; ///< asked for
    static constexpr int kRowsShownMax = 8;

    explicit WorkerEndsCard(WindowContext &context, QWidget *parent = nullptr);

    SafeTable *table() const { return m_table; }
    QCheckBox *unplannedBox() const { return m_unplanned; }
    WorkerEndDetail *detail() const { return m_detail; }
    QString note() const; ///< why there is no list, or what is wrong with it; empty: nothing

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeList();
    void fetchWhenDue();
    void fetch();
    void take(Result<api::WorkerEnds> answer);
    void fetchWhole(uint64_t id);
    void refresh();
    void choose(int row);
    void showChosen();

    WindowContext &m_context;
    WorkerEndsModel m_model;
    QCheckBox *m_unplanned;
    QLabel *m_note;
    SafeTable *m_table;
    WorkerEndDetail *m_detail;
    api::WorkerEnd m_whole;  ///< the chosen one with stacks and output; id 0: none yet
    uint64_t m_chosen = 0;   ///< its id; 0: nobody chose
    std::set<int> m_pids;    ///< that were there at the last figures
    int64_t m_fetchedAt = 0; ///< Unix ms of the engine
    bool m_isKnown = false;
    QString m_problem;
};

} // namespace arc
