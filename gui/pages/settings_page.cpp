// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/settings_page.h"

#include "gui/bridge/control_bridge.h"
#include "gui/bridge/staging.h"
#include "gui/forms/setting_form_row.h"
#include "gui/models/format.h"
#include "gui/pages/history_panel.h"
#include "gui/pages/settings_form.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace arc {

constexpr int kIndexWidth = 220;

SettingsPage::SettingsPage(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_search(new QLineEdit(this)),
      m_level(new QComboBox(this)), m_index(new QListWidget(this)),
      m_stack(new QStackedWidget(this)), m_form(new SettingsForm(this)),
      m_history(new HistoryPanel(context, this))
{
    m_stack->addWidget(m_form);
    m_stack->addWidget(m_history);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeLeft());
    layout->addWidget(m_stack, 1);
    ControlBridge &bridge = context.bridge();
    connect(m_search, &QLineEdit::textChanged, this, &SettingsPage::showMatching);
    connect(m_form, &SettingsForm::edited, this, &SettingsPage::stage);
    connect(m_form, &SettingsForm::rowsMade, this, &SettingsPage::showStaged);
    connect(m_index, &QListWidget::currentRowChanged, this, &SettingsPage::jumpTo);
    connect(m_index, &QListWidget::itemClicked, this,
            [this](QListWidgetItem *item) { jumpTo(m_index->row(item)); });
    connect(m_level, &QComboBox::activated, this, [this](int index) {
        const QStringList level = m_level->itemData(index).toStringList();
        m_scope = toStd(level.value(0));
        m_object = toStd(level.value(1));
        m_wanted.clear();
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
    for (const SettingPage page : SettingsForm::groups())
        m_index->addItem(toQString(pageName(page)));
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

SettingFormRow *SettingsPage::formRow(std::string_view key)
{
    return m_form->row(key);
}

void SettingsPage::showHistory()
{
    m_index->setCurrentRow(m_index->count() - 1);
}

void SettingsPage::showSetting(std::string_view key, const std::string &app)
{
    m_search->clear();
    m_stack->setCurrentWidget(m_form);
    m_wanted = key;
    const bool isElsewhere =
        app.empty() ? m_loaded && !formRow(key) : m_scope != "app" || m_object != app;
    if (isElsewhere) { // on another level; what was edited there waits in the bar
        m_scope = app.empty() ? "engine" : "app";
        m_object = app;
        fillLevels();
        return load(); // and goes there then
    }
    // The page may have been opened just now: its rows have their places after this turn.
    QMetaObject::invokeMethod(this, &SettingsPage::revealWanted, Qt::QueuedConnection);
}

void SettingsPage::revealWanted()
{
    SettingFormRow *row = m_wanted.empty() ? nullptr : formRow(m_wanted);
    if (!row)
        return; // it comes with the level's settings
    m_wanted.clear();
    layout()->activate();
    m_form->reveal(*row);
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
                m_form->say(toQString(answer.error().message()));
        });
}

void SettingsPage::take(const api::SettingViews &views)
{
    m_revision = views.revision;
    m_showing = true;
    m_form->take(views);
    m_showing = false;
    m_loaded = true;
    showStaged();
    showMatching();
    if (!m_wanted.empty())
        QMetaObject::invokeMethod(this, &SettingsPage::revealWanted, Qt::QueuedConnection);
}

void SettingsPage::showMatching()
{
    m_form->filter(m_search->text());
    const auto groups = int(SettingsForm::groups().size());
    for (int i = 0; i < groups; ++i)
        m_index->item(i)->setHidden(!m_form->showsGroup(i));
    if (!m_search->text().isEmpty())
        m_stack->setCurrentWidget(m_form);
}

void SettingsPage::jumpTo(int index)
{
    if (index < 0)
        return;
    if (index >= int(SettingsForm::groups().size())) {
        m_stack->setCurrentWidget(m_history);
        m_history->load();
    } else {
        m_stack->setCurrentWidget(m_form);
        m_form->jumpTo(index);
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
    m_form->showStaged(m_context.staging().changes());
    m_showing = false;
}

} // namespace arc
