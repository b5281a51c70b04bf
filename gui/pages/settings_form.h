// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/schema.h"
#include "server/control/api/types.h"

#include <QScrollArea>

#include <map>
#include <span>
#include <string>
#include <vector>

class QFrame;
class QLabel;
class QTimer;
class QVBoxLayout;

namespace arc {

class PendingChanges;
class SettingFormRow;

/// The rows of all settings in groups. They are made a few at a time, from the top, once the form
/// is seen: the page comes at once, and who never opens it pays for none. GUI thread.
class SettingsForm : public QScrollArea {
    Q_OBJECT
public:
    static constexpr int kSliceMs = 8;   ///< of making rows, before the window gets its turn again
    static constexpr int kSliceRows = 8; ///< at least, however long they take

    explicit SettingsForm(QWidget *parent = nullptr);

    static std::span<const SettingPage> groups() noexcept;

    /// What the level has; rows of other settings are hidden.
    void take(api::SettingViews views);
    void showStaged(const PendingChanges &changes);
    /// Only what contains the text stays.
    void filter(const QString &text);
    bool showsGroup(int group) const;
    void jumpTo(int group);
    void reveal(SettingFormRow &row);
    /// Makes what is not there yet; nullptr: the setting does not belong to the level shown.
    SettingFormRow *row(std::string_view key);
    /// Instead of the rows, while there are none.
    void say(const QString &sentence);

Q_SIGNALS:
    void edited(arc::SettingFormRow *row);
    void rowsMade(); ///< some of them; what is staged for them is to be shown

protected:
    void showEvent(QShowEvent *event) override;

private:
    struct Group {
        SettingPage page;
        QFrame *card;
        QVBoxLayout *column;
        int shown; ///< settings of the level that match, made or not
    };

    void makeSlice();
    void makeAll();
    void makeNext();
    const api::SettingView *view(std::string_view key) const;
    bool matches(const SettingRow &row) const;
    void showMatching(SettingFormRow &row);

    std::vector<Group> m_groups;
    std::vector<const SettingRow *> m_toMake; ///< the next one last
    std::map<std::string, SettingFormRow *, std::less<>> m_rows;
    std::vector<api::SettingView> m_views;
    bool m_loaded = false;
    QString m_text; ///< of the filter
    QTimer *m_turn;
    QLabel *m_nothing;
};

} // namespace arc
