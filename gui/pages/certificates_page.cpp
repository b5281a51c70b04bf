// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/certificates_page.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/certificate_actions.h"
#include "gui/pages/certificate_detail.h"
#include "gui/pages/local_ca_card.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/drop_zone.h"
#include "gui/widgets/empty_state.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/safe_table.h"

#include <QDropEvent>
#include <QFileInfo>
#include <QFrame>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

constexpr int kRowsShownMax = 8;
constexpr int kFilterWidth = 220; // of letters of 10 pt

CertificatesPage::CertificatesPage(WindowContext &context, CertificateActions &actions,
                                   QWidget *parent)
    : QWidget(parent), m_context(context), m_actions(actions), m_stack(new QStackedWidget(this)),
      m_empty(new EmptyState(QStringLiteral("certificates"), this)), m_note(new QLabel(this)),
      m_none(new QLabel(this)), m_filter(new QLineEdit(this)),
      m_import(new QPushButton(icon(QStringLiteral("plus"), Tint::OnAccent), tr("Import…"), this)),
      m_create(new QPushButton(icon(QStringLiteral("lock")), tr("Create…"), this)),
      m_renew(new QPushButton(icon(QStringLiteral("restart")), tr("Renew all"), this)),
      m_table(new SafeTable(&m_model, CertificatesModel::State, CertificatesModel::Names, this)),
      m_detail(new CertificateDetail(context, actions, this)),
      m_localCa(new LocalCaCard(context, actions, this)), m_overlay(new DropOverlay(this))
{
    setAcceptDrops(true);
    m_scroll = makeContent();
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_scroll);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    connect(m_empty, &EmptyState::activated, &actions, [&actions] { actions.importNew(); });
    connect(m_import, &QPushButton::clicked, &actions, [&actions] { actions.importNew(); });
    connect(m_create, &QPushButton::clicked, &actions, &CertificateActions::create);
    connect(m_renew, &QPushButton::clicked, &actions, &CertificateActions::renewAll);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_table->setFilter(text);
        refresh();
    });
    connect(&actions, &CertificateActions::changed, this, &CertificatesPage::fetch);
    connect(m_table, &SafeTable::rowSelected, this, [this](int row) {
        if (row >= 0)
            m_chosen = m_model.rowAt(row).key();
        showChosen();
    });
    ControlBridge &bridge = context.bridge();
    connect(&bridge, &ControlBridge::sitesChanged, this, [this] { // there is a new revision
        if (isVisible())
            fetch();
    });
    connect(&bridge, &ControlBridge::snapshotChanged, this, &CertificatesPage::fetchWhenDue);
    connect(&bridge, &ControlBridge::linkChanged, this, [this] {
        if (isVisible() && m_context.bridge().link() == Link::Live)
            fetch();
        refresh();
    });
    refresh();
}

QWidget *CertificatesPage::makeContent()
{
    auto *content = new QWidget(this);
    content->setProperty("page", true);
    m_note->setProperty("bad", true);
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    m_none->setTextFormat(Qt::PlainText);
    m_none->setWordWrap(true);
    m_none->setProperty("secondary", true);
    m_none->setContentsMargins(8, 4, 8, 8);
    m_table->setAccessibleName(tr("Certificates"));
    m_table->setDropOrder({CertificatesModel::Source, CertificatesModel::Key,
                           CertificatesModel::Issuer, CertificatesModel::UsedBy});
    m_table->sortByColumn(CertificatesModel::Ends, Qt::AscendingOrder);
    auto *card = new QFrame(content);
    card->setProperty("card", true);
    auto *inside = new QVBoxLayout(card);
    inside->setContentsMargins(4, 4, 4, 4);
    inside->addWidget(m_table);
    inside->addWidget(m_none);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    column->addLayout(makeBar());
    column->addWidget(m_note);
    column->addWidget(card);
    column->addWidget(m_detail);
    column->addWidget(m_localCa);
    column->addStretch();
    auto *scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    scroll->setAccessibleName(tr("Certificates of HTTPS"));
    return scroll;
}

QLayout *CertificatesPage::makeBar()
{
    m_import->setProperty("primary", true);
    m_import->setAccessibleName(tr("Import a certificate"));
    m_create->setAccessibleName(tr("Create a certificate by the local CA"));
    m_renew->setAccessibleName(tr("Renew all certificates of the local CA"));
    m_filter->setObjectName(QStringLiteral("pageFilter"));
    m_filter->setPlaceholderText(tr("Filter certificates"));
    m_filter->setAccessibleName(tr("Filter certificates"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMinimumWidth(scaled(kFilterWidth));
    auto *bar = new FlowLayout(FlowLayout::Widths::Natural, 8);
    bar->addWidget(m_filter);
    for (QPushButton *button : {m_import, m_create, m_renew})
        bar->addWidget(button);
    return bar;
}

QString CertificatesPage::note() const
{
    return m_note->isHidden() ? QString() : m_note->text();
}

bool CertificatesPage::showsTable() const
{
    return m_stack->currentWidget() == m_scroll;
}

void CertificatesPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    fetch();
}

void CertificatesPage::fetch()
{
    m_fetchedUnixMs = m_context.bridge().asOfUnixMs();
    m_context.bridge().call(
        &Control::certificates, {}, this,
        [this](Result<api::CertificateViews> answer) { take(std::move(answer)); });
}

void CertificatesPage::fetchWhenDue()
{
    if (isVisible() && m_context.bridge().asOfUnixMs() - m_fetchedUnixMs >= kRefreshMs)
        fetch();
}

void CertificatesPage::take(Result<api::CertificateViews> answer)
{
    m_problem = answer ? QString() : toQString(answer.error().message());
    if (answer) {
        m_isKnown = true;
        m_actions.setLocalHost(toQString(answer->localHost));
        m_model.update(answer->certificates, m_context.bridge().asOfUnixMs());
        m_localCa->show(toQString(answer->localCa), toQString(answer->localHost));
        const auto isLocal = [](const api::CertificateView &view) {
            return view.source == "local";
        };
        m_renew->setVisible(std::ranges::any_of(answer->certificates, isLocal));
    }
    refresh();
}

void CertificatesPage::refresh()
{
    const bool live = m_context.bridge().link() == Link::Live;
    for (QPushButton *button : {m_import, m_create, m_renew}) {
        button->setEnabled(live);
        button->setToolTip(live ? QString() : tr("The engine is not reachable"));
    }
    m_note->setText(
        m_problem.isEmpty()
            ? tr("As they were at %1; the engine is not reachable").arg(clockText(m_fetchedUnixMs))
            : tr("They could not be asked for again: %1").arg(m_problem));
    m_note->setVisible(m_isKnown && (!live || !m_problem.isEmpty()));
    if (m_model.rowCount() == 0)
        return showEmpty();
    m_stack->setCurrentWidget(m_scroll);
    m_table->resortQuietly();
    m_table->setFixedHeight(m_table->heightForRows(kRowsShownMax));
    const int row = m_model.find(m_chosen);
    const bool none = m_table->model()->rowCount() == 0;
    m_none->setText(tr("No certificate has “%1” in it").arg(m_filter->text()));
    m_none->setVisible(none);
    if (row < 0 || !m_table->shows(row)) // the first in the order on screen
        m_table->selectRow(0);
    else
        m_table->selectSourceRow(row);
    showChosen();
    m_localCa->refresh();
}

void CertificatesPage::showChosen()
{
    // Not of the table: a row becomes the current one before it is selected.
    const int row = m_model.find(m_chosen);
    const bool shown = row >= 0 && m_table->shows(row);
    m_detail->setVisible(shown);
    if (shown)
        m_detail->show(m_model.rowAt(row));
}

void CertificatesPage::select(const QString &id)
{
    m_chosen = toStd(id);
    const int row = m_model.find(m_chosen);
    if (row < 0 || !m_table->shows(row))
        m_filter->clear();
    if (row >= 0)
        m_table->selectSourceRow(row);
}

void CertificatesPage::showEmpty()
{
    m_stack->setCurrentWidget(m_empty);
    if (m_isKnown)
        return m_empty->show(
            tr("No certificates yet"),
            tr("No listener speaks HTTPS. With one, sites below localhost get a certificate by "
               "themselves; for other names, import one that a public authority signed."),
            m_import->isEnabled() ? tr("Import…") : QString());
    if (!m_problem.isEmpty() && m_context.bridge().link() == Link::Live)
        return m_empty->show(tr("The certificates cannot be shown"), m_problem);
    m_empty->show(m_context.bridge().link() == Link::Lost ? tr("The engine does not answer")
                                                          : tr("Connecting to the engine"),
                  tr("Certificates appear here as soon as it answers."));
}

void CertificatesPage::dragEnterEvent(QDragEnterEvent *event)
{
    const QStringList files = droppedOf(*event->mimeData()).paths;
    if (files.isEmpty() || !std::ranges::all_of(files, CertificateActions::isPemName))
        return event->ignore(); // a folder is meant for the window
    event->acceptProposedAction();
    m_overlay->show(files.size() == 1 ? tr("Import %1").arg(QFileInfo(files.first()).fileName())
                                      : tr("Import %n file(s)", nullptr, int(files.size())));
}

void CertificatesPage::dragLeaveEvent(QDragLeaveEvent *)
{
    m_overlay->hide();
}

void CertificatesPage::dropEvent(QDropEvent *event)
{
    m_overlay->hide();
    event->acceptProposedAction();
    m_actions.importNew(droppedOf(*event->mimeData()).paths);
}

} // namespace arc
