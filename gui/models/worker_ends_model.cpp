// SPDX-License-Identifier: Apache-2.0
#include "gui/models/worker_ends_model.h"

#include "gui/models/format.h"
#include "gui/models/states.h"

#include <algorithm>

namespace arc {

QString endCause(const api::WorkerEnd &end)
{
    QString cause = toQString(end.cause).simplified();
    if (!cause.isEmpty())
        cause[0] = cause[0].toUpper();
    return cause;
}

int lostRequests(const api::WorkerEnd &end)
{
    return int(std::ranges::count_if(end.running, [](const api::EndedRequest &request) {
        return request.fate == "lost" || request.fate == "cut";
    }));
}

QString endedRequestText(const api::EndedRequest &request)
{
    const QString fate = request.fate == "repeated" ? WorkerEndsModel::tr("given to another worker")
        : request.fate == "lost"     ? WorkerEndsModel::tr("lost, its client got 502")
        : request.fate == "cut"      ? WorkerEndsModel::tr("its answer was broken off")
        : request.fate == "given up" ? WorkerEndsModel::tr("nobody waited for it any more")
                                     : toQString(request.fate);
    return WorkerEndsModel::tr("%1, after %2: %3")
        .arg(toQString(request.label).simplified(), secondsText(double(request.ranMs) / 1000),
             fate);
}

void WorkerEndsModel::update(const std::vector<api::WorkerEnd> &ends, int64_t nowUnixMs)
{
    std::vector<WorkerEndRow> rows;
    for (const api::WorkerEnd &end : ends)
        rows.push_back({end, nowUnixMs});
    setRows(std::move(rows));
}

int WorkerEndsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

static bool isNumber(int column)
{
    return column == WorkerEndsModel::Pid || column == WorkerEndsModel::Lived
        || column == WorkerEndsModel::Lost;
}

QString WorkerEndsModel::text(const WorkerEndRow &row, int column) const
{
    const api::WorkerEnd &end = row.end;
    switch (column) {
    case Kind:
        return lookOf(toQString(end.kind)).word;
    case Ended:
        return tr("%1 ago").arg(ageText(end.endedUnixMs, std::max(row.nowUnixMs, end.endedUnixMs)));
    case App:
        return toQString(end.app);
    case Pid:
        return QString::number(end.pid);
    case Lived:
        return ageText(end.startedUnixMs, end.endedUnixMs);
    case Lost:
        return QString::number(lostRequests(end));
    case Cause:
        return endCause(end);
    default:
        return {};
    }
}

QVariant WorkerEndsModel::sortKey(const WorkerEndRow &row, int column) const
{
    const api::WorkerEnd &end = row.end;
    switch (column) {
    case Ended: // the newest first when it is sorted upwards, as its words say it
        return -qlonglong(end.id);
    case Pid:
        return end.pid;
    case Lived:
        return qlonglong(end.endedUnixMs - end.startedUnixMs);
    case Lost:
        return lostRequests(end);
    default:
        return text(row, column);
    }
}

QVariant WorkerEndsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const WorkerEndRow &row = rowAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return index.column() == Ended ? dateTimeText(row.end.endedUnixMs)
                                       : text(row, index.column());
    case Qt::TextAlignmentRole:
        return int((isNumber(index.column()) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case kSortRole:
        return sortKey(row, index.column());
    case kStateRole:
        return toQString(row.end.kind);
    default:
        return {};
    }
}

QVariant WorkerEndsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((isNumber(section) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Kind:
        return tr("How");
    case Ended:
        return tr("Ended");
    case App:
        return tr("App");
    case Pid:
        return tr("PID");
    case Lived:
        return tr("Lived");
    case Lost:
        return tr("Lost");
    case Cause:
        return tr("Cause");
    default:
        return {};
    }
}

} // namespace arc
