// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/keyed_table_model.h"
#include "server/control/api/types.h"

namespace arc {

struct WorkerRow {
    api::WorkerFigures figures;
    int64_t nowUnixMs = 0; ///< of the snapshot, to tell the age

    int key() const { return figures.pid; }
    bool operator==(const WorkerRow &) const = default;
};

/// The worker processes of one pool. GUI thread.
class WorkersModel : public KeyedTableModel<WorkerRow> {
    Q_OBJECT
public:
    enum Column { Pid, Generation, State, Serving, Requests, Busy, Memory, Cpu, Age, ColumnCount };

    using KeyedTableModel<WorkerRow>::KeyedTableModel;

    void update(const std::vector<api::WorkerFigures> &workers, int64_t nowUnixMs);

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const WorkerRow &row, int column) const;
    QVariant sortKey(const WorkerRow &row, int column) const;
};

} // namespace arc
