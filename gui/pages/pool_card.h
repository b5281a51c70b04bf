// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/workers_model.h"

#include <QFrame>

class QLabel;
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
    QPushButton *killButton() const { return m_kill; }

private:
    void kill();
    void showFigures(const api::PoolFigures &pool);

    WindowContext &m_context;
    std::string m_app;
    WorkersModel m_model;
    ElidedLabel *m_kind;
    StatePill *m_pill;
    QLabel *m_cause;
    StatTile *m_busy;
    StatTile *m_queue;
    StatTile *m_memory;
    StatTile *m_restarts;
    PoolTuner *m_tuner;
    SafeTable *m_table;
    QPushButton *m_kill;
};

} // namespace arc
