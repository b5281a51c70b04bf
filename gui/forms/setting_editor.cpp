// SPDX-License-Identifier: Apache-2.0
#include "gui/forms/setting_editor.h"

#include "gui/models/format.h"
#include "gui/theme/theme.h"
#include "gui/widgets/switch.h"
#include "gui/widgets/wheel_guard.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

#include <algorithm>

namespace arc {

constexpr int kFieldWidth = 190;
constexpr int kPathWidthLeast = 100;

namespace {

/// Takes numbers that are too large as they are typed, so that it can be said that they are; the
/// arrows stay within the limits.
template <class Spin>
class LimitedSpin : public Spin {
public:
    LimitedSpin(double largest, QWidget *parent) : Spin(parent), m_largest(largest) { }
    void stepBy(int steps) override
    {
        Spin::stepBy(steps);
        if (this->value() > m_largest)
            this->setValue(static_cast<decltype(this->value())>(m_largest));
    }

private:
    const double m_largest;
};

constexpr double kTypedMost = 1e9; ///< what can be typed where less is allowed

template <class Spin>
void prepareSpin(Spin *spin, const SettingRow &row)
{
    spin->setSuffix(toQString(row.unit));
    spin->setAlignment(Qt::AlignRight);
    if (!row.zeroMeans.empty() && row.min == 0)
        spin->setSpecialValueText(toQString(row.zeroMeans));
    spin->setFixedWidth(scaled(kFieldWidth));
}

} // namespace

SettingEditor::SettingEditor(const SettingRow &row, QWidget *parent) : QWidget(parent), m_row(row)
{
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    m_parts = make();
    m_parts.field->setObjectName(toQString(row.key)); // how tests find it
    m_parts.field->setAccessibleName(toQString(row.label));
    m_parts.field->setAccessibleDescription(toQString(row.help));
    m_parts.field->setToolTip(toQString(row.key));
    keepWheelForThePage(*m_parts.field);
    setFocusProxy(m_parts.field);
    layout->insertWidget(0, m_parts.field);
}

void SettingEditor::setText(const std::string &text)
{
    const auto value = parseSetting(m_row, text);
    if (!value)
        return; // an engine that is newer than this window may know more than we do
    m_writing = true;
    m_parts.write(*value);
    m_writing = false;
}

void SettingEditor::setInvalid(bool invalid)
{
    setMark(*m_parts.field, "invalid", invalid);
}

void SettingEditor::setLocked(bool locked)
{
    m_parts.field->setEnabled(!locked);
}

SettingEditor::Parts SettingEditor::make()
{
    switch (m_row.type) {
    case SettingType::Bool:
        return makeSwitch();
    case SettingType::Int:
    case SettingType::Seconds:
    case SettingType::Milliseconds:
        return makeWholeNumber();
    case SettingType::Double:
        return makeNumber();
    case SettingType::Choice:
        return makeChoice();
    case SettingType::Path:
        return makePath();
    case SettingType::Text:
    case SettingType::Secret:
        return makeText();
    }
    Q_UNREACHABLE();
}

SettingEditor::Parts SettingEditor::makeSwitch()
{
    auto *field = new Switch(this);
    connect(field, &Switch::toggled, this, [this] {
        if (!m_writing)
            Q_EMIT changed();
    });
    return {field, [this, field] { return printSetting(m_row, SettingValue(field->isChecked())); },
            [field](const SettingValue &value) {
                field->setChecked(std::get_if<bool>(&value) && std::get<bool>(value));
            }};
}

SettingEditor::Parts SettingEditor::makeWholeNumber()
{
    const double largest = std::numeric_limits<int>::max();
    auto *field = new LimitedSpin<QSpinBox>(std::min(m_row.max, largest), this);
    field->setRange(int(std::max(m_row.min, -largest)),
                    int(std::clamp(m_row.max, kTypedMost, largest)));
    field->setGroupSeparatorShown(true);
    prepareSpin(field, m_row);
    connect(field, &QSpinBox::valueChanged, this, [this] {
        if (!m_writing)
            Q_EMIT changed();
    });
    return {field,
            [this, field] { return printSetting(m_row, SettingValue(int64_t(field->value()))); },
            [field](const SettingValue &value) {
                if (const auto *number = std::get_if<int64_t>(&value))
                    field->setValue(int(*number));
            }};
}

SettingEditor::Parts SettingEditor::makeNumber()
{
    auto *field = new LimitedSpin<QDoubleSpinBox>(m_row.max, this);
    field->setRange(m_row.min, std::max(m_row.max, kTypedMost));
    field->setDecimals(3);
    prepareSpin(field, m_row);
    connect(field, &QDoubleSpinBox::valueChanged, this, [this] {
        if (!m_writing)
            Q_EMIT changed();
    });
    return {field, [this, field] { return printSetting(m_row, SettingValue(field->value())); },
            [field](const SettingValue &value) {
                if (const auto *number = std::get_if<double>(&value))
                    field->setValue(*number);
            }};
}

SettingEditor::Parts SettingEditor::makeText()
{
    auto *field = new QLineEdit(this);
    field->setFixedWidth(scaled(kFieldWidth));
    if (m_row.type == SettingType::Secret)
        field->setEchoMode(QLineEdit::Password);
    connect(field, &QLineEdit::textEdited, this, &SettingEditor::changed);
    return {field, [field] { return toStd(field->text()); },
            [field](const SettingValue &value) {
                if (const auto *text = std::get_if<std::string>(&value))
                    field->setText(toQString(*text));
            }};
}

SettingEditor::Parts SettingEditor::makeChoice()
{
    auto *field = new QComboBox(this);
    field->setFixedWidth(scaled(kFieldWidth));
    for (const QString &choice : toQString(m_row.choices).split(QLatin1Char('|')))
        field->addItem(choice);
    connect(field, &QComboBox::activated, this, &SettingEditor::changed);
    return {field, [field] { return toStd(field->currentText()); },
            [field](const SettingValue &value) {
                if (const auto *text = std::get_if<std::string>(&value))
                    field->setCurrentIndex(field->findText(toQString(*text)));
            }};
}

SettingEditor::Parts SettingEditor::makePath()
{
    Parts parts = makeText();
    auto *browse = new QPushButton(tr("Choose…"), this);
    browse->setAccessibleName(tr("Choose %1").arg(toQString(m_row.label)));
    layout()->addWidget(browse);
    parts.field->setMinimumWidth(scaled(kPathWidthLeast)); // the button beside it needs room too
    parts.field->setMaximumWidth(scaled(kFieldWidth));
    connect(browse, &QPushButton::clicked, this, [this, field = parts.field] {
        auto *dialog = new QFileDialog(this, toQString(m_row.label));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        connect(dialog, &QFileDialog::fileSelected, field, [this, field](const QString &path) {
            static_cast<QLineEdit *>(field)->setText(path);
            Q_EMIT changed();
        });
        dialog->open();
    });
    return parts;
}

} // namespace arc
