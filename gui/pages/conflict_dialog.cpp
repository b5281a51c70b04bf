// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/conflict_dialog.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/diff_list.h"
#include "gui/pages/pending_bar.h"
#include "gui/theme/theme.h"

#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

constexpr QSize kConflictSize {720, 540};
constexpr int kAuthorsMax = 5; ///< foreign revisions told by name

static QLabel *addLine(const QString &text, QVBoxLayout *card, QWidget *parent)
{
    QLabel *label = plainLabel(text, parent);
    card->addWidget(label);
    return label;
}

ConflictDialog::ConflictDialog(ControlBridge &bridge, const ConflictText &text, QWidget *parent)
    : TitledDialog(text.title, text.sentence, parent), m_diff(new DiffList(this))
{
    setWindowTitle(tr("Changed meanwhile"));
    resize(scaled(kConflictSize));
    column()->setSpacing(8);
    auto *theirs = new QFrame(this);
    theirs->setProperty("card", true);
    auto *inside = new QVBoxLayout(theirs);
    inside->setContentsMargins(14, 10, 10, 10);
    addLine(tr("What they changed"), inside, theirs)->setFont(boldFont());
    m_who = addLine({}, inside, theirs);
    m_who->setProperty("secondary", true);
    inside->addWidget(m_diff, 1);
    column()->addWidget(theirs, 1);
    auto *mine = new QFrame(this);
    mine->setProperty("card", true);
    inside = new QVBoxLayout(mine);
    inside->setContentsMargins(14, 10, 10, 10);
    addLine(tr("Yours"), inside, mine)->setFont(boldFont());
    addLine(text.mine.join(QLatin1Char('\n')), inside, mine);
    column()->addWidget(mine);
    m_drop = addButton(text.drop, "drop");
    m_drop->setProperty("danger", true);
    addStretch();
    m_later = addButton(tr("Decide later"), "later");
    m_onTop = addButton(text.onTop, "onTop");
    connect(m_later, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_drop, &QPushButton::clicked, this, [this] {
        close();
        Q_EMIT drop();
    });
    connect(m_onTop, &QPushButton::clicked, this, [this] {
        close();
        Q_EMIT onTop();
    });
    m_diff->say(tr("Being looked up"));
    m_diff->load(bridge, text.from, text.to);
    loadAuthors(bridge, text.from, text.to);
    makeDefault(m_later);
}

QString ConflictDialog::whoText() const
{
    return m_who->text();
}

void ConflictDialog::loadAuthors(ControlBridge &bridge, uint64_t from, uint64_t to)
{
    bridge.call(&Control::configHistory, {.before = to ? to + 1 : 0, .limit = kAuthorsMax}, this,
                [this, from](Result<api::RevisionViews> answer) {
                    if (!answer || answer->revisions.empty())
                        return m_who->hide();
                    QStringList lines;
                    for (const api::RevisionView &one : answer->revisions) {
                        if (one.revision > from)
                            lines << tr("%1 · %2 · revision %3: %4")
                                         .arg(clockText(one.atUnixMs), toQString(one.author))
                                         .arg(one.revision)
                                         .arg(toQString(one.summary));
                    }
                    m_who->setText(lines.join(QLatin1Char('\n')));
                    const api::RevisionView &newest = answer->revisions.front();
                    heading()->setText(foreignText(toQString(newest.author), newest.atUnixMs));
                    setAccessibleName(heading()->text());
                });
}

} // namespace arc
