// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

#include <map>
#include <string>

class QStackedWidget;
class QVBoxLayout;

namespace arc {

class EmptyState;
class HeatStrip;
class PoolCard;
class StatTile;
class WindowContext;

/// The worker pools, one card each, under the load of the cores. GUI thread.
class WorkersPage : public QWidget {
    Q_OBJECT
public:
    explicit WorkersPage(WindowContext &context, QWidget *parent = nullptr);

    PoolCard *card(const std::string &app) const;

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
    QWidget *m_scroll;
    std::map<std::string, PoolCard *> m_byApp;
};

} // namespace arc
