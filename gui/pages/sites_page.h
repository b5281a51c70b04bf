// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/sites_model.h"

#include <QWidget>

class QLineEdit;
class QSplitter;
class QStackedWidget;

namespace arc {

class EmptyState;
class SafeTable;
class SiteActions;
class SiteDetail;
class SiteList;
class WindowContext;

/// The sites on the left, the chosen one on the right. GUI thread.
class SitesPage : public QWidget {
    Q_OBJECT
public:
    SitesPage(WindowContext &context, SiteActions &actions, QWidget *parent = nullptr);

    void select(const QString &site);
    QString selected() const { return m_selected; }
    SiteDetail *detail() const { return m_detail; }

Q_SIGNALS:
    void addSite();
    void selectionChanged();
    void menuWanted(const QString &site, QPoint where); ///< on the screen

private:
    void refresh();
    void keepSelection();

    WindowContext &m_context;
    SitesModel m_model;
    QString m_selected;
    QString m_wanted; ///< asked for before the engine told of it
    QStackedWidget *m_stack;
    EmptyState *m_empty;
    QSplitter *m_split;
    QLineEdit *m_filter;
    SiteList *m_list;
    SiteDetail *m_detail;
};

} // namespace arc
