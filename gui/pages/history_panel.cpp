// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/history_panel.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/diff_list.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "gui/widgets/beside_layout.h"
#include "gui/widgets/cut_tips.h"
#include "gui/widgets/flow_layout.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

constexpr int kListWidthMin = 190;
constexpr int kListWidthMax = 330;
constexpr int kChoiceWidthMin = 130;
constexpr int kChoiceLetters = 12;
constexpr int kBesideWidth = 500; ///< of the panel, for the difference beside the list
constexpr int kRevisionRole = Qt::UserRole;
// Choices of what a revision is compared with; a larger number is a revision.
constexpr qulonglong kWithBefore = 0;
constexpr qulonglong kWithNow = 1;

HistoryPanel::HistoryPanel(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_filter(new QLineEdit(this)),
      m_list(new QListWidget(this)), m_note(new QLabel(this)),
      m_older(new QPushButton(tr("Show older"), this)), m_summary(new QLabel(this)),
      m_origin(new QLabel(this)), m_with(new QComboBox(this)), m_diff(new DiffList(this)),
      m_restore(new QPushButton(tr("Restore"), this))
{
    auto *title = new QLabel(tr("Configuration history"), this);
    title->setFont(titleFont());
    QWidget *left = makeLeft();
    auto *halves = new BesideLayout(*this, kBesideWidth, [left](bool beside) {
        left->setMaximumWidth(beside ? scaled(kListWidthMax) : QWIDGETSIZE_MAX);
    });
    halves->setSpacing(12);
    halves->addWidget(left, 2);
    halves->addWidget(makeRight(), 3);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 18, 16, 12);
    layout->setSpacing(10);
    layout->addWidget(title);
    layout->addLayout(halves, 1);
    connect(m_filter, &QLineEdit::textChanged, this, &HistoryPanel::applyFilter);
    connect(m_list, &QListWidget::currentItemChanged, this, [this] {
        if (!m_filling)
            showChosen();
    });
    connect(m_with, &QComboBox::currentIndexChanged, this, [this] {
        if (!m_filling)
            showDifference();
    });
    connect(m_restore, &QPushButton::clicked, this, &HistoryPanel::restore);
    connect(m_older, &QPushButton::clicked, this, [this] {
        m_context.bridge().call(
            &Control::configHistory,
            {.before = m_revisions.empty() ? 0 : m_revisions.back().revision, .limit = kPageSize},
            this, [this](Result<api::RevisionViews> answer) { take(std::move(answer), true); });
    });
    connect(&context.bridge(), &ControlBridge::sitesChanged, this, [this] {
        if (isVisible())
            load();
    });
    connect(&context.bridge(), &ControlBridge::linkChanged, this, &HistoryPanel::showChosen);
    showChosen();
}

QWidget *HistoryPanel::makeLeft()
{
    auto *left = new QWidget(this);
    left->setMinimumWidth(kListWidthMin);
    m_filter->setPlaceholderText(tr("Filter by words, author or revision"));
    m_filter->setAccessibleName(tr("Filter the history"));
    m_filter->setClearButtonEnabled(true);
    m_list->setAccessibleName(tr("Revisions, newest first"));
    m_list->setProperty("index", true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setTextElideMode(Qt::ElideRight);
    keepTipsToWhatIsCut(*m_list);
    m_note->setProperty("secondary", true);
    m_note->setWordWrap(true);
    auto *column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(m_filter);
    column->addWidget(m_list, 1);
    column->addWidget(m_note);
    column->addWidget(m_older);
    m_older->hide();
    m_note->hide();
    return left;
}

QWidget *HistoryPanel::makeRight()
{
    auto *card = new QFrame(this);
    card->setProperty("card", true);
    for (QLabel *label : {m_summary, m_origin}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_summary->setFont(boldFont());
    m_origin->setProperty("secondary", true);
    m_with->setAccessibleName(tr("What the revision is compared with"));
    m_with->setMinimumWidth(kChoiceWidthMin);
    m_with->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_with->setMinimumContentsLength(kChoiceLetters);
    m_with->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_restore->setToolTip(tr("Makes this the configuration again, as a new revision"));
    auto *row = new FlowLayout(FlowLayout::Widths::Natural, 8);
    row->setTailAtEnd(true);
    row->addWidget(m_with);
    row->addWidget(m_restore);
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(16, 12, 14, 12);
    column->setSpacing(6);
    column->addWidget(m_summary);
    column->addWidget(m_origin);
    column->addSpacing(4);
    column->addLayout(row);
    column->addWidget(m_diff, 1);
    return card;
}

void HistoryPanel::load()
{
    m_context.bridge().call(
        &Control::configHistory, {.before = 0, .limit = kPageSize}, this,
        [this](Result<api::RevisionViews> answer) { take(std::move(answer), false); });
}

void HistoryPanel::take(Result<api::RevisionViews> answer, bool isOlder)
{
    m_note->setVisible(!answer);
    if (!answer)
        return m_note->setText(toQString(answer.error().message()));
    std::vector<api::RevisionView> all = isOlder ? m_revisions : std::move(answer->revisions);
    if (isOlder) {
        all.insert(all.end(), answer->revisions.begin(), answer->revisions.end());
    } else if (!all.empty()) {
        // What was fetched before beyond this page stays.
        const uint64_t oldest = all.back().revision;
        for (const api::RevisionView &one : m_revisions) {
            if (one.revision < oldest)
                all.push_back(one);
        }
    }
    m_older->setVisible(!all.empty() && all.back().revision > 1);
    if (all == m_revisions)
        return;
    m_revisions = std::move(all);
    fillList();
}

void HistoryPanel::fillList()
{
    m_filling = true;
    const qulonglong wanted =
        m_list->currentItem() ? m_list->currentItem()->data(kRevisionRole).toULongLong() : 0;
    m_list->clear();
    for (const api::RevisionView &one : m_revisions) {
        const QString origin = tr("%1 · %2 · revision %3")
                                   .arg(dateTimeText(one.atUnixMs), toQString(one.author))
                                   .arg(one.revision);
        auto *item = new QListWidgetItem(
            toQString(one.summary).left(160) + QLatin1Char('\n') + origin, m_list);
        item->setData(kRevisionRole, qulonglong(one.revision));
        item->setToolTip(toQString(one.summary));
        if (one.revision == wanted)
            m_list->setCurrentItem(item);
    }
    if (!m_list->currentItem() && m_list->count() > 0)
        m_list->setCurrentRow(0);
    m_filling = false;
    applyFilter();
    fillChoices();
    showChosen();
}

void HistoryPanel::applyFilter()
{
    const QString text = m_filter->text().trimmed();
    int shown = 0;
    for (int i = 0; i < m_list->count(); ++i) {
        QListWidgetItem *item = m_list->item(i);
        const bool matches = (item->text() + item->toolTip()).contains(text, Qt::CaseInsensitive);
        item->setHidden(!matches);
        shown += matches ? 1 : 0;
    }
    m_note->setVisible(shown == 0 && m_list->count() > 0);
    if (shown == 0)
        m_note->setText(tr("No revision among the %n fetched matches.", nullptr, m_list->count()));
}

void HistoryPanel::fillChoices()
{
    const QSignalBlocker block(m_with);
    const qulonglong wanted = m_with->currentData().toULongLong();
    m_with->clear();
    m_with->addItem(tr("What it changed"), kWithBefore);
    m_with->addItem(tr("What restoring it would change"), kWithNow);
    for (const api::RevisionView &one : m_revisions)
        m_with->addItem(tr("Compared with revision %1 · %2")
                            .arg(one.revision)
                            .arg(toQString(one.summary).left(60)),
                        qulonglong(one.revision));
    // Revision 1 is one of the choices, too; the two words stand before all revisions.
    const int at = wanted > kWithNow ? m_with->findData(wanted) : int(wanted);
    m_with->setCurrentIndex(std::max(0, at));
}

const api::RevisionView *HistoryPanel::chosen() const
{
    if (!m_list->currentItem())
        return nullptr;
    const uint64_t wanted = m_list->currentItem()->data(kRevisionRole).toULongLong();
    const auto at = std::ranges::find(m_revisions, wanted, &api::RevisionView::revision);
    return at == m_revisions.end() ? nullptr : &*at;
}

void HistoryPanel::showChosen()
{
    const api::RevisionView *revision = chosen();
    const bool isNewest = revision && revision == &m_revisions.front();
    m_with->setVisible(revision);
    m_restore->setVisible(revision);
    if (!revision) {
        m_summary->setText(tr("Nothing is chosen"));
        m_origin->clear();
        return m_diff->say(tr("Every change of the configuration is kept here, with its author."));
    }
    m_summary->setText(toQString(revision->summary));
    m_origin->setText(tr("%1 · %2 · revision %3%4")
                          .arg(dateTimeText(revision->atUnixMs), toQString(revision->author))
                          .arg(revision->revision)
                          .arg(isNewest ? tr(" · in force") : QString()));
    const bool live = m_context.bridge().link() == Link::Live;
    m_restore->setEnabled(live && !isNewest);
    m_restore->setText(tr("Restore revision %1").arg(revision->revision));
    m_restore->setToolTip(!live          ? tr("The engine is not reachable")
                              : isNewest ? tr("It is in force")
                                         : tr("Makes this the configuration again, as a new "
                                              "revision; nothing is lost"));
    showDifference();
}

void HistoryPanel::showDifference()
{
    const api::RevisionView *revision = chosen();
    if (!revision)
        return;
    const qulonglong with = m_with->currentData().toULongLong();
    const bool byWord = m_with->currentIndex() < 2;
    const uint64_t newest = m_revisions.front().revision;
    if (byWord && with == kWithBefore) {
        if (revision->revision < 2)
            return m_diff->say(tr("It is the beginning; nothing was before it."));
        return m_diff->load(m_context.bridge(), revision->revision - 1, revision->revision);
    }
    if (byWord)
        return m_diff->load(m_context.bridge(), newest, revision->revision);
    m_diff->load(m_context.bridge(), with, revision->revision);
}

void HistoryPanel::restore()
{
    const api::RevisionView *revision = chosen();
    if (!revision)
        return;
    // Decided against what is shown: somebody else's newer revision must not be lost unseen.
    m_restore->setEnabled(false);
    m_context.bridge().call(&Control::rollbackConfig,
                            {.to = revision->revision, .revision = m_revisions.front().revision},
                            this, [this, wanted = revision->revision](Result<api::Changed> answer) {
                                if (answer)
                                    m_context.sayUndoable(tr("Back at revision %1").arg(wanted),
                                                          answer->revision);
                                else
                                    m_context.sayFailed(tr("Restore revision %1").arg(wanted),
                                                        toQString(answer.error().message()));
                                m_context.bridge().refresh();
                                load();
                                showChosen();
                            });
}

} // namespace arc
