// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/widgets/titled_dialog.h"
#include "server/base/error.h"
#include "server/control/api/schedule_types.h"

#include <QTimer>

#include <optional>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace arc {

class WindowContext;

/// A new schedule of an app, or one that is changed. What the times mean, and the next three of
/// them, are told while they are typed: the engine counts, with its clock and its time zones. It
/// stays open until the engine has taken it. GUI thread.
class ScheduleSheet : public TitledDialog {
    Q_OBJECT
public:
    static constexpr int kAskDelayMs = 250;
    static constexpr int kTimesShown = 3;

    /// `before` empty name: a new one. `typed`: what somebody left here before.
    ScheduleSheet(WindowContext &context, const api::NewSchedule &before,
                  const std::optional<api::NewSchedule> &typed, QWidget *parent);

    api::NewSchedule typed() const;
    bool isChanged() const { return !(typed() == m_before); }
    QString problem() const;
    QString meaning() const; ///< what the times mean, or why they are none
    QPushButton *saveButton() const { return m_save; }
    QLineEdit *nameField() const { return m_name; }
    QLineEdit *timesField() const { return m_cron; }
    QLineEdit *zoneField() const { return m_zone; }
    QLineEdit *commandField() const { return m_command; }
    QComboBox *overlapField() const { return m_overlap; }
    QSpinBox *limitField() const { return m_limit; }

Q_SIGNALS:
    void saved(const QString &name);
    void left(); ///< closed without being saved

protected:
    void done(int result) override;

private:
    QLineEdit *addField(QFormLayout *form, const QString &name, const char *objectName);
    void makeFields();
    void fill(const api::NewSchedule &what);
    void edited();
    void askForTimes();
    void takeTimes(Result<api::ScheduleTimes> answer);
    void save();
    bool isAsBefore(const api::ScheduleView &now) const;
    void sendEdit(uint64_t revision);
    void take(Result<api::Changed> answer);
    void showProblem(const QString &text);
    void markField(const QString &problem);
    void refresh();

    WindowContext &m_context;
    const api::NewSchedule m_before;
    QLineEdit *m_name = nullptr;
    QLineEdit *m_cron = nullptr;
    QLineEdit *m_zone = nullptr;
    QLineEdit *m_command = nullptr;
    QComboBox *m_overlap = nullptr;
    QSpinBox *m_limit = nullptr;
    QLabel *m_limitWords = nullptr;
    QCheckBox *m_catchUp = nullptr;
    QCheckBox *m_enabled = nullptr;
    QLabel *m_meaning = nullptr;
    QLabel *m_problem = nullptr;
    QPushButton *m_save = nullptr;
    QTimer m_delay;
    int m_asked = 0;
    bool m_isBusy = false;
    bool m_isFilling = false;
};

} // namespace arc
