// SPDX-License-Identifier: Apache-2.0
#include "gui/models/schedules_model.h"

#include "gui/models/cron_words.h"
#include "gui/models/format.h"
#include "gui/models/states.h"

#include <algorithm>
#include <limits>

namespace arc {

QString stateOf(const api::ScheduleView &view)
{
    return view.state == "broken" ? QStringLiteral("unplanned") : toQString(view.state);
}

QString lastText(const api::ScheduleRun &last, int64_t nowUnixMs)
{
    if (last.id == 0)
        return unknownText();
    const int64_t at = last.endedUnixMs > 0 ? last.endedUnixMs
        : last.startedUnixMs > 0            ? last.startedUnixMs
                                            : last.dueUnixMs;
    const QString word = lookOf(toQString(last.state)).word;
    const bool isOver = last.state != "running" && last.state != "waiting";
    const QString age = ageText(at, std::max(nowUnixMs, at));
    return isOver ? SchedulesModel::tr("%1 %2 ago").arg(word, age)
                  : SchedulesModel::tr("%1 for %2").arg(word, age);
}

void SchedulesModel::update(const std::vector<api::ScheduleView> &schedules, int64_t nowUnixMs)
{
    std::vector<ScheduleRow> rows;
    for (const api::ScheduleView &view : schedules)
        rows.push_back({view, nowUnixMs});
    setRows(std::move(rows));
}

int SchedulesModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString SchedulesModel::text(const ScheduleRow &row, int column) const
{
    const api::ScheduleView &view = row.view;
    switch (column) {
    case State:
        return lookOf(stateOf(view)).word;
    case Name:
        return toQString(view.name);
    case Times:
        return toQString(view.cron);
    case Next:
        return view.next.empty() ? unknownText() : toQString(view.next);
    case Last:
        return lastText(view.last, row.nowUnixMs);
    default:
        return {};
    }
}

QString SchedulesModel::tip(const ScheduleRow &row, int column) const
{
    const api::ScheduleView &view = row.view;
    switch (column) {
    case State:
        return view.cause.empty() ? text(row, column) : toQString(view.cause).simplified();
    case Times: {
        const QString meaning = cronMeaning(toQString(view.cron));
        return meaning.isEmpty() ? text(row, column) : meaning;
    }
    case Last:
        return view.last.cause.empty() ? text(row, column)
                                       : toQString(view.last.cause).simplified();
    default:
        return text(row, column);
    }
}

QVariant SchedulesModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const ScheduleRow &row = rowAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return tip(row, index.column());
    case Qt::TextAlignmentRole:
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    case kSortRole:
        if (index.column() == Next) // those that are not planned last
            return row.view.nextUnixMs > 0 ? qlonglong(row.view.nextUnixMs)
                                           : std::numeric_limits<qlonglong>::max();
        if (index.column() == Last)
            return -qlonglong(row.view.last.id);
        return text(row, index.column());
    case kStateRole:
        return stateOf(row.view);
    default:
        return {};
    }
}

QVariant SchedulesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case State:
        return tr("State");
    case Name:
        return tr("Name");
    case Times:
        return tr("Times");
    case Next:
        return tr("Next run");
    case Last:
        return tr("Last run");
    default:
        return {};
    }
}

} // namespace arc
