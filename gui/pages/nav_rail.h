// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QButtonGroup>
#include <QFrame>
#include <QKeySequence>

#include <vector>

namespace arc {

enum class PageId { Overview, Sites, Logs, Workers, Certificates, Settings, About };
constexpr int kPageCount = 7;

QString pageTitle(PageId page);
QString pageIcon(PageId page);
QString pageHelp(PageId page);     ///< its page of the manual: "window-logs.md"
QString pageActionId(PageId page); ///< in the registry of actions

/// The pages, in groups with headings; arrows move inside it. GUI thread.
class NavRail : public QFrame {
    Q_OBJECT
public:
    explicit NavRail(QWidget *parent = nullptr);

    void setCurrent(PageId page);
    QAbstractButton *button(PageId page) const;
    std::vector<PageId> pages() const; ///< in the order shown
    /// Ctrl and the number of its place, so that what is read off the rail is what is pressed;
    /// empty: this page has none.
    QKeySequence shortcut(PageId page) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    void chosen(arc::PageId page);

private:
    void addHeading(const QString &text);
    void addPage(PageId page); ///< numbered by its place
    void addPage(PageId page, const QKeySequence &key);

    struct Row {
        PageId page;
        QKeySequence key;
    };
    QButtonGroup m_group;
    std::vector<Row> m_pages;
};

} // namespace arc
