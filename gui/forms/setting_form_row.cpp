// SPDX-License-Identifier: Apache-2.0
#include "gui/forms/setting_form_row.h"

#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
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

SettingFormRow::SettingFormRow(const SettingRow &row, QWidget *parent)
    : QWidget(parent), m_editor(new SettingEditor(row, this)), m_edit(new QWidget(this)),
      m_badge(new QLabel(this)), m_origin(new QLabel(this)), m_error(new QLabel(this)),
      m_reset(new QPushButton(icon(QStringLiteral("reset"), Tint::Secondary, IconPlace::Alone),
                              QString(), this))
{
    auto *name = new QLabel(toQString(row.label), this);
    name->setFont(boldFont());
    name->setBuddy(m_editor);
    auto *help = new QLabel(toQString(row.help), this);
    help->setWordWrap(true);
    help->setProperty("secondary", true);
    m_badge->setFont(smallFont());
    m_badge->setProperty("badge", true);
    m_badge->setText(appliesText());
    m_badge->setVisible(!appliesText().isEmpty());
    m_origin->setFont(smallFont());
    m_origin->setProperty("secondary", true);
    m_error->setProperty("bad", true);
    m_error->setTextFormat(Qt::PlainText);
    m_error->setWordWrap(true);
    m_error->hide();
    m_reset->setProperty("flat", true);
    m_reset->setFixedSize(scaled(30), scaled(30));
    auto *head = new FlowLayout(FlowLayout::Widths::Natural, 8);
    head->addWidget(name);
    head->addWidget(m_badge);
    auto *field = new QHBoxLayout;
    field->addWidget(m_editor);
    field->addWidget(m_reset);
    field->addStretch();
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
    m_sides = new QBoxLayout(QBoxLayout::LeftToRight);
    m_sides->setSpacing(kSidesGap);
    m_sides->addLayout(left, 1);
    m_sides->addWidget(m_edit);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 10, 0, 10);
    column->setSpacing(3);
    column->addLayout(m_sides);
    column->addWidget(m_error);
    connect(m_editor, &SettingEditor::changed, this, [this] {
        m_toInherited = false;
        m_changed = m_editor->text() != m_view.value;
        showError({});
        showState();
        Q_EMIT changed();
    });
    connect(m_reset, &QPushButton::clicked, this, &SettingFormRow::reset);
}

QSize SettingFormRow::minimumSizeHint() const
{
    const int below = std::max(
        {m_edit->minimumSizeHint().width(), m_edit->minimumWidth(), scaled(kTextWidthLeast)});
    return {below, QWidget::minimumSizeHint().height()};
}

/// The field stands beside the text, or below it where that leaves too little room to read.
void SettingFormRow::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    const bool beside = width() >= scaled(kEditColumnWidth) + kSidesGap + scaled(kTextWidthLeast);
    m_sides->setDirection(beside ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    m_edit->setMinimumWidth(beside ? scaled(kEditColumnWidth) : 0);
    m_sides->setSpacing(beside ? kSidesGap : kBelowGap);
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
    m_error->setText(sentence);
    m_error->setVisible(!sentence.isEmpty());
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
    const QString inherited = toQString(m_view.inherited) + toQString(row().unit);
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
    m_origin->setProperty("caution", m_changed);
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
                               : toQString(edit->problem));
    showState();
}

bool SettingFormRow::matches(const QString &text) const
{
    for (const std::string_view part : {row().key, row().label, row().help}) {
        if (toQString(part).contains(text, Qt::CaseInsensitive))
            return true;
    }
    return text.isEmpty();
}

} // namespace arc
