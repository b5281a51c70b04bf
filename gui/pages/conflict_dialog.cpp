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

static QLabel *addHeading(const QString &text, QVBoxLayout *column, QWidget *parent)
{
    auto *label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    column->addWidget(label);
    return label;
}

ConflictDialog::ConflictDialog(ControlBridge &bridge, const ConflictText &text, QWidget *parent)
    : QDialog(parent), m_diff(new DiffList(this)), m_drop(new QPushButton(text.drop, this)),
      m_later(new QPushButton(tr("Decide later"), this)), m_onTop(new QPushButton(text.onTop, this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Changed meanwhile"));
    setAccessibleName(text.title);
    setAccessibleDescription(text.sentence);
    resize(scaled(kConflictSize));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(8);
    m_title = addHeading(text.title, layout, this);
    m_title->setFont(titleFont());
    addHeading(text.sentence, layout, this)->setProperty("secondary", true);
    auto *theirs = new QFrame(this);
    theirs->setProperty("card", true);
    auto *column = new QVBoxLayout(theirs);
    column->setContentsMargins(14, 10, 10, 10);
    addHeading(tr("What they changed"), column, theirs)->setFont(boldFont());
    m_who = addHeading({}, column, theirs);
    m_who->setProperty("secondary", true);
    column->addWidget(m_diff, 1);
    layout->addWidget(theirs, 1);
    auto *mine = new QFrame(this);
    mine->setProperty("card", true);
    column = new QVBoxLayout(mine);
    column->setContentsMargins(14, 10, 10, 10);
    addHeading(tr("Yours"), column, mine)->setFont(boldFont());
    addHeading(text.mine.join(QLatin1Char('\n')), column, mine);
    layout->addWidget(mine);
    m_drop->setProperty("danger", true);
    for (QPushButton *button : {m_drop, m_later, m_onTop})
        button->setAutoDefault(false);
    m_later->setDefault(true);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_drop);
    buttons->addStretch();
    buttons->addWidget(m_later);
    buttons->addWidget(m_onTop);
    layout->addSpacing(4);
    layout->addLayout(buttons);
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
    m_later->setFocus();
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
                    m_title->setText(foreignText(toQString(newest.author), newest.atUnixMs));
                    setAccessibleName(m_title->text());
                });
}

} // namespace arc
