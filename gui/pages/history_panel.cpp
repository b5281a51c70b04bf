// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/history_panel.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace arc {

HistoryPanel::HistoryPanel(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_scroll(new QScrollArea(this)), m_note(new QLabel(this))
{
    auto *title = new QLabel(tr("Configuration history"), this);
    title->setFont(titleFont());
    m_note->setProperty("secondary", true);
    m_note->setWordWrap(true);
    m_scroll->setWidgetResizable(true);
    m_scroll->setAccessibleName(tr("Configuration history"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 18, 16, 12);
    layout->addWidget(title);
    layout->addWidget(m_note);
    layout->addWidget(m_scroll, 1);
    connect(&context.bridge(), &ControlBridge::sitesChanged, this, [this] {
        if (isVisible())
            load();
    });
}

void HistoryPanel::load()
{
    m_context.bridge().call(&Control::configHistory, {.before = 0, .limit = kShownMax}, this,
                            [this](Result<api::RevisionViews> answer) {
                                if (!answer)
                                    return m_note->setText(toQString(answer.error().message()));
                                m_note->setText(tr("Restoring makes a new revision; nothing is "
                                                   "lost. Newest first."));
                                if (answer->revisions == m_revisions)
                                    return;
                                m_revisions = std::move(answer->revisions);
                                rebuild();
                            });
}

void HistoryPanel::rebuild()
{
    auto *content = new QWidget(m_scroll);
    content->setProperty("page", true);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 4, 6, 4);
    column->setSpacing(8);
    for (size_t i = 0; i < m_revisions.size(); ++i)
        column->addWidget(makeRow(m_revisions[i], i == 0));
    column->addStretch();
    m_scroll->setWidget(content); // deletes the one before
}

QWidget *HistoryPanel::makeRow(const api::RevisionView &revision, bool isNewest)
{
    auto *card = new QFrame(this);
    card->setProperty("card", true);
    auto *summary = new QLabel(toQString(revision.summary), card);
    summary->setTextFormat(Qt::PlainText);
    summary->setWordWrap(true);
    summary->setFont(boldFont());
    auto *origin = new QLabel(tr("%1 · %2 · revision %3")
                                  .arg(dateTimeText(revision.atUnixMs), toQString(revision.author))
                                  .arg(revision.revision),
                              card);
    origin->setTextFormat(Qt::PlainText);
    origin->setProperty("secondary", true);
    auto *diff = new QLabel(card);
    diff->setTextFormat(Qt::PlainText);
    diff->setWordWrap(true);
    diff->setFont(monoFont());
    diff->hide();
    auto *texts = new QVBoxLayout;
    texts->setSpacing(2);
    texts->addWidget(summary);
    texts->addWidget(origin);
    texts->addWidget(diff);
    auto *row = new QHBoxLayout(card);
    row->setContentsMargins(14, 10, 10, 10);
    row->addLayout(texts, 1);
    if (isNewest) {
        auto *now = new QLabel(tr("in force"), card);
        now->setProperty("badge", true);
        row->addWidget(now);
        return card;
    }
    auto *show = new QPushButton(tr("What would change"), card);
    show->setProperty("flat", true);
    show->setAccessibleName(tr("What restoring revision %1 would change").arg(revision.revision));
    auto *restoreButton = new QPushButton(tr("Restore"), card);
    restoreButton->setAccessibleName(tr("Restore revision %1").arg(revision.revision));
    restoreButton->setObjectName(QStringLiteral("restore%1").arg(revision.revision));
    row->addWidget(show);
    row->addWidget(restoreButton);
    connect(show, &QPushButton::clicked, this,
            [this, id = revision.revision, diff] { showDiff(id, diff); });
    connect(restoreButton, &QPushButton::clicked, this,
            [this, id = revision.revision] { restore(id); });
    return card;
}

void HistoryPanel::showDiff(uint64_t revision, QLabel *into)
{
    if (!into->isHidden())
        return into->hide();
    const uint64_t newest = m_revisions.empty() ? 0 : m_revisions.front().revision;
    m_context.bridge().call(&Control::configDiff, {.from = newest, .to = revision}, into,
                            [into](Result<api::DiffView> answer) {
                                QStringList lines;
                                if (!answer) {
                                    lines << toQString(answer.error().message());
                                } else {
                                    for (const api::DiffItem &item : answer->items)
                                        lines << (item.before.empty()      ? tr("+ %1 %2")
                                                      : item.after.empty() ? tr("− %1 %2")
                                                                           : tr("~ %1 %2"))
                                                     .arg(toQString(item.kind), toQString(item.id));
                                    if (lines.isEmpty())
                                        lines << tr("Nothing: it is the same configuration");
                                }
                                into->setText(lines.join(QLatin1Char('\n')));
                                into->show();
                            });
}

void HistoryPanel::restore(uint64_t revision)
{
    m_context.bridge().call(&Control::rollbackConfig, {.to = revision}, this,
                            [this, revision](Result<api::Changed> answer) {
                                if (answer)
                                    m_context.sayUndoable(tr("Back at revision %1").arg(revision),
                                                          answer->revision);
                                else
                                    m_context.sayFailed(tr("Restore revision %1").arg(revision),
                                                        toQString(answer.error().message()));
                                m_context.bridge().refresh();
                                load();
                            });
}

} // namespace arc
