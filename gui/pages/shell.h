// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/pages/nav_rail.h"
#include "gui/pages/window_context.h"

#include <QList>
#include <QMainWindow>
#include <QPointer>
#include <QUrl>

#include <functional>
#include <memory>
#include <vector>

class QAction;
class QActionGroup;
class QSettings;
class QStackedWidget;
class QVBoxLayout;

namespace arc {

class Banner;
class DropOverlay;
class HeaderBar;
class OverviewPage;
class ServeSheet;
class SettingsPage;
class SiteActions;
class SitesPage;
class StatusLine;
class TaskStrip;
class Theme;
class Toast;
class WorkersPage;

struct ShellOptions {
    QString instanceName;
    QString sampleFolder; ///< of "photos", the others beside it; empty: no sample is offered
    QString settingsFile; ///< of the window itself; empty: the user's usual place
    std::function<void(const QUrl &)> openUrl; ///< empty: the desktop's browser
    Theme *theme = nullptr;                    ///< needed for the View menu's choice of a theme
};

/// The window: header, rail, pages, tasks, foot. It decides when the bridge may ask the engine:
/// only while somebody can see it. GUI thread.
class Shell : public QMainWindow, public WindowContext {
    Q_OBJECT
public:
    static constexpr int kTasksMax = 4;
    static constexpr int kQueuedFoldersMax = 20;
    static constexpr int kShutdownWaitMs = 3000;

    Shell(ControlBridge &bridge, ShellOptions options);
    ~Shell() override;

    // WindowContext
    ControlBridge &bridge() override { return m_bridge; }
    QWidget *window() override { return this; }
    void say(const QString &text) override;
    void sayUndoable(const QString &text, uint64_t revision) override;
    void sayFailed(const QString &what, const QString &why) override;
    void openUrl(const QUrl &url) override;
    void addTask(const api::TaskView &task) override;
    void showSite(const QString &site) override;
    void serveFolder(const QString &folder) override;
    void serveSample(const QString &name);
    void chooseSample(); ///< asks which

    void goTo(PageId page);
    PageId page() const { return m_page; }
    void raiseWindow();
    void quit(); ///< asks while sites are served
    ServeSheet *sheet() const;

    HeaderBar *header() const { return m_header; }
    Banner *banner() const { return m_banner; }
    Toast *toast() const { return m_toast; }
    StatusLine *statusLine() const { return m_status; }
    OverviewPage *overview() const { return m_overview; }
    SitesPage *sitesPage() const { return m_sites; }
    WorkersPage *workersPage() const { return m_workers; }
    SettingsPage *settingsPage() const { return m_settingsPage; }
    const std::vector<TaskStrip *> &tasks() const { return m_tasks; }

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;
    void changeEvent(QEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    struct Queued {
        QString folder;
        QString note;
    };

    void makeLayout();
    void makeMenus();
    void makeFileMenu();
    void makeViewMenu();
    void makeSiteMenu();
    void makeThemeMenu(QMenu *view);
    void updateSiteMenu(const QList<QAction *> &actions);
    void chooseFolder();
    void openNextSheet();
    void undo(const QString &doneWord, const QString &againWord);
    void undoRevision(uint64_t revision);
    void updateWatching();
    void updateBanner();
    void bannerActivated();
    void cycleRegions();
    void findInPage();
    void about();
    int servedSites() const;
    void stopAndLeave();
    void leave();
    void restoreWindow();
    void saveWindow();

    ControlBridge &m_bridge;
    ShellOptions m_options;
    std::unique_ptr<QSettings> m_windowSettings;
    SiteActions *m_actions;
    PageId m_page = PageId::Overview;
    HeaderBar *m_header = nullptr;
    Banner *m_banner = nullptr;
    NavRail *m_rail = nullptr;
    QStackedWidget *m_stack = nullptr;
    OverviewPage *m_overview = nullptr;
    SitesPage *m_sites = nullptr;
    WorkersPage *m_workers = nullptr;
    SettingsPage *m_settingsPage = nullptr;
    QVBoxLayout *m_taskLayout = nullptr;
    std::vector<TaskStrip *> m_tasks;
    StatusLine *m_status = nullptr;
    Toast *m_toast = nullptr;
    DropOverlay *m_overlay = nullptr;
    QPointer<ServeSheet> m_sheet;
    QList<Queued> m_queue;
    QString m_startProblem; ///< why the engine could not be started
    bool m_leaving = false;
};

} // namespace arc
