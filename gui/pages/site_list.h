// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QListView>
#include <QSortFilterProxyModel>

namespace arc {

/// The sites as a narrow list: mark, name and kind on two lines. GUI thread.
class SiteList : public QListView {
    Q_OBJECT
public:
    explicit SiteList(QAbstractItemModel *sites, QWidget *parent = nullptr);

    void setFilter(const QString &text);
    void selectSite(const QString &site);

Q_SIGNALS:
    void siteSelected(const QString &site);

private:
    QSortFilterProxyModel *m_proxy;
};

} // namespace arc
