// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QGridLayout;
class QLabel;
class QVBoxLayout;

namespace arc {

class OutputView;
class RequestPath;
class StatTile;
class WindowContext;

/// The path a request takes through a site, its figures, why it was recognised, its routes and the
/// last lines of its app. GUI thread.
class SummaryTab : public QWidget {
    Q_OBJECT
public:
    explicit SummaryTab(WindowContext &context, QWidget *parent = nullptr);

    void showSite(const QString &site);

private:
    QWidget *makeFigures();
    void refresh();
    void showFacts();
    void showLastLines();
    void fetchEvidence();
    void addFact(const QString &name, const QString &value);

    WindowContext &m_context;
    QString m_site;
    QString m_evidenceRoot;
    QStringList m_evidence;
    bool m_asking = false;
    RequestPath *m_path;
    StatTile *m_rate;
    StatTile *m_latency;
    StatTile *m_errors;
    StatTile *m_total;
    QGridLayout *m_facts;
    QLabel *m_linesTitle;
    OutputView *m_lines;
};

} // namespace arc
