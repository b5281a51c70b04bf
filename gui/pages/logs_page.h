// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/log_types.h"

#include <QWidget>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace arc {

class ElidedLabel;
class LogFeed;
class LogView;
class WindowContext;

/// The logs of engine, visitors and apps: the newest lines as they come, and a search through all
/// files. It asks for nothing while it cannot be seen. GUI thread.
class LogsPage : public QWidget {
    Q_OBJECT
public:
    explicit LogsPage(WindowContext &context, QWidget *parent = nullptr);

    /// What a site writes; of a site without an app, what it answered.
    void showSite(const QString &site);
    void showPaused(bool paused);

    LogFeed *feed() const { return m_feed; }
    LogView *view() const { return m_view; }
    QListWidget *sources() const { return m_list; }
    QLineEdit *filterField() const { return m_filter; }
    QPushButton *regexButton() const { return m_regex; }
    QPushButton *searchButton() const { return m_search; }
    QPushButton *pauseButton() const { return m_pause; }
    QComboBox *siteBox() const { return m_site; }
    QString stateText() const;
    QList<QPushButton *> chips() const { return m_chips; }

Q_SIGNALS:
    /// One pause is for the whole window: whoever shows this page does it.
    void pauseWanted(bool paused);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QWidget *makeSide();
    QWidget *makeBar();
    QWidget *makeFoot();
    void connectFeed();
    void fetchSources();
    void takeSources(api::LogSources logs);
    void choose(const QString &source, const QString &site);
    void openSource(const QString &source, const QString &site);
    void fillSites(const QString &chosen);
    void makeChips();
    void applyChips();
    void applyFilter();
    QString problem() const;
    void searchClicked();
    void showState();
    void showFoot();
    void showEmptyText();
    const api::LogSource *current() const;

    WindowContext &m_context;
    LogFeed *m_feed;
    LogView *m_view;
    QListWidget *m_list = nullptr;
    QLineEdit *m_filter = nullptr;
    QPushButton *m_regex = nullptr;
    QPushButton *m_search = nullptr;
    QPushButton *m_pause = nullptr;
    QComboBox *m_site = nullptr;
    QHBoxLayout *m_chipRow = nullptr;
    QList<QPushButton *> m_chips;
    ElidedLabel *m_state = nullptr;
    ElidedLabel *m_path = nullptr;
    ElidedLabel *m_size = nullptr;
    QPushButton *m_open = nullptr;
    api::LogSources m_logs;
    QString m_problem;  ///< of the last question to the engine
    double m_share = 0; ///< of the files that the search has looked through
    int64_t m_pausedUnixMs = 0;
    bool m_wholeLog = false;
    bool m_askingSources = false;
    int m_beats = 0;
};

} // namespace arc
