// SPDX-License-Identifier: Apache-2.0
#include "gui/models/workers_model.h"

#include "gui/models/format.h"
#include "gui/models/states.h"

namespace arc {

void WorkersModel::update(const std::vector<api::WorkerFigures> &workers, int64_t nowUnixMs)
{
    std::vector<WorkerRow> rows;
    for (const api::WorkerFigures &worker : workers)
        rows.push_back({worker, nowUnixMs});
    setRows(std::move(rows));
}

int WorkersModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

static bool isLeftAligned(int column)
{
    return column == WorkersModel::State || column == WorkersModel::Serving;
}

QString WorkersModel::text(const WorkerRow &row, int column) const
{
    const api::WorkerFigures &worker = row.figures;
    switch (column) {
    case Pid:
        return QString::number(worker.pid);
    case Generation:
        return QString::number(worker.generation);
    case State:
        return lookOf(toQString(worker.state)).word;
    case Serving:
        if (!worker.serving.empty() && worker.servingMs >= 0)
            return tr("%1 · %2").arg(toQString(worker.serving),
                                     secondsText(double(worker.servingMs) / 1000));
        if (!worker.serving.empty())
            return toQString(worker.serving);
        return worker.state == "ready" && worker.busy == 0 ? tr("idle") : unknownText();
    case Requests:
        return rateText(double(worker.requests));
    case Busy:
        return tr("%1 of %2").arg(worker.busy).arg(worker.slots);
    case Memory:
        return bytesText(double(worker.memoryBytes));
    case Cpu:
        return shareText(worker.cpu);
    case Age:
        return ageText(worker.startedUnixMs, row.nowUnixMs);
    default:
        return {};
    }
}

QVariant WorkersModel::sortKey(const WorkerRow &row, int column) const
{
    const api::WorkerFigures &worker = row.figures;
    switch (column) {
    case Pid:
        return worker.pid;
    case Generation:
        return qulonglong(worker.generation);
    case Requests:
        return qlonglong(worker.requests);
    case Busy:
        return worker.busy;
    case Memory:
        return qlonglong(worker.memoryBytes);
    case Cpu:
        return worker.cpu;
    case Age:
        return -qlonglong(worker.startedUnixMs);
    case Serving: // the longest last: that is what is looked for
        return qlonglong(worker.servingMs);
    default:
        return text(row, column);
    }
}

QVariant WorkersModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const WorkerRow &row = rowAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return text(row, index.column());
    case Qt::TextAlignmentRole:
        return int((isLeftAligned(index.column()) ? Qt::AlignLeft : Qt::AlignRight)
                   | Qt::AlignVCenter);
    case kSortRole:
        return sortKey(row, index.column());
    case kStateRole:
        return toQString(row.figures.state);
    default:
        return {};
    }
}

QVariant WorkersModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((isLeftAligned(section) ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Pid:
        return tr("PID");
    case Generation:
        return tr("Gen.");
    case State:
        return tr("State");
    case Serving:
        return tr("Now serving");
    case Requests:
        return tr("Requests");
    case Busy:
        return tr("Busy");
    case Memory:
        return tr("Memory");
    case Cpu:
        return tr("CPU");
    case Age:
        return tr("Age");
    default:
        return {};
    }
}

} // namespace arc
