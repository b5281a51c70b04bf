// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/sites_model.h"

#include <QWidget>

class QStackedWidget;

namespace arc {

class AttentionList;
class ControlBridge;
class DropZone;
class EmptyState;
class LineChart;
class SafeTable;

/// How everything is: three charts of five minutes, the sites, and what needs attention; or, with
/// no site yet, the place to drop one. GUI thread.
class OverviewPage : public QWidget {
    Q_OBJECT
public:
    OverviewPage(ControlBridge &bridge, bool withSample, QWidget *parent = nullptr);

    LineChart *requestsChart() const { return m_requests; }
    LineChart *latencyChart() const { return m_latency; }
    LineChart *workersChart() const { return m_workers; }
    SafeTable *table() const { return m_table; }
    bool showsDropZone() const;
    /// The one that is chosen in the table, or the only one there is; empty: none.
    QString selectedSite() const;

Q_SIGNALS:
    void addSite();
    void trySample(const QString &name);
    void siteChosen(const QString &site); ///< to be shown
    void selectionChanged();

private:
    QWidget *makeDashboard();
    void makeCharts(QWidget *parent);
    void takeHistory(const api::History &history);
    void takeSnapshot();
    void refresh();
    void showFigures();

    ControlBridge &m_bridge;
    SitesModel m_model;
    QString m_selected; ///< the last one that was chosen in the table
    QStackedWidget *m_stack;
    EmptyState *m_waiting;
    DropZone *m_drop;
    LineChart *m_requests = nullptr;
    LineChart *m_latency = nullptr;
    LineChart *m_workers = nullptr;
    SafeTable *m_table = nullptr;
    AttentionList *m_attention = nullptr;
    QWidget *m_dashboard;
};

} // namespace arc
