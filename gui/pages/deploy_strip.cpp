// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/deploy_strip.h"

#include "gui/models/format.h"
#include "gui/widgets/state_pill.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include <algorithm>

namespace arc {

DeployStrip::DeployStrip(QWidget *parent)
    : QFrame(parent), m_pill(new StatePill(this)), m_text(new QLabel(this)),
      m_output(new QPushButton(tr("Show output"), this))
{
    setProperty("card", true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(12, 8, 12, 8);
    row->setSpacing(10);
    row->addWidget(m_pill, 0, Qt::AlignTop);
    row->addWidget(m_text, 1);
    row->addWidget(m_output, 0, Qt::AlignTop);
    connect(m_output, &QPushButton::clicked, this, &DeployStrip::outputAsked);
    hide();
}

void DeployStrip::show(const api::PoolFigures *pool)
{
    if (pool && pool->nextGeneration > 0) {
        const auto ready =
            std::count_if(pool->workers.begin(), pool->workers.end(), [&](const auto &worker) {
                return worker.generation == pool->nextGeneration && worker.state == "candidate";
            });
        return showLine(QStringLiteral("starting"),
                        tr("Generation %1: %2 of %3 new workers are ready. Generation %4 serves "
                           "until they take over.")
                            .arg(pool->nextGeneration)
                            .arg(ready)
                            .arg(pool->wanted)
                            .arg(pool->generation),
                        false);
    }
    if (pool && pool->state == "ready" && !pool->cause.empty()) {
        QString cause = toQString(pool->cause);
        cause[0] = cause[0].toUpper();
        return showLine(QStringLiteral("refused"), cause, true);
    }
    hide();
}

void DeployStrip::showLine(const QString &state, const QString &text, bool failed)
{
    m_pill->show(state);
    m_text->setText(text);
    m_text->setAccessibleName(text);
    m_output->setVisible(failed);
    QFrame::show();
}

QString DeployStrip::text() const
{
    return isHidden() ? QString() : m_text->text();
}

} // namespace arc
