// SPDX-License-Identifier: Apache-2.0
#include "gui/models/sites_model.h"

#include "gui/models/addresses.h"
#include "gui/models/format.h"
#include "gui/models/states.h"

namespace arc {

void SitesModel::update(const api::SiteViews &sites, const api::Snapshot &snapshot, bool stale)
{
    std::vector<SiteRow> rows;
    for (const api::SiteView &site : sites.sites) {
        SiteRow row {.id = site.id, .kind = site.kind, .state = site.enabled ? "" : "stopped"};
        const auto at = std::ranges::find(snapshot.sites, site.id, &api::SiteFigures::id);
        if (at != snapshot.sites.end()) {
            row.state = at->state;
            row.cause = at->cause;
            row.kind = at->kind.empty() ? row.kind : at->kind;
            row.now = at->now;
        } else {
            row.now.requestsPerSecond = row.now.errorsPerSecond = -1;
        }
        row.urls.clear();
        const bool told = at != snapshot.sites.end() && !at->urls.empty();
        for (const QString &address : siteAddresses(site.id, told ? at->urls : site.urls))
            row.urls.push_back(toStd(address));
        if (stale) {
            row.state.clear();
            row.now = {.requestsPerSecond = -1, .errorsPerSecond = -1};
        }
        rows.push_back(std::move(row));
    }
    setRows(std::move(rows));
}

int SitesModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString SitesModel::text(const SiteRow &row, int column) const
{
    const bool off = row.state == "stopped";
    switch (column) {
    case State:
        return lookOf(toQString(row.state)).word;
    case Name:
        return toQString(row.id);
    case Kind:
        return toQString(row.kind);
    case Address:
        return row.urls.empty() ? unknownText() : toQString(row.urls.front());
    case Requests:
        return off ? unknownText() : rateText(row.now.requestsPerSecond);
    case P95:
        return off ? unknownText() : secondsText(row.now.p95);
    case Errors:
        return off || row.now.requestsPerSecond <= 0
            ? unknownText()
            : shareText(row.now.errorsPerSecond / row.now.requestsPerSecond);
    default:
        return {};
    }
}

QVariant SitesModel::sortKey(const SiteRow &row, int column) const
{
    switch (column) {
    case Requests:
        return row.now.requestsPerSecond;
    case P95:
        return row.now.p95;
    case Errors:
        return row.now.errorsPerSecond;
    default:
        return text(row, column).toLower();
    }
}

QVariant SitesModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const SiteRow &row = rowAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return index.column() == State && !row.cause.empty() ? toQString(row.cause)
                                                             : text(row, index.column());
    case Qt::TextAlignmentRole:
        return int((index.column() >= Requests ? Qt::AlignRight : Qt::AlignLeft)
                   | Qt::AlignVCenter);
    case kSortRole:
        return sortKey(row, index.column());
    case kStateRole:
        return toQString(row.state);
    default:
        return {};
    }
}

QVariant SitesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole) // a header stands over its numbers
        return int((section >= Requests ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case State:
        return tr("State");
    case Name:
        return tr("Name");
    case Kind:
        return tr("Kind");
    case Address:
        return tr("Address");
    case Requests:
        return tr("Requests/s");
    case P95:
        return tr("p95");
    case Errors:
        return tr("Errors");
    default:
        return {};
    }
}

} // namespace arc
