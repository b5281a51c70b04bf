// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/keyed_table_model.h"
#include "server/control/api/schedule_types.h"

#include <QString>

namespace arc {

struct ScheduleRow {
    api::ScheduleView view;
    int64_t nowUnixMs = 0; ///< of the engine when it told of them

    const std::string &key() const { return view.name; }
    bool operator==(const ScheduleRow &) const = default;
};

/// What lookOf() knows: "broken" of a certificate is another thing.
QString stateOf(const api::ScheduleView &view);
/// "Done 3 min ago", "Failed 2 h ago"; an en dash: it never ran.
QString lastText(const api::ScheduleRun &last, int64_t nowUnixMs);

/// The schedules of an app. GUI thread.
class SchedulesModel : public KeyedTableModel<ScheduleRow> {
    Q_OBJECT
public:
    enum Column { State, Name, Times, Next, Last, ColumnCount };

    using KeyedTableModel<ScheduleRow>::KeyedTableModel;

    void update(const std::vector<api::ScheduleView> &schedules, int64_t nowUnixMs);

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const ScheduleRow &row, int column) const;
    QString tip(const ScheduleRow &row, int column) const;
};

} // namespace arc
