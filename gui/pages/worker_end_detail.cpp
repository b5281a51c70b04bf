// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/worker_end_detail.h"

#include "gui/charts/memory_curve.h"
#include "gui/models/format.h"
#include "gui/models/worker_ends_model.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/fact_grid.h"
#include "gui/widgets/flow_layout.h"
#include "gui/widgets/output_view.h"
#include "gui/widgets/state_pill.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace arc {

constexpr int kHeadGap = 10;
constexpr int kViewFrame = 16; ///< around the lines of an OutputView: border and padding
constexpr int kAgainMs = 60'000;

WorkerEndDetail::WorkerEndDetail(QWidget *parent)
    : QFrame(parent), m_title(new ElidedLabel(this)), m_pill(new StatePill(this)),
      m_logs(new QPushButton(icon(QStringLiteral("logs")), tr("All its lines"), this)),
      m_cause(new QLabel(this)), m_facts(new FactGrid), m_stacksCaption(new QLabel(this)),
      m_stacks(new OutputView(this)), m_outputCaption(new QLabel(this)),
      m_output(new OutputView(this))
{
    setProperty("card", true);
    m_title->setFont(titleFont());
    m_cause->setTextFormat(Qt::PlainText);
    m_cause->setWordWrap(true);
    m_cause->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_stacksCaption->setText(tr("Where it stood"));
    m_outputCaption->setText(tr("What it wrote last"));
    for (QLabel *caption : {m_stacksCaption, m_outputCaption})
        caption->setProperty("secondary", true);
    m_stacks->setAccessibleName(m_stacksCaption->text());
    m_output->setAccessibleName(m_outputCaption->text());
    auto *what = new QHBoxLayout;
    what->addWidget(m_title);
    what->addWidget(m_pill);
    auto *deeds = new QHBoxLayout;
    deeds->addWidget(m_logs);
    auto *head = new FlowLayout(FlowLayout::Widths::Natural, kHeadGap);
    head->setTailAtEnd(true);
    head->addRow(what, kHeadGap, this);
    head->addRow(deeds, kHeadGap, this);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(16, 12, 16, 14);
    column->setSpacing(8);
    column->addLayout(head);
    column->addWidget(m_cause);
    column->addLayout(m_facts);
    column->addWidget(m_stacksCaption);
    column->addWidget(m_stacks);
    column->addWidget(m_outputCaption);
    column->addWidget(m_output);
    connect(m_logs, &QPushButton::clicked, this, &WorkerEndDetail::logsAsked);
}

void WorkerEndDetail::show(const api::WorkerEnd &end, bool isWhole, int64_t nowUnixMs)
{
    if (end == m_shown && nowUnixMs - m_shownAt < kAgainMs)
        return; // rebuilding would take a selection or the focus away
    const bool isSame = end.id == m_shown.id;
    m_shown = end;
    m_shownAt = nowUnixMs;
    const QString app = toQString(end.app);
    m_title->setFullText(tr("Worker %1 of %2").arg(end.pid).arg(app));
    m_pill->show(toQString(end.kind));
    m_logs->setAccessibleName(tr("All lines that %1 wrote").arg(app));
    m_cause->setText(endCause(end));
    setMark(*m_cause, "bad", !end.planned);
    m_facts->clear();
    addFacts(end, nowUnixMs);
    if (!isWhole && isSame)
        return; // the stacks and lines that are there are of this end
    QStringList stacks;
    for (const api::StackView &stack : end.stacks)
        stacks << clockText(stack.atUnixMs) + QStringLiteral("  ") + toQString(stack.about)
                + QLatin1Char('\n') + toQString(stack.text).trimmed();
    showLines(*m_stacksCaption, *m_stacks, stacks.join(QStringLiteral("\n\n")));
    QStringList lines;
    for (const std::string &line : end.output)
        lines << toQString(line);
    showLines(*m_outputCaption, *m_output, lines.join(QLatin1Char('\n')));
}

void WorkerEndDetail::addFacts(const api::WorkerEnd &end, int64_t nowUnixMs)
{
    m_facts->add(tr("Ended"),
                 tr("%1, %2 ago")
                     .arg(dateTimeText(end.endedUnixMs),
                          ageText(end.endedUnixMs, std::max(nowUnixMs, end.endedUnixMs))));
    const QString lived = ageText(end.startedUnixMs, end.endedUnixMs);
    m_facts->add(
        tr("Lived"),
        end.wasReady
            ? tr("%1, in generation %2").arg(lived).arg(end.generation)
            : tr("%1, in generation %2; it never was ready").arg(lived).arg(end.generation));
    m_facts->add(tr("Requests answered"), rateText(double(end.requests)));
    QStringList running;
    for (const api::EndedRequest &request : end.running)
        running << endedRequestText(request);
    if (end.moreRunning > 0)
        running << tr("and %n more", nullptr, int(end.moreRunning));
    m_facts->add(tr("In flight"),
                 running.isEmpty() ? tr("Nothing: no request was lost")
                                   : running.join(QLatin1Char('\n')));
    QStringList memory;
    if (!end.memory.empty())
        memory
            << tr("%1 when it was last measured").arg(bytesText(double(end.memory.back().bytes)));
    if (end.peakMemoryBytes > 0)
        memory << tr("%1 at most").arg(bytesText(double(end.peakMemoryBytes)));
    m_facts->add(tr("Memory"), memory.join(QStringLiteral(", ")));
    if (end.memory.size() >= MemoryCurve::kPointsMin)
        m_facts->add(tr("How it grew"), new MemoryCurve(end.memory, this));
}

/// As high as the text needs, up to a limit.
void WorkerEndDetail::showLines(QLabel &caption, OutputView &view, const QString &text)
{
    const auto lines = int(text.count(QLatin1Char('\n'))) + 1;
    const QFontMetrics metrics(view.font());
    view.showText(text);
    view.setFixedHeight(metrics.lineSpacing() * (std::min(lines, kLinesShownMax) + 1) + kViewFrame);
    caption.setVisible(!text.isEmpty());
    view.setVisible(!text.isEmpty());
}

QString WorkerEndDetail::title() const
{
    return m_title->fullText();
}

QString WorkerEndDetail::causeText() const
{
    return m_cause->text();
}

QStringList WorkerEndDetail::facts() const
{
    return factsOf(*this);
}

} // namespace arc
