// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/schema.h"

#include <QWidget>

#include <functional>
#include <string>

namespace arc {

/// The input for one row of the settings table, whatever its type. Its value is the text that
/// printSetting() prints and parseSetting() reads. GUI thread.
class SettingEditor : public QWidget {
    Q_OBJECT
public:
    SettingEditor(const SettingRow &row, QWidget *parent = nullptr);

    const SettingRow &row() const { return m_row; }
    std::string text() const { return m_parts.read(); }
    /// Shows a value without telling it as a change.
    void setText(const std::string &text);
    void setInvalid(bool invalid);
    void setLocked(bool locked);
    QWidget *field() const { return m_parts.field; }

    /// What a maker of one kind returns: the input and how to read and write it.
    struct Parts {
        QWidget *field = nullptr;
        std::function<std::string()> read;
        std::function<void(const SettingValue &)> write;
    };

Q_SIGNALS:
    void changed();

private:
    Parts make();
    Parts makeSwitch();
    Parts makeWholeNumber();
    Parts makeNumber();
    Parts makeText();
    Parts makeChoice();
    Parts makePath();

    const SettingRow &m_row;
    bool m_writing = false;
    Parts m_parts;
};

} // namespace arc
