// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/diff_list.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/theme/theme.h"

#include <QGridLayout>
#include <QLabel>

#include <utility>

namespace arc {

constexpr int kWhatWidth = 130;
constexpr int kBesideWidth = 290; ///< for values beside what they are of

static QLabel *makeLabel(const QString &text, QWidget *parent)
{
    auto *label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText); // values come from apps and other people
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

DiffList::DiffList(QWidget *parent) : QScrollArea(parent)
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(tr("What differs"));
}

void DiffList::load(ControlBridge &bridge, uint64_t from, uint64_t to)
{
    const uint64_t serial = ++m_serial;
    bridge.call(&Control::configDiff, {.from = from, .to = to}, this,
                [this, serial](Result<api::DiffView> answer) {
                    if (serial != m_serial)
                        return; // something else is asked for by now
                    if (answer)
                        show(readable(*answer));
                    else
                        say(toQString(answer.error().message()));
                });
}

bool DiffList::isNarrow() const
{
    return width() < scaled(kBesideWidth);
}

void DiffList::resizeEvent(QResizeEvent *event)
{
    QScrollArea::resizeEvent(event);
    if (!m_objects.empty() && isNarrow() != m_narrow)
        show(std::exchange(m_objects, {}));
}

void DiffList::say(const QString &sentence)
{
    m_objects.clear();
    auto *content = new QWidget(this);
    content->setProperty("page", true);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 4, 6, 4);
    auto *label = makeLabel(sentence, content);
    label->setProperty("secondary", true);
    column->addWidget(label);
    column->addStretch();
    setWidget(content); // deletes the one before
    m_text = sentence;
    setAccessibleDescription(m_text);
}

void DiffList::show(const std::vector<DiffObject> &objects)
{
    if (objects.empty())
        return say(tr("Nothing differs: it is the same configuration."));
    auto *content = new QWidget(this);
    content->setProperty("page", true);
    auto *grid = new QGridLayout(content);
    grid->setContentsMargins(0, 4, 6, 4);
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(5);
    m_narrow = isNarrow();
    grid->setColumnMinimumWidth(0, m_narrow ? 0 : scaled(kWhatWidth));
    grid->setColumnStretch(1, 1);
    QStringList lines;
    int row = 0;
    int shown = 0;
    for (const DiffObject &object : objects) {
        QString title = object.title;
        if (object.change == DiffObject::Change::Added)
            title = tr("+ %1, new").arg(title);
        if (object.change == DiffObject::Change::Removed)
            title = tr("− %1, removed").arg(title);
        auto *heading = makeLabel(title, content);
        heading->setFont(boldFont());
        grid->setRowMinimumHeight(row, row == 0 ? 0 : 30);
        grid->addWidget(heading, row++, 0, 1, 2, Qt::AlignBottom);
        lines << title;
        for (const DiffLine &line : object.lines) {
            if (++shown > kLinesMax)
                continue;
            const bool isNew = object.change == DiffObject::Change::Added;
            auto *what = makeLabel(line.what, content);
            what->setProperty("secondary", true);
            grid->addWidget(what, row, 0, 1, m_narrow ? 2 : 1, Qt::AlignTop);
            row += m_narrow;
            grid->addWidget(makeLabel(isNew ? line.after : line.text(), content), row++,
                            m_narrow ? 0 : 1, 1, m_narrow ? 2 : 1);
            lines << line.what + QStringLiteral(": ") + (isNew ? line.after : line.text());
        }
    }
    if (shown > kLinesMax) {
        lines << tr("and %n more line(s)", nullptr, shown - kLinesMax);
        grid->addWidget(makeLabel(lines.last(), content), row++, 0, 1, 2);
    }
    grid->setRowStretch(row, 1);
    setWidget(content); // deletes the one before
    m_objects = objects;
    m_text = lines.join(QLatin1Char('\n'));
    setAccessibleDescription(m_text);
}

} // namespace arc
