// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/keyed_table_model.h"
#include "server/control/api/worker_end_types.h"

#include <QString>

namespace arc {

struct WorkerEndRow {
    api::WorkerEnd end;
    int64_t nowUnixMs = 0; ///< of the engine when it told of them

    uint64_t key() const { return end.id; }
    bool operator==(const WorkerEndRow &) const = default;
};

/// "Exited with code 3: about to leave": the cause as a sentence of its own.
QString endCause(const api::WorkerEnd &end);
/// Requests whose clients got an error, or half an answer.
int lostRequests(const api::WorkerEnd &end);
/// "GET /report, after 12 s: lost, its client got 502".
QString endedRequestText(const api::EndedRequest &request);

/// How workers ended. GUI thread.
class WorkerEndsModel : public KeyedTableModel<WorkerEndRow> {
    Q_OBJECT
public:
    enum Column { Kind, Ended, App, Pid, Lived, Lost, Cause, ColumnCount };

    using KeyedTableModel<WorkerEndRow>::KeyedTableModel;

    void update(const std::vector<api::WorkerEnd> &ends, int64_t nowUnixMs);

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const WorkerEndRow &row, int column) const;
    QVariant sortKey(const WorkerEndRow &row, int column) const;
};

} // namespace arc
