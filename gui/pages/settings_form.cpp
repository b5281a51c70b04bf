// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/settings_form.h"

#include "gui/forms/setting_form_row.h"
#include "gui/models/format.h"
#include "gui/models/pending_changes.h"
#include "gui/theme/theme.h"

#include <QElapsedTimer>
#include <QFrame>
#include <QLabel>
#include <QScrollBar>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <ranges>

namespace arc {

constexpr int kRevealMargin = 80;
constexpr int kJumpMargin = 12;

std::span<const SettingPage> SettingsForm::groups() noexcept
{
    static constexpr SettingPage kPages[] = {
        SettingPage::General, SettingPage::Http,    SettingPage::Tls,  SettingPage::Files,
        SettingPage::Limits,  SettingPage::Workers, SettingPage::Logs, SettingPage::Operations};
    return kPages;
}

SettingsForm::SettingsForm(QWidget *parent)
    : QScrollArea(parent), m_turn(new QTimer(this)),
      m_nothing(new QLabel(tr("No setting matches."), this))
{
    auto *content = new QWidget(this);
    content->setProperty("page", true);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(12, 16, 16, 16);
    column->setSpacing(12);
    for (const SettingPage page : groups()) {
        auto *card = new QFrame(content);
        card->setProperty("card", true);
        auto *title = new QLabel(toQString(pageName(page)), card);
        title->setFont(titleFont());
        auto *inside = new QVBoxLayout(card);
        inside->setContentsMargins(16, 12, 16, 8);
        inside->setSpacing(0);
        inside->addWidget(title);
        card->hide(); // until it has a row
        column->addWidget(card);
        m_groups.push_back({.page = page, .card = card, .column = inside, .shown = 0});
        for (const SettingRow &row : settingRows()) {
            if (row.page == page)
                m_toMake.push_back(&row);
        }
    }
    std::ranges::reverse(m_toMake);
    m_nothing->setProperty("secondary", true);
    m_nothing->hide();
    column->addWidget(m_nothing, 0, Qt::AlignHCenter);
    column->addStretch(1); // cards are as high as their rows
    setWidgetResizable(true);
    setWidget(content);
    setAccessibleName(tr("Settings"));
    m_turn->setSingleShot(true);
    m_turn->setInterval(0);
    connect(m_turn, &QTimer::timeout, this, &SettingsForm::makeSlice);
}

void SettingsForm::showEvent(QShowEvent *event)
{
    QScrollArea::showEvent(event);
    if (!m_toMake.empty())
        m_turn->start();
}

void SettingsForm::makeSlice()
{
    if (!isVisible() || !m_loaded)
        return; // goes on when it is seen and has values
    QElapsedTimer spent;
    spent.start();
    // The first ones fill the page at once, and a busy machine is not laid out anew for each row.
    for (int made = 0; !m_toMake.empty() && (made < kSliceRows || !spent.hasExpired(kSliceMs));
         ++made)
        makeNext();
    Q_EMIT rowsMade();
    if (!m_toMake.empty())
        m_turn->start();
}

void SettingsForm::makeAll()
{
    if (m_toMake.empty())
        return;
    while (!m_toMake.empty())
        makeNext();
    Q_EMIT rowsMade();
}

void SettingsForm::makeNext()
{
    const SettingRow &row = *m_toMake.back();
    m_toMake.pop_back();
    const auto group = std::ranges::find(m_groups, row.page, &Group::page);
    auto *form = new SettingFormRow(row, group->card);
    if (const api::SettingView *known = view(row.key))
        form->show(*known);
    connect(form, &SettingFormRow::changed, this, [this, form] { Q_EMIT edited(form); });
    group->column->addWidget(form);
    m_rows.emplace(row.key, form);
    showMatching(*form);
}

const api::SettingView *SettingsForm::view(std::string_view key) const
{
    const auto at = std::ranges::find(m_views, key, &api::SettingView::key);
    return at == m_views.end() ? nullptr : &*at;
}

bool SettingsForm::matches(const SettingRow &row) const
{
    return view(row.key) && SettingFormRow::matches(row, m_text);
}

void SettingsForm::showMatching(SettingFormRow &row)
{
    const bool shown = matches(row.row());
    row.setVisible(shown);
    if (shown)
        std::ranges::find(m_groups, row.row().page, &Group::page)->card->show();
}

void SettingsForm::take(api::SettingViews views)
{
    m_views = std::move(views.settings);
    m_loaded = true;
    m_nothing->setText(tr("No setting matches."));
    for (const auto &[key, form] : m_rows) {
        if (const api::SettingView *known = view(key))
            form->show(*known);
    }
    filter(m_text);
    if (isVisible() && !m_toMake.empty())
        m_turn->start();
}

void SettingsForm::showStaged(const PendingChanges &changes)
{
    for (const auto &[key, form] : m_rows) {
        if (view(key))
            form->showStaged(changes.find(form->id()));
    }
}

void SettingsForm::filter(const QString &text)
{
    m_text = text.trimmed();
    if (!m_loaded)
        return;
    if (!m_text.isEmpty())
        makeAll();
    for (Group &group : m_groups)
        group.shown = 0;
    for (const SettingRow &row : settingRows()) {
        const auto group = std::ranges::find(m_groups, row.page, &Group::page);
        if (group != m_groups.end() && matches(row))
            ++group->shown;
    }
    for (const auto &[key, form] : m_rows)
        form->setVisible(matches(form->row()));
    for (const Group &group : m_groups)
        group.card->setVisible(std::ranges::any_of(m_rows, [&](const auto &made) {
            const SettingRow &row = made.second->row();
            return row.page == group.page && matches(row);
        }));
    m_nothing->setVisible(
        std::ranges::none_of(m_groups, [](const Group &group) { return group.shown > 0; }));
}

bool SettingsForm::showsGroup(int group) const
{
    return !m_loaded || m_groups[size_t(group)].shown > 0;
}

void SettingsForm::jumpTo(int group)
{
    if (!m_loaded)
        return;
    makeAll(); // where a part begins is known once those before it are there
    widget()->layout()->activate();
    verticalScrollBar()->setValue(m_groups[size_t(group)].card->y() - kJumpMargin);
}

void SettingsForm::reveal(SettingFormRow &row)
{
    widget()->layout()->activate();
    ensureWidgetVisible(&row, 0, kRevealMargin);
    row.editor()->field()->setFocus(Qt::OtherFocusReason);
}

SettingFormRow *SettingsForm::row(std::string_view key)
{
    if (!view(key))
        return nullptr;
    makeAll();
    const auto at = m_rows.find(key);
    return at == m_rows.end() ? nullptr : at->second;
}

void SettingsForm::say(const QString &sentence)
{
    m_nothing->setText(sentence);
    m_nothing->show();
}

} // namespace arc
