// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QWidget>

#include <string>
#include <string_view>

class QComboBox;
class QLineEdit;
class QListWidget;
class QStackedWidget;

namespace arc {

class HistoryPanel;
class SettingFormRow;
class SettingsForm;
class WindowContext;

/// Every setting, made from the table of rows: grouped, searchable, for the engine or one app or
/// site. Edits are staged with those of the other pages and applied from the window's bar. GUI
/// thread.
class SettingsPage : public QWidget {
    Q_OBJECT
public:
    explicit SettingsPage(WindowContext &context, QWidget *parent = nullptr);

    /// nullptr: the row does not belong to the level shown.
    SettingFormRow *formRow(std::string_view key);
    QComboBox *level() const { return m_level; }
    HistoryPanel *history() const { return m_history; }
    void showHistory();
    /// Goes to one setting and its input; without an app where it is shown, or of the engine.
    void showSetting(std::string_view key, const std::string &app = {});

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeLeft();
    void load();
    void take(const api::SettingViews &views);
    void fillLevels();
    void showMatching();
    void revealWanted();
    void jumpTo(int index);
    void stage(SettingFormRow *row);
    void showStaged();

    WindowContext &m_context;
    uint64_t m_revision = 0;
    bool m_loaded = false;
    bool m_showing = false;
    std::string m_scope = "engine";
    std::string m_object;
    std::string m_wanted; ///< key of the setting to go to once it is there
    QLineEdit *m_search;
    QComboBox *m_level;
    QListWidget *m_index;
    QStackedWidget *m_stack;
    SettingsForm *m_form;
    HistoryPanel *m_history;
};

} // namespace arc
