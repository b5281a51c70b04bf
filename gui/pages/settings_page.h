// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/schema.h"
#include "server/control/api/types.h"

#include <QWidget>

#include <map>
#include <vector>

class QComboBox;
class QFrame;
class QLabel;
class QLineEdit;
class QListWidget;
class QScrollArea;
class QStackedWidget;

namespace arc {

class HistoryPanel;
class SettingFormRow;
class WindowContext;

/// Every setting, made from the table of rows: grouped, searchable, for the engine or one app or
/// site. Edits are staged with those of the other pages and applied from the window's bar. GUI
/// thread.
class SettingsPage : public QWidget {
    Q_OBJECT
public:
    explicit SettingsPage(WindowContext &context, QWidget *parent = nullptr);

    /// nullptr: the row does not belong to the level shown.
    SettingFormRow *formRow(std::string_view key) const;
    QComboBox *level() const { return m_level; }
    HistoryPanel *history() const { return m_history; }
    void showHistory();
    /// Goes to one setting and its input.
    void showSetting(std::string_view key);

protected:
    void showEvent(QShowEvent *event) override;

private:
    struct Group {
        SettingPage page;
        QFrame *card;
        QLabel *title;
        std::vector<SettingFormRow *> rows;
    };

    QWidget *makeLeft();
    QWidget *makeForm();
    void addGroup(SettingPage page, QWidget *parent);
    void load();
    void take(const api::SettingViews &views);
    void fillLevels();
    void filter(const QString &text);
    void jumpTo(int index);
    void stage(SettingFormRow *row);
    void showStaged();

    WindowContext &m_context;
    std::vector<Group> m_groups;
    std::map<std::string, SettingFormRow *, std::less<>> m_rows;
    uint64_t m_revision = 0;
    bool m_loaded = false;
    bool m_showing = false;
    std::string m_scope = "engine";
    std::string m_object;
    QLineEdit *m_search;
    QComboBox *m_level;
    QListWidget *m_index;
    QStackedWidget *m_stack;
    QScrollArea *m_scroll;
    HistoryPanel *m_history;
    QLabel *m_nothing;
};

} // namespace arc
