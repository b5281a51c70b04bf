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

class QDialog;
class QLineEdit;
class QSettings;
class QStackedWidget;
class QVBoxLayout;

namespace arc {

class AboutPage;
class ActionRegistry;
class AfterLogout;
class Banner;
class CertificateActions;
class CertificatesPage;
class CommandPalette;
class DropOverlay;
class HeaderBar;
class HelpWindow;
class KeepServing;
class LogsPage;
class OverviewPage;
class PendingBar;
class RestartDue;
class ServeSheet;
class SettingsPage;
class SiteActions;
class SitesPage;
class StatusLine;
class TaskStrip;
class Theme;
class Staging;
class Toast;
class Tray;
class TrayControl;
class UndoHistory;
class WorkersPage;
struct PaletteItem;

struct ShellOptions {
    QString instanceName;
    QString sampleFolder; ///< of "photos", the others beside it; empty: no sample is offered
    QString settingsFile; ///< of the window itself; empty: the user's usual place
    std::function<void(const QUrl &)> openUrl; ///< empty: the desktop's browser
    QString draftFile;                         ///< of changes not applied; empty: none is kept
    Theme *theme = nullptr;                    ///< needed for the View menu's choice of a theme
    Tray *tray = nullptr;                      ///< where the closed window goes; may be absent
    KeepServing *keepServing = nullptr;        ///< absent: serving does not depend on a login here
};

/// The window: header, rail, pages, tasks, foot. It decides when the bridge may ask the engine:
/// only while somebody can see it. GUI thread.
class Shell : public QMainWindow, public WindowContext {
    Q_OBJECT
public:
    static constexpr int kTasksMax = 4;
    static constexpr int kQueuedFoldersMax = 20;
    static constexpr int kShutdownWaitMs = 3000;
    static constexpr int kPlacesMax = 50;
    using PaletteSource = std::function<void(std::vector<PaletteItem> &)>;

    Shell(ControlBridge &bridge, ShellOptions options);
    ~Shell() override;

    // WindowContext
    ControlBridge &bridge() override { return m_bridge; }
    Staging &staging() override { return *m_staging; }
    QWidget *window() override { return this; }
    void say(const QString &text) override;
    void sayUndoable(const QString &text, uint64_t revision) override;
    void sayFailed(const QString &what, const QString &why) override;
    void openUrl(const QUrl &url) override;
    void openFolder(const QString &folder) override;
    void addTask(const api::TaskView &task) override;
    void showSite(const QString &site) override;
    void showLogs(const QString &site) override;
    void showSettingOf(const QString &app, std::string_view key) override;
    void serveFolder(const QString &folder) override;
    void serveSample(const QString &name);
    void chooseSample(); ///< asks which

    void goTo(PageId page);
    void showHelp(const QString &link); ///< a page of the manual
    /// By the short name that its icon has ("workers"); another name changes nothing.
    void goToNamed(const QString &page);
    PageId page() const { return m_page; }
    void raiseWindow();
    void goBack(); ///< to the page, site and filter before
    void quit();   ///< asks while sites are served
    /// The session ends or somebody ends the window: keeps what it holds, asks nothing.
    void endSession();
    void openPalette();
    /// More for the palette, asked for at each opening.
    void addPaletteSource(PaletteSource source);
    void setPaused(bool paused);
    bool isPaused() const { return m_paused; }
    ServeSheet *sheet() const;
    CommandPalette *commandPalette() const;
    TrayControl *trayControl() const { return m_tray; }

    ActionRegistry &registry() const { return *m_registry; }
    HeaderBar *header() const { return m_header; }
    Banner *banner() const { return m_banner; }
    Toast *toast() const { return m_toast; }
    StatusLine *statusLine() const { return m_status; }
    OverviewPage *overview() const { return m_overview; }
    SitesPage *sitesPage() const { return m_sites; }
    // Made at the first call: an unseen page would hold up to 0.8 MiB.
    LogsPage *logsPage();
    WorkersPage *workersPage();
    CertificatesPage *certificatesPage();
    SettingsPage *settingsPage();
    AboutPage *aboutPage();
    HelpWindow *helpWindow() const;
    CertificateActions *certificateActions() const { return m_certificateActions; }
    PendingBar *pendingBar() const { return m_pendingBar; }
    UndoHistory &undoHistory() const { return *m_undo; }
    const std::vector<TaskStrip *> &tasks() const { return m_tasks; }

Q_SIGNALS:
    void left(); ///< the window is done: its process may end

protected:
    void keyPressEvent(QKeyEvent *event) override;
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

    /// Where somebody was: what Alt+Left goes back to.
    struct Place {
        PageId page;
        QString site;
        QString filter;
        bool operator==(const Place &) const = default;
    };

    void makeLayout();
    void makeMenus();
    /// What an action on a site needs of it.
    struct SiteNeeds {
        bool app = false;
        bool django = false;
        bool enabled = false;
        bool stopped = false;
    };
    void makeActions();
    void makeWindowActions();
    void makeViewActions();
    void makeThemeActions();
    void makeSiteActions();
    void makeSiteCommands();
    QString whyNotOn(const QString &site, SiteNeeds needs) const;
    void makeSiteContextMenus();
    void addActionItems(std::vector<PaletteItem> &items);
    void addSiteItems(std::vector<PaletteItem> &items);
    void addSettingItems(std::vector<PaletteItem> &items);
    void makeTray();
    void hideInTray();
    void makeAfterLogout();
    void askAfterLogout();
    QString afterLogoutText() const;
    QLineEdit *pageFilter() const;
    Place place() const;
    void showPage(PageId page);
    void updateSelectedSite();
    void makePage(PageId page); ///< unless it is there already
    /// Puts it into its place of the stack, and where it belongs in the order of the focus.
    void install(PageId at, QWidget *page);
    void chooseFolder();
    void openNextSheet();
    // Pending changes, undo and redo (shell_changes.cpp)
    QWidget *makePendingBar(QWidget *parent);
    void makeChangeActions();
    void undoRevision(uint64_t revision);
    void reviewChanges();
    void discardChanges();
    void rollBack(const QString &site, const QString &why, uint64_t revision);
    void askAboutForeignChanges();
    void askAboutUndo(bool isRedo);
    void showUndo();
    void updateWatching();
    void updateBanner();
    QString restartDueText(const QStringList &settings) const;
    void bannerActivated();
    void cycleRegions();
    void findInPage();
    void makeHelpActions();
    void makeCertificateActions();
    void makeWorkerActions();
    int servedSites() const;
    void stopAndLeave();
    void leave();
    void restoreWindow();
    void saveWindow();

    ControlBridge &m_bridge;
    ShellOptions m_options;
    std::unique_ptr<QSettings> m_windowSettings;
    SiteActions *m_actions;
    ActionRegistry *m_registry;
    Staging *m_staging;
    UndoHistory *m_undo;
    RestartDue *m_restartDue;
    QString m_rolledBack; ///< what to say when the undo that runs is through
    PendingBar *m_pendingBar = nullptr;
    QPointer<QDialog> m_changesDialog; ///< review or conflict: one at a time
    PageId m_page = PageId::Overview;
    HeaderBar *m_header = nullptr;
    Banner *m_banner = nullptr;
    NavRail *m_rail = nullptr;
    QStackedWidget *m_stack = nullptr;
    OverviewPage *m_overview = nullptr;
    SitesPage *m_sites = nullptr;
    LogsPage *m_logs = nullptr;
    WorkersPage *m_workers = nullptr;
    CertificateActions *m_certificateActions = nullptr;
    CertificatesPage *m_certificates = nullptr;
    SettingsPage *m_settingsPage = nullptr;
    AboutPage *m_aboutPage = nullptr;
    QPointer<HelpWindow> m_help;
    QVBoxLayout *m_taskLayout = nullptr;
    std::vector<TaskStrip *> m_tasks;
    StatusLine *m_status = nullptr;
    Toast *m_toast = nullptr;
    DropOverlay *m_overlay = nullptr;
    QPointer<ServeSheet> m_sheet;
    QList<Queued> m_queue;
    QString m_startProblem; ///< why the engine could not be started
    QPointer<CommandPalette> m_palette;
    std::vector<PaletteSource> m_paletteSources;
    QList<Place> m_places; ///< oldest first
    TrayControl *m_tray = nullptr;
    AfterLogout *m_afterLogout = nullptr;
    bool m_paused = false;
    bool m_leaving = false;
};

} // namespace arc
