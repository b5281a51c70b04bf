// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

#include <map>
#include <string>

class QScrollArea;
class QStackedWidget;
class QVBoxLayout;

namespace arc {

class EmptyState;
class HeatStrip;
class PoolCard;
class StatTile;
class WindowContext;
class WorkerEndsCard;

/// The worker pools, one card each, under the load of the cores, and how workers ended. GUI thread.
class WorkersPage : public QWidget {
    Q_OBJECT
public:
    explicit WorkersPage(WindowContext &context, QWidget *parent = nullptr);

    PoolCard *card(const std::string &app) const;
    WorkerEndsCard *ends() const { return m_ends; }
    void showEnds(); ///< scrolls there
    /// The worker that was selected last, of whatever app.
    void endSelected();
    QString whyNotEnd() const; ///< one sentence; empty: it can be done

Q_SIGNALS:
    void selectionChanged();

private:
    QWidget *makeHostCard();
    void refresh();
    void showHost();

    WindowContext &m_context;
    QStackedWidget *m_stack;
    EmptyState *m_empty;
    HeatStrip *m_cores;
    StatTile *m_cpu;
    StatTile *m_memory;
    StatTile *m_busy;
    QVBoxLayout *m_cards;
    QScrollArea *m_scroll;
    WorkerEndsCard *m_ends;
    std::map<std::string, PoolCard *> m_byApp;
    std::string m_lastSelected; ///< the app whose table was selected in last
};

} // namespace arc
