// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/sites_page.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/site_list.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "gui/widgets/empty_state.h"

#include <QLineEdit>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

constexpr int kListWidth = 272; ///< a state and a framework with its version, whole

SitesPage::SitesPage(WindowContext &context, SiteActions &actions, QWidget *parent)
    : QWidget(parent), m_context(context), m_stack(new QStackedWidget(this)),
      m_empty(new EmptyState(QStringLiteral("sites"), this)),
      m_split(new QSplitter(Qt::Horizontal, this)), m_filter(new QLineEdit(this)),
      m_list(new SiteList(&m_model, this)), m_detail(new SiteDetail(context, actions, this))
{
    m_filter->setObjectName(QStringLiteral("pageFilter"));
    m_filter->setPlaceholderText(tr("Filter sites"));
    m_filter->setAccessibleName(tr("Filter sites"));
    m_filter->setClearButtonEnabled(true);
    auto *left = new QFrame(m_split);
    left->setProperty("side", true);
    auto *column = new QVBoxLayout(left);
    column->setContentsMargins(8, 12, 8, 8);
    column->setSpacing(8);
    column->addWidget(m_filter);
    column->addWidget(m_list, 1);
    left->setMinimumWidth(std::min(scaled(180), kListWidth));
    m_split->addWidget(left);
    m_split->addWidget(m_detail);
    m_split->setStretchFactor(1, 1);
    // Names may be shortened: of large letters the detail gets most.
    m_split->setSizes({kListWidth + (scaled(kListWidth) - kListWidth) / 3, 800});
    m_split->setChildrenCollapsible(false);
    m_split->setHandleWidth(1);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_split);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    connect(m_empty, &EmptyState::activated, this, &SitesPage::addSite);
    connect(m_filter, &QLineEdit::textChanged, m_list, &SiteList::setFilter);
    connect(m_list, &SiteList::siteSelected, this, [this](const QString &site) {
        m_selected = site;
        m_detail->showSite(site);
        Q_EMIT selectionChanged();
    });
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_list, &QWidget::customContextMenuRequested, this, [this](QPoint at) {
        const QModelIndex index = m_list->indexAt(at);
        if (index.isValid())
            Q_EMIT menuWanted(index.siblingAtColumn(SitesModel::Name).data().toString(),
                              m_list->viewport()->mapToGlobal(at));
    });
    ControlBridge &bridge = context.bridge();
    connect(&bridge, &ControlBridge::sitesChanged, this, &SitesPage::refresh);
    connect(&bridge, &ControlBridge::snapshotChanged, this, &SitesPage::refresh);
    connect(&bridge, &ControlBridge::linkChanged, this, &SitesPage::refresh);
    refresh();
}

void SitesPage::select(const QString &site)
{
    m_wanted = site;
    keepSelection();
}

void SitesPage::refresh()
{
    ControlBridge &bridge = m_context.bridge();
    m_model.update(bridge.sites(), bridge.snapshot(), bridge.link() != Link::Live);
    if (m_model.rowCount() > 0) {
        m_stack->setCurrentWidget(m_split);
        keepSelection();
        return;
    }
    if (!m_selected.isEmpty()) {
        m_selected.clear();
        m_detail->showSite({});
        Q_EMIT selectionChanged();
    }
    if (bridge.sitesKnown())
        m_empty->show(tr("No sites yet"),
                      tr("A site is a folder that Arcology serves: a Django, Flask or FastAPI "
                         "project, or static files."),
                      tr("Add site…"));
    else
        m_empty->show(bridge.link() == Link::Lost ? tr("The engine does not answer")
                                                  : tr("Connecting to the engine"),
                      tr("Your sites appear here as soon as it answers."));
    m_stack->setCurrentWidget(m_empty);
}

void SitesPage::keepSelection()
{
    if (!m_wanted.isEmpty() && m_model.find(toStd(m_wanted)) >= 0) {
        m_filter->clear();
        m_list->selectSite(std::exchange(m_wanted, {}));
    }
    if (!m_selected.isEmpty() && m_model.find(toStd(m_selected)) >= 0)
        return;
    if (m_model.rowCount() > 0) {
        m_list->setCurrentIndex({});
        m_list->selectSite(m_list->model()->rowCount()
                               ? m_list->model()->index(0, SitesModel::Name).data().toString()
                               : QString());
    }
}

} // namespace arc
