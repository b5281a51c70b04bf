// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QButtonGroup>
#include <QFrame>

namespace arc {

enum class PageId { Overview, Sites, Logs, Workers, Certificates, Settings, About };
constexpr int kPageCount = 7;

QString pageTitle(PageId page);
QString pageIcon(PageId page);
QKeySequence pageShortcut(PageId page);
QString pageHelp(PageId page);     ///< its page of the manual: "window-logs.md"
QString pageActionId(PageId page); ///< in the registry of actions

/// The pages, in groups with headings; arrows move inside it. GUI thread.
class NavRail : public QFrame {
    Q_OBJECT
public:
    explicit NavRail(QWidget *parent = nullptr);

    void setCurrent(PageId page);
    QAbstractButton *button(PageId page) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    void chosen(arc::PageId page);

private:
    void addHeading(const QString &text);
    void addPage(PageId page);

    QButtonGroup m_group;
};

} // namespace arc
