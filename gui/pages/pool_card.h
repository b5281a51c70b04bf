// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/workers_model.h"

#include <QFrame>

class QAction;
class QLabel;
class QLayout;
class QPushButton;

namespace arc {

class ElidedLabel;
class PoolTuner;
class SafeTable;
class StatePill;
class StatTile;
class WindowContext;

/// One app's workers: state, figures, tuning, and a table of the processes. GUI thread.
class PoolCard : public QFrame {
    Q_OBJECT
public:
    static constexpr int kRowsShownMax = 8;

    PoolCard(WindowContext &context, std::string app, QWidget *parent = nullptr);

    void show(const api::PoolFigures &pool);
    PoolTuner *tuner() const { return m_tuner; }
    SafeTable *table() const { return m_table; }
    QPushButton *endButton() const { return m_end; }
    QPushButton *killButton() const { return m_kill; }
    QPushButton *settingsLink() const { return m_settings; }

    /// The selected worker finishes what it has, and goes when another serves in its place.
    void endSelected();
    QString whyNotEnd() const; ///< one sentence; empty: it can be done

Q_SIGNALS:
    void chosen();       ///< a worker, by somebody
    void deedsChanged(); ///< what can be done with it

private:
    QLayout *makeHead();
    QLayout *makeLinks();
    static QString whatAKillDoes(const api::WorkerFigures &worker);
    void kill();
    void send(const api::WorkerKill &what, const QString &doing, const QString &done);
    void refreshDeeds();
    const api::WorkerFigures *selected() const; ///< nullptr: none
    void showFigures(const api::PoolFigures &pool);

    WindowContext &m_context;
    std::string m_app;
    WorkersModel m_model;
    ElidedLabel *m_kind;
    StatePill *m_pill;
    QLabel *m_cause;
    ElidedLabel *m_scaling; ///< what the autoscaler decided last
    StatTile *m_busy;
    StatTile *m_queue;
    StatTile *m_memory;
    StatTile *m_restarts;
    PoolTuner *m_tuner;
    SafeTable *m_table;
    QPushButton *m_end;
    QPushButton *m_kill;
    QPushButton *m_settings;
    QPushButton *m_lines;
    QAction *m_endAction; ///< of the table's context menu, like the next
    QAction *m_killAction;
    QString m_toldWhyNot;
};

} // namespace arc
