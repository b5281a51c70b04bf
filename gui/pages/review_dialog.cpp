// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/review_dialog.h"

#include "gui/bridge/staging.h"
#include "gui/models/format.h"
#include "gui/pages/pending_bar.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"

#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <map>
#include <utility>

namespace arc {

constexpr QSize kReviewSize {720, 520};

ReviewDialog::ReviewDialog(Staging &staging, QWidget *parent)
    : TitledDialog(tr("Changes that are not applied"), {}, parent), m_staging(staging),
      m_scroll(new QScrollArea(this)), m_whole(plainLabel({}, this)),
      m_effects(plainLabel({}, this))
{
    resize(scaled(kReviewSize));
    m_scroll->setWidgetResizable(true);
    m_scroll->setAccessibleName(tr("Changes"));
    m_whole->setProperty("bad", true);
    m_effects->setProperty("secondary", true);
    column()->addWidget(m_scroll, 1);
    column()->addWidget(m_whole);
    column()->addWidget(m_effects);
    m_discard = addButton(tr("Discard all"), "discard");
    m_discard->setProperty("danger", true);
    addStretch();
    m_close = addButton(tr("Close"), "close");
    m_apply = addButton(tr("Apply"), "apply");
    m_apply->setProperty("primary", true);
    connect(m_close, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_discard, &QPushButton::clicked, this, &ReviewDialog::discard);
    connect(m_apply, &QPushButton::clicked, &staging, &Staging::apply);
    connect(&staging, &Staging::changed, this, &ReviewDialog::refresh);
    refresh();
    makeDefault(m_close);
}

void ReviewDialog::addLine(QGridLayout *grid, int row, const StagedEdit &edit, QWidget *parent)
{
    auto *what = new QLabel(edit.label(), parent);
    auto *change = new QLabel(edit.changeText(), parent);
    auto *effect = new QLabel(effectText(edit.effect()), parent);
    for (QLabel *label : {what, change}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    what->setProperty("secondary", true);
    change->setFont(boldFont());
    effect->setProperty("badge", true);
    effect->setFont(smallFont());
    auto *drop = new QPushButton(icon(QStringLiteral("close"), Tint::Secondary, IconPlace::Alone),
                                 QString(), parent);
    drop->setProperty("flat", true);
    drop->setFixedSize(scaled(28), scaled(28));
    drop->setAutoDefault(false);
    drop->setObjectName(QStringLiteral("drop:") + toQString(edit.id.key));
    drop->setAccessibleName(tr("Take %1 of %2 out").arg(edit.label(), objectTitle(edit.id)));
    drop->setToolTip(tr("Take this change out"));
    grid->addWidget(what, row, 0);
    grid->addWidget(change, row, 1);
    grid->addWidget(effect, row, 2, Qt::AlignRight | Qt::AlignVCenter);
    grid->addWidget(drop, row, 3);
    QString line =
        QStringLiteral("%1: %2 %3 (%4)")
            .arg(objectTitle(edit.id), edit.label(), edit.changeText(), effectText(edit.effect()));
    if (!edit.problem.empty()) {
        auto *problem = new QLabel(toQString(edit.problem), parent);
        problem->setTextFormat(Qt::PlainText);
        problem->setWordWrap(true);
        problem->setProperty("bad", true);
        grid->addWidget(problem, row + 1, 1, 1, 3);
        line += QStringLiteral(" – ") + problem->text();
    }
    m_lines << line;
    connect(drop, &QPushButton::clicked, this, [this, id = edit.id] {
        // Not from inside the click: the button goes with its line.
        QMetaObject::invokeMethod(
            this, [this, id] { m_staging.changes().remove(id); }, Qt::QueuedConnection);
    });
}

QWidget *ReviewDialog::makeContent()
{
    auto *content = new QWidget(m_scroll);
    content->setProperty("page", true);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 6, 0);
    column->setSpacing(10);
    // The engine first, then what stands inside it.
    std::map<std::pair<bool, QString>, std::vector<const StagedEdit *>> objects;
    for (const StagedEdit &edit : m_staging.changes().edits())
        objects[{edit.id.scope != "engine", objectTitle(edit.id)}].push_back(&edit);
    m_lines.clear();
    for (const auto &[place, edits] : objects) {
        auto *card = new QFrame(content);
        card->setProperty("card", true);
        auto *heading = new QLabel(place.second, card);
        heading->setTextFormat(Qt::PlainText);
        heading->setFont(boldFont());
        auto *grid = new QGridLayout(card);
        grid->setContentsMargins(14, 10, 8, 10);
        grid->setHorizontalSpacing(14);
        grid->setVerticalSpacing(4);
        grid->setColumnMinimumWidth(0, 170);
        grid->setColumnStretch(1, 1);
        grid->addWidget(heading, 0, 0, 1, 4);
        int row = 1;
        for (const StagedEdit *edit : edits) {
            addLine(grid, row, *edit, card);
            row += 2;
        }
        column->addWidget(card);
    }
    column->addStretch();
    return content;
}

void ReviewDialog::refresh()
{
    if (m_staging.changes().isEmpty() || m_staging.foreign())
        return close(), void();
    m_scroll->setWidget(makeContent()); // deletes the one before
    const bool applying = m_staging.state() == Staging::State::Applying;
    const QString whole = m_staging.failure().isEmpty()
        ? toQString(m_staging.changes().wholeProblem)
        : m_staging.failure();
    m_whole->setText(whole);
    m_whole->setVisible(!whole.isEmpty());
    QStringList effects;
    const QStringList apps = m_staging.restarts();
    if (!apps.isEmpty())
        effects << tr("Workers of %1 are replaced one after the other; no request is lost.")
                       .arg(apps.join(QStringLiteral(", ")));
    if (const int count = m_staging.engineRestarts())
        effects << tr("%n change(s) take effect when the engine is started again.", nullptr, count);
    if (effects.isEmpty())
        effects << tr("Nothing is interrupted.");
    m_effects->setText(effects.join(QLatin1Char(' ')));
    m_apply->setText(applyText(m_staging));
    m_apply->setEnabled(m_staging.state() == Staging::State::Ready);
    m_apply->setToolTip(m_staging.whyNotApply());
    m_discard->setEnabled(!applying);
}

} // namespace arc
