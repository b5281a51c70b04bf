// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/keyed_table_model.h"
#include "server/control/api/types.h"

namespace arc {

/// What the window knows of one site: its configuration, and its figures once they exist.
struct SiteRow {
    std::string id;
    std::string kind;
    std::string state;
    std::string cause;
    std::vector<std::string> urls;
    api::Figures now;

    const std::string &key() const { return id; }
    bool operator==(const SiteRow &) const = default;
};

/// The sites of the instance. GUI thread.
class SitesModel : public KeyedTableModel<SiteRow> {
    Q_OBJECT
public:
    enum Column { State, Name, Kind, Address, Requests, P95, Errors, ColumnCount };

    using KeyedTableModel<SiteRow>::KeyedTableModel;

    /// Joins configuration and figures. `stale`: the figures are old, so they are shown as unknown.
    void update(const api::SiteViews &sites, const api::Snapshot &snapshot, bool stale);

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const SiteRow &row, int column) const;
    QVariant sortKey(const SiteRow &row, int column) const;
};

} // namespace arc
