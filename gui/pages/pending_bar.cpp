// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/pending_bar.h"

#include "gui/bridge/staging.h"
#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QPushButton>

namespace arc {

constexpr int64_t kJustNowMs = 2000;
constexpr int kNamedMax = 4;     ///< changes told in the line itself
constexpr int kAppsNamedMax = 3; ///< apps told on the button

PendingBar::PendingBar(Staging &staging, QWidget *parent)
    : QFrame(parent), m_staging(staging), m_text(new ElidedLabel(this)),
      m_note(new ElidedLabel(this)), m_review(new QPushButton(tr("Review"), this)),
      m_discard(new QPushButton(tr("Discard"), this)), m_apply(new QPushButton(tr("Apply"), this))
{
    setProperty("pending", true);
    m_text->setFont(boldFont());
    m_note->setFont(smallFont());
    m_review->setAccessibleName(tr("Review the changes that are not applied"));
    m_discard->setAccessibleName(tr("Discard the changes that are not applied"));
    m_apply->setProperty("primary", true);
    auto *texts = new QVBoxLayout;
    texts->setSpacing(1);
    texts->addWidget(m_text);
    texts->addWidget(m_note);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(16, 7, 16, 7);
    row->setSpacing(8);
    row->addLayout(texts, 1);
    row->addWidget(m_review);
    row->addWidget(m_discard);
    row->addWidget(m_apply);
    connect(m_review, &QPushButton::clicked, this, &PendingBar::review);
    connect(m_discard, &QPushButton::clicked, this, &PendingBar::discard);
    connect(m_apply, &QPushButton::clicked, &staging, &Staging::apply);
    connect(&staging, &Staging::changed, this, &PendingBar::refresh);
    refresh();
}

QString PendingBar::text() const
{
    return m_text->fullText();
}

QString PendingBar::note() const
{
    return m_note->fullText();
}

QString PendingBar::summary() const
{
    QStringList parts;
    for (const StagedEdit &edit : m_staging.changes().edits()) {
        if (parts.size() == kNamedMax) {
            parts << QStringLiteral("…");
            break;
        }
        const QString where =
            edit.id.scope == "engine" ? QString() : toQString(edit.id.object) + QLatin1Char(' ');
        parts << where + edit.label() + QLatin1Char(' ') + edit.changeText();
    }
    return tr("%n change(s) not applied", nullptr, m_staging.changes().count())
        + QStringLiteral(": ") + parts.join(QStringLiteral(", "));
}

QString PendingBar::noteText() const
{
    if (const auto &foreign = m_staging.foreign())
        return foreignText(foreign->author, foreign->atUnixMs)
            + (foreign->overlaps ? tr(", and so were values that you changed here. "
                                      "Nothing is applied until you decide.")
                                 : tr(" after these changes were made here. "
                                      "Nothing is applied until you decide."));
    QStringList parts;
    if (!m_staging.restoredNote().isEmpty())
        parts << m_staging.restoredNote();
    switch (m_staging.state()) {
    case Staging::State::Refused:
    case Staging::State::Unreachable:
    case Staging::State::Applying:
        parts << m_staging.whyNotApply();
        break;
    default:
        if (const int count = m_staging.engineRestarts())
            parts << tr("%n of them take(s) effect when the engine is started again", nullptr,
                        count);
    }
    return parts.join(QStringLiteral(" · "));
}

void PendingBar::refresh()
{
    const Staging::State state = m_staging.state();
    setVisible(state != Staging::State::Empty && !m_staging.changes().isEmpty());
    if (!isVisibleTo(parentWidget()))
        return;
    const bool isConflict = state == Staging::State::Conflict;
    m_text->setFullText(summary());
    const QString note = noteText();
    m_note->setFullText(note);
    m_note->setVisible(!note.isEmpty());
    const char *tone = state == Staging::State::Refused ? "bad"
        : isConflict                                    ? "caution"
                                                        : "secondary";
    for (const char *name : {"bad", "caution", "secondary"})
        setMark(*m_note, name, qstrcmp(name, tone) == 0);
    m_review->setText(isConflict ? tr("View difference") : tr("Review"));
    m_review->setIcon(isConflict ? icon(QStringLiteral("warning"), Tint::Warn) : QIcon());
    m_discard->setEnabled(state != Staging::State::Applying);
    m_apply->setText(applyText(m_staging));
    m_apply->setEnabled(state == Staging::State::Ready);
    const QString why = m_staging.whyNotApply();
    m_apply->setToolTip(why.isEmpty() ? tr("Apply all of them as one revision (Ctrl+Return)")
                                      : why);
    m_apply->setAccessibleDescription(why);
}

QString foreignText(const QString &author, int64_t atUnixMs)
{
    const QString who = author.isEmpty() ? PendingBar::tr("somebody") : author;
    if (atUnixMs <= 0)
        return PendingBar::tr("Changed by %1").arg(who);
    const int64_t now = QDateTime::currentMSecsSinceEpoch();
    if (now - atUnixMs < kJustNowMs)
        return PendingBar::tr("Changed by %1 just now").arg(who);
    return PendingBar::tr("Changed by %1 %2 ago").arg(who, ageText(atUnixMs, now));
}

QString applyText(const Staging &staging)
{
    const QStringList apps = staging.restarts();
    if (apps.isEmpty())
        return PendingBar::tr("Apply");
    if (apps.size() > kAppsNamedMax)
        return PendingBar::tr("Apply (restarts %n apps)", nullptr, int(apps.size()));
    return PendingBar::tr("Apply (restarts %1)").arg(apps.join(QStringLiteral(", ")));
}

} // namespace arc
