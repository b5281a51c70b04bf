// SPDX-License-Identifier: Apache-2.0
#include "gui/models/schedule_runs_model.h"

#include "gui/models/format.h"
#include "gui/models/states.h"

#include <algorithm>

namespace arc {

bool isOver(const api::ScheduleRun &run)
{
    return run.state != "waiting" && run.state != "running";
}

void ScheduleRunsModel::update(const std::vector<api::ScheduleRun> &runs, int64_t nowUnixMs)
{
    std::vector<ScheduleRunRow> rows;
    for (const api::ScheduleRun &run : runs)
        rows.push_back({run, isOver(run) ? 0 : nowUnixMs}); // what is over does not change
    setRows(std::move(rows));
}

int ScheduleRunsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

static int64_t tookMs(const ScheduleRunRow &row)
{
    const api::ScheduleRun &run = row.run;
    if (run.startedUnixMs == 0)
        return -1;
    const int64_t end = run.endedUnixMs > 0 ? run.endedUnixMs : row.nowUnixMs;
    return std::max<int64_t>(0, end - run.startedUnixMs);
}

static QString startedBy(const std::string &by)
{
    if (by == "schedule")
        return ScheduleRunsModel::tr("its times");
    if (by == "catch-up")
        return ScheduleRunsModel::tr("making up");
    return toQString(by).simplified();
}

QString ScheduleRunsModel::text(const ScheduleRunRow &row, int column) const
{
    const api::ScheduleRun &run = row.run;
    switch (column) {
    case State:
        return lookOf(toQString(run.state)).word;
    case Due:
        return dateTimeText(run.dueUnixMs);
    case Took:
        return tookMs(row) < 0 ? unknownText() : secondsText(double(tookMs(row)) / 1000);
    case By:
        return startedBy(run.startedBy);
    case Cause:
        return toQString(run.cause).simplified();
    default:
        return {};
    }
}

QVariant ScheduleRunsModel::sortKey(const ScheduleRunRow &row, int column) const
{
    switch (column) {
    case Due: // the newest first when it is sorted upwards
        return -qlonglong(row.run.id);
    case Took:
        return qlonglong(tookMs(row));
    default:
        return text(row, column);
    }
}

QVariant ScheduleRunsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const ScheduleRunRow &row = rowAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return text(row, index.column());
    case Qt::TextAlignmentRole:
        return int((index.column() == Took ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case kSortRole:
        return sortKey(row, index.column());
    case kStateRole:
        return toQString(row.run.state);
    default:
        return {};
    }
}

QVariant ScheduleRunsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == Took ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case State:
        return tr("How");
    case Due:
        return tr("Due");
    case Took:
        return tr("Took");
    case By:
        return tr("Started by");
    case Cause:
        return tr("Cause");
    default:
        return {};
    }
}

} // namespace arc
