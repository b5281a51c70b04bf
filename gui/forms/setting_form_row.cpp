// SPDX-License-Identifier: Apache-2.0
#include "gui/forms/setting_form_row.h"

#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/beside_layout.h"
#include "gui/widgets/flow_layout.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

constexpr int kEditColumnWidth = 300;
constexpr int kTextWidthLeast = 210; ///< beside the field
constexpr int kSidesGap = 24;        ///< between text and field
constexpr int kBelowGap = 6;         ///< between them when the field is below
constexpr int kBesideWidth = kEditColumnWidth + kSidesGap + kTextWidthLeast;

/// What the engine would say to it, without asking.
static QString problemIn(const SettingEditor &editor)
{
    const auto value = parseSetting(editor.row(), editor.text());
    return value ? QString() : toQString(value.error().message());
}

SettingFormRow::SettingFormRow(const SettingRow &row, QWidget *parent)
    : QWidget(parent), m_editor(new SettingEditor(row, this)), m_edit(new QWidget(this)),
      m_origin(new QLabel(this))
{
    auto *name = new QLabel(toQString(row.label), this);
    name->setFont(boldFont());
    name->setBuddy(m_editor);
    auto *help = new QLabel(toQString(row.help), this);
    help->setWordWrap(true);
    help->setProperty("secondary", true);
    m_origin->setFont(smallFont());
    m_origin->setProperty("secondary", true);
    auto *head = new FlowLayout(FlowLayout::Widths::Natural, 8);
    head->addWidget(name);
    if (!appliesText().isEmpty()) {
        auto *badge = new QLabel(appliesText(), this);
        badge->setFont(smallFont());
        badge->setProperty("badge", true);
        head->addWidget(badge);
    }
    auto *field = new QHBoxLayout;
    field->addWidget(m_editor);
    field->addStretch();
    m_field = field;
    auto *right = new QVBoxLayout;
    right->setSpacing(2);
    right->addLayout(field);
    right->addWidget(m_origin);
    right->addStretch();
    m_edit->setLayout(right);
    right->setContentsMargins(0, 0, 0, 0);
    auto *left = new QVBoxLayout;
    left->setSpacing(3);
    left->addLayout(head);
    left->addWidget(help);
    left->addStretch();
    auto *sides = new BesideLayout(*this, kBesideWidth, [this](bool beside) {
        m_edit->setMinimumWidth(beside ? scaled(kEditColumnWidth) : 0);
        m_sides->setSpacing(beside ? kSidesGap : kBelowGap);
    });
    m_sides = sides;
    sides->addLayout(left, 1);
    sides->addWidget(m_edit);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 10, 0, 10);
    column->setSpacing(3);
    column->addLayout(sides);
    connect(m_editor, &SettingEditor::changed, this, [this] {
        m_toInherited = false;
        m_changed = m_editor->text() != m_view.value;
        showError(problemIn(*m_editor));
        showState();
        Q_EMIT changed();
    });
}

QPushButton *SettingFormRow::makeReset()
{
    auto *button = new QPushButton(this);
    button->setProperty("flat", true);
    button->setFixedSize(scaled(30), scaled(30));
    m_field->insertWidget(1, button);
    setTabOrder(m_editor->field(), button);
    connect(button, &QPushButton::clicked, this, &SettingFormRow::reset);
    return button;
}

QSize SettingFormRow::minimumSizeHint() const
{
    const int below = std::max(
        {m_edit->minimumSizeHint().width(), m_edit->minimumWidth(), scaled(kTextWidthLeast)});
    return {below, QWidget::minimumSizeHint().height()};
}

QString SettingFormRow::appliesText() const
{
    switch (row().applies) {
    case Applies::AtOnce:
        return {};
    case Applies::OnNewConnections:
        return tr("new connections");
    case Applies::OnRebind:
        return tr("reopens listeners");
    case Applies::OnWorkerRestart:
        return tr("restarts workers");
    case Applies::OnRestart:
        return tr("needs engine restart");
    }
    return {};
}

void SettingFormRow::show(const api::SettingView &view)
{
    m_view = view;
    if (m_changed) {
        m_changed = m_toInherited ? m_view.isSet : m_editor->text() != m_view.value;
    } else {
        m_toInherited = false;
        m_editor->setText(m_view.value);
    }
    m_editor->setLocked(!m_view.pinnedBy.empty());
    showState();
}

void SettingFormRow::showError(const QString &sentence)
{
    if (!m_error && !sentence.isEmpty()) {
        m_error = new QLabel(this);
        m_error->setProperty("bad", true);
        m_error->setTextFormat(Qt::PlainText);
        m_error->setWordWrap(true);
        layout()->addWidget(m_error);
    }
    if (m_error) {
        m_error->setText(sentence);
        m_error->setVisible(!sentence.isEmpty());
    }
    m_editor->setInvalid(!sentence.isEmpty());
}

void SettingFormRow::discard()
{
    m_changed = m_toInherited = false;
    m_editor->setText(m_view.value);
    showError({});
    showState();
}

void SettingFormRow::reset()
{
    m_editor->setText(m_view.inherited);
    m_toInherited = m_view.isSet;
    m_changed = m_view.isSet;
    showError({});
    showState();
    Q_EMIT changed();
}

void SettingFormRow::showState()
{
    const QString inherited =
        m_view.inherited.empty() ? tr("none") : toQString(m_view.inherited) + toQString(row().unit);
    const bool locked = !m_view.pinnedBy.empty();
    const bool own = m_changed ? !m_toInherited : m_view.isSet;
    if (locked)
        m_origin->setText(
            tr("Set by the %1; cannot be changed here").arg(toQString(m_view.pinnedBy)));
    else if (m_changed && m_toInherited)
        m_origin->setText(tr("Back to the default, not applied"));
    else if (m_changed)
        m_origin->setText(tr("Changed, not applied · default %1").arg(inherited));
    else
        m_origin->setText(own ? tr("Default: %1").arg(inherited) : tr("Default"));
    setMark(*m_origin, "caution", m_changed);
    if (!m_reset && (locked || own))
        m_reset = makeReset();
    if (!m_reset)
        return;
    m_reset->setIcon(icon(locked ? QStringLiteral("lock") : QStringLiteral("reset"),
                          Tint::Secondary, IconPlace::Alone));
    m_reset->setEnabled(!locked && own);
    m_reset->setVisible(locked || own);
    const QString resetText = tr("Reset %1 to %2").arg(toQString(row().label), inherited);
    m_reset->setAccessibleName(resetText);
    m_reset->setToolTip(locked ? m_origin->text() : resetText);
}

EditId SettingFormRow::id() const
{
    return {EditId::Kind::Setting, m_view.scope, m_view.object, std::string(row().key)};
}

StagedEdit SettingFormRow::edit() const
{
    const std::string unit(row().unit);
    StagedEdit edit {.id = id(),
                     .shown = (m_toInherited ? m_view.inherited : m_editor->text()) + unit,
                     .before = {m_view.value, m_view.value + unit}};
    if (!m_toInherited)
        edit.value = m_editor->text();
    return edit;
}

void SettingFormRow::showStaged(const StagedEdit *edit)
{
    if (!edit) {
        if (m_changed)
            discard();
        return;
    }
    m_changed = true;
    m_toInherited = !edit->value;
    const std::string text = edit->value.value_or(m_view.inherited);
    if (m_editor->text() != text)
        m_editor->setText(text);
    showError(edit->isConflict ? tr("Changed meanwhile to %1").arg(toQString(edit->before.shown))
                  : edit->problem.empty() ? problemIn(*m_editor)
                                          : toQString(edit->problem));
    showState();
}

bool SettingFormRow::matches(const SettingRow &row, const QString &text)
{
    for (const std::string_view part : {row.key, row.label, row.help}) {
        if (toQString(part).contains(text, Qt::CaseInsensitive))
            return true;
    }
    return text.isEmpty();
}

} // namespace arc
