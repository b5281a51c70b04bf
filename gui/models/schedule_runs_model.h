// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/keyed_table_model.h"
#include "server/control/api/schedule_types.h"

#include <QString>

namespace arc {

struct ScheduleRunRow {
    api::ScheduleRun run;
    int64_t nowUnixMs = 0; ///< of the engine when it told of it

    uint64_t key() const { return run.id; }
    bool operator==(const ScheduleRunRow &) const = default;
};

bool isOver(const api::ScheduleRun &run);

/// What became of schedules. GUI thread.
class ScheduleRunsModel : public KeyedTableModel<ScheduleRunRow> {
    Q_OBJECT
public:
    enum Column { State, Due, Took, By, Cause, ColumnCount };

    using KeyedTableModel<ScheduleRunRow>::KeyedTableModel;

    void update(const std::vector<api::ScheduleRun> &runs, int64_t nowUnixMs);

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const ScheduleRunRow &row, int column) const;
    QVariant sortKey(const ScheduleRunRow &row, int column) const;
};

} // namespace arc
