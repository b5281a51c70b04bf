// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/forms/setting_editor.h"
#include "gui/models/pending_changes.h"
#include "server/control/api/types.h"

#include <optional>

class QBoxLayout;
class QHBoxLayout;
class QLabel;
class QPushButton;

namespace arc {

/// One setting of a form: name, help, editor, where its value comes from, when a change takes
/// effect, Reset, and what is wrong with it. Keeps the pending edit. GUI thread.
class SettingFormRow : public QWidget {
    Q_OBJECT
public:
    explicit SettingFormRow(const SettingRow &row, QWidget *parent = nullptr);

    /// The engine's value. A pending edit stays pending, against the new value.
    void show(const api::SettingView &view);
    void showError(const QString &sentence);
    bool isChanged() const { return m_changed; }
    void discard();
    /// The edit to stage; only while isChanged().
    StagedEdit edit() const;
    EditId id() const;
    /// What is staged for this row, from whatever page; nullptr: nothing.
    void showStaged(const StagedEdit *edit);
    /// Whether key, name or help contain the text.
    static bool matches(const SettingRow &row, const QString &text);
    SettingEditor *editor() const { return m_editor; }
    QPushButton *resetButton() const { return m_reset; } ///< nullptr: nothing was to reset yet
    const SettingRow &row() const { return m_editor->row(); }

    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void changed();

private:
    void reset();
    QPushButton *makeReset();
    void showState();
    QString appliesText() const;

    SettingEditor *m_editor;
    QWidget *m_edit; ///< field, reset and where the value comes from
    QBoxLayout *m_sides = nullptr;
    QHBoxLayout *m_field = nullptr;
    QLabel *m_origin;
    // Made when there is something to say or to reset: a form has many rows.
    QLabel *m_error = nullptr;
    QPushButton *m_reset = nullptr;
    api::SettingView m_view;
    bool m_changed = false;
    bool m_toInherited = false; ///< the pending edit is "back to the inherited value"
};

} // namespace arc
