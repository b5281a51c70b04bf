// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/settings_page.h"

#include "gui/bridge/control_bridge.h"
#include "gui/bridge/staging.h"
#include "gui/forms/setting_form_row.h"
#include "gui/models/format.h"
#include "gui/pages/history_panel.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

constexpr int kIndexWidth = 220;
constexpr int kRevealMargin = 80;

SettingsPage::SettingsPage(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_search(new QLineEdit(this)),
      m_level(new QComboBox(this)), m_index(new QListWidget(this)),
      m_stack(new QStackedWidget(this)), m_scroll(new QScrollArea(this)),
      m_history(new HistoryPanel(context, this)),
      m_nothing(new QLabel(tr("No setting matches."), this))
{
    m_stack->addWidget(makeForm());
    m_stack->addWidget(m_history);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeLeft());
    layout->addWidget(m_stack, 1);
    ControlBridge &bridge = context.bridge();
    connect(m_search, &QLineEdit::textChanged, this, &SettingsPage::filter);
    connect(m_index, &QListWidget::currentRowChanged, this, &SettingsPage::jumpTo);
    connect(m_index, &QListWidget::itemClicked, this,
            [this](QListWidgetItem *item) { jumpTo(m_index->row(item)); });
    connect(m_level, &QComboBox::activated, this, [this](int index) {
        const QStringList level = m_level->itemData(index).toStringList();
        m_scope = toStd(level.value(0));
        m_object = toStd(level.value(1));
        load();
    });
    connect(&bridge, &ControlBridge::sitesChanged, this, [this] {
        fillLevels();
        if (isVisible())
            load();
    });
    connect(&context.staging(), &Staging::changed, this, &SettingsPage::showStaged);
    connect(&bridge, &ControlBridge::linkChanged, this, [this] {
        if (isVisible() && m_context.bridge().link() == Link::Live)
            load();
    });
    fillLevels();
}

QWidget *SettingsPage::makeLeft()
{
    auto *left = new QFrame(this);
    left->setFixedWidth(kIndexWidth + (scaled(kIndexWidth) - kIndexWidth) * 2 / 3);
    m_search->setObjectName(QStringLiteral("pageFilter"));
    m_search->setPlaceholderText(tr("Search settings"));
    m_search->setAccessibleName(tr("Search settings"));
    m_search->setClearButtonEnabled(true);
    m_level->setAccessibleName(tr("Level that the settings are for"));
    m_level->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_level->setMinimumContentsLength(8);
    m_level->setToolTip(tr("Apps and sites inherit what is not set for them"));
    for (const Group &group : m_groups)
        m_index->addItem(toQString(pageName(group.page)));
    m_index->addItem(tr("Configuration history"));
    m_index->setFrameShape(QFrame::NoFrame);
    m_index->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_index->setTextElideMode(Qt::ElideRight);
    m_index->setAccessibleName(tr("Parts of the settings"));
    m_index->setProperty("index", true);
    auto *column = new QVBoxLayout(left);
    column->setContentsMargins(16, 16, 4, 16);
    column->setSpacing(8);
    column->addWidget(m_search);
    column->addWidget(m_level);
    column->addWidget(m_index, 1);
    return left;
}

QWidget *SettingsPage::makeForm()
{
    auto *content = new QWidget(this);
    content->setProperty("page", true);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(12, 16, 16, 16);
    column->setSpacing(12);
    for (const SettingPage page :
         {SettingPage::General, SettingPage::Http, SettingPage::Tls, SettingPage::Files,
          SettingPage::Limits, SettingPage::Workers, SettingPage::Logs, SettingPage::Operations}) {
        addGroup(page, content);
        column->addWidget(m_groups.back().card);
    }
    m_nothing->setProperty("secondary", true);
    m_nothing->hide();
    column->addWidget(m_nothing, 0, Qt::AlignHCenter);
    column->addStretch();
    m_scroll->setWidgetResizable(true);
    m_scroll->setWidget(content);
    m_scroll->setAccessibleName(tr("Settings"));
    return m_scroll;
}

void SettingsPage::addGroup(SettingPage page, QWidget *parent)
{
    auto *card = new QFrame(parent);
    card->setProperty("card", true);
    auto *title = new QLabel(toQString(pageName(page)), card);
    title->setFont(titleFont());
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(16, 12, 16, 8);
    column->setSpacing(0);
    column->addWidget(title);
    Group group {page, card, title, {}};
    for (const SettingRow &row : settingRows()) {
        if (row.page != page)
            continue;
        auto *form = new SettingFormRow(row, card);
        connect(form, &SettingFormRow::changed, this, [this, form] { stage(form); });
        column->addWidget(form);
        group.rows.push_back(form);
        m_rows.emplace(row.key, form);
    }
    m_groups.push_back(std::move(group));
}

SettingFormRow *SettingsPage::formRow(std::string_view key) const
{
    const auto at = m_rows.find(key);
    return at == m_rows.end() || at->second->property("absent").toBool() ? nullptr : at->second;
}

void SettingsPage::showHistory()
{
    m_index->setCurrentRow(m_index->count() - 1);
}

void SettingsPage::showSetting(std::string_view key)
{
    m_search->clear();
    m_stack->setCurrentWidget(m_scroll);
    if (!formRow(key)) { // of another level; what was edited there waits in the bar
        m_level->setCurrentIndex(0);
        m_scope = "engine";
        m_object.clear();
        load();
    }
    const auto reveal = [this, name = std::string(key)] {
        if (SettingFormRow *row = formRow(name)) {
            layout()->activate();
            m_scroll->ensureWidgetVisible(row, 0, kRevealMargin);
            row->editor()->field()->setFocus(Qt::OtherFocusReason);
        }
    };
    // The page may have been opened just now: its rows have their places after this turn.
    QMetaObject::invokeMethod(this, reveal, Qt::QueuedConnection);
}

void SettingsPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    load();
}

void SettingsPage::fillLevels()
{
    const QSignalBlocker block(m_level);
    m_level->clear();
    m_level->addItem(tr("All sites and apps"), QStringList {QStringLiteral("engine"), QString()});
    for (const api::SiteView &site : m_context.bridge().sites().sites) {
        if (!site.app.empty())
            m_level->addItem(tr("App %1").arg(toQString(site.app)),
                             QStringList {QStringLiteral("app"), toQString(site.app)});
        m_level->addItem(tr("Site %1").arg(toQString(site.id)),
                         QStringList {QStringLiteral("site"), toQString(site.id)});
    }
    const QStringList wanted {toQString(m_scope), toQString(m_object)};
    for (int i = 0; i < m_level->count(); ++i) {
        if (m_level->itemData(i).toStringList() == wanted)
            return m_level->setCurrentIndex(i);
    }
    m_scope = "engine"; // the app or site is gone
    m_object.clear();
}

void SettingsPage::load()
{
    m_context.bridge().call(
        &Control::settings, {.scope = m_scope, .object = m_object}, this,
        [this, scope = m_scope, object = m_object](Result<api::SettingViews> answer) {
            if (scope != m_scope || object != m_object)
                return;
            if (answer)
                take(*answer);
            else if (!m_loaded)
                m_nothing->setText(toQString(answer.error().message()));
        });
}

void SettingsPage::take(const api::SettingViews &views)
{
    m_revision = views.revision;
    m_showing = true;
    for (auto &[key, form] : m_rows) {
        const auto at = std::ranges::find(views.settings, key, &api::SettingView::key);
        form->setProperty("absent", at == views.settings.end());
        if (at != views.settings.end())
            form->show(*at);
    }
    m_showing = false;
    m_nothing->setText(tr("No setting matches."));
    m_loaded = true;
    showStaged();
    filter(m_search->text());
}

void SettingsPage::filter(const QString &text)
{
    int shown = 0;
    for (size_t i = 0; i < m_groups.size(); ++i) {
        int inGroup = 0;
        for (SettingFormRow *row : m_groups[i].rows) {
            const bool visible = row->matches(text.trimmed()) && !row->property("absent").toBool();
            row->setVisible(visible);
            inGroup += visible ? 1 : 0;
        }
        m_groups[i].card->setVisible(inGroup > 0);
        m_index->item(int(i))->setHidden(inGroup == 0);
        shown += inGroup;
    }
    m_nothing->setVisible(shown == 0);
    if (!text.isEmpty())
        m_stack->setCurrentWidget(m_scroll);
}

void SettingsPage::jumpTo(int index)
{
    if (index < 0)
        return;
    if (index >= int(m_groups.size())) {
        m_stack->setCurrentWidget(m_history);
        m_history->load();
    } else {
        m_stack->setCurrentWidget(m_scroll);
        m_scroll->verticalScrollBar()->setValue(m_groups[size_t(index)].card->y() - 12);
    }
}

void SettingsPage::stage(SettingFormRow *row)
{
    if (m_showing)
        return;
    PendingChanges &changes = m_context.staging().changes();
    if (!row->isChanged())
        changes.remove(row->id());
    else if (!changes.stage(row->edit(), m_revision))
        m_context.say(tr("More than %n changes wait already; apply or discard them first", nullptr,
                         int(PendingChanges::kEditsMax)));
}

void SettingsPage::showStaged()
{
    m_showing = true;
    for (auto &[key, form] : m_rows) {
        if (!form->property("absent").toBool())
            form->showStaged(m_context.staging().changes().find(form->id()));
    }
    m_showing = false;
}

} // namespace arc
