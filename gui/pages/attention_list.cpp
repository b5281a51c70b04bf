// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/attention_list.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/layouts.h"
#include "gui/widgets/state_mark.h"

#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace arc {

QList<Attention> attentionOf(const ControlBridge &bridge)
{
    QList<Attention> bad;
    QList<Attention> warn;
    for (const api::SiteFigures &site : bridge.snapshot().sites) {
        if (site.state == "failed")
            bad << Attention {toQString(site.id), toQString(site.cause), true};
        else if (site.state == "degraded" || !site.cause.empty()) // or a release did not start
            warn << Attention {toQString(site.id), toQString(site.cause), false};
    }
    for (const api::ListenerStatus &listener : bridge.status().listeners) {
        if (!listener.error.empty())
            bad << Attention {{},
                              toQString(listener.address) + QStringLiteral(": ")
                                  + toQString(listener.error),
                              true};
    }
    for (const api::PoolFigures &pool : bridge.snapshot().pools) {
        for (const std::string &warning : pool.warnings)
            warn << Attention {toQString(pool.app), toQString(warning), false};
    }
    for (const std::string &warning : bridge.status().warnings)
        warn << Attention {{}, toQString(warning), false};
    return bad + warn;
}

AttentionList::AttentionList(ControlBridge &bridge, QWidget *parent)
    : QFrame(parent), m_bridge(bridge), m_title(new QLabel(this)), m_list(new QVBoxLayout)
{
    setProperty("card", true);
    m_title->setFont(boldFont());
    m_title->setWordWrap(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 12, 14, 12);
    layout->setSpacing(8);
    layout->addWidget(m_title);
    m_list->setSpacing(8);
    layout->addLayout(m_list);
    layout->addStretch();
    connect(&bridge, &ControlBridge::snapshotChanged, this, &AttentionList::refresh);
    connect(&bridge, &ControlBridge::statusChanged, this, &AttentionList::refresh);
    rebuild();
}

void AttentionList::refresh()
{
    QList<Attention> items = attentionOf(m_bridge);
    if (items == m_items)
        return; // a rebuilt list would take the focus away every second
    m_items = std::move(items);
    rebuild();
}

namespace {

class Mark : public QWidget {
public:
    Mark(StateTone tone, QWidget *parent) : QWidget(parent), m_tone(tone)
    {
        setFixedSize(scaled(14), scaled(16));
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.scale(width() / 14.0, height() / 16.0);
        paintStateMark(painter, {1, 3, 11, 11}, m_tone);
    }

private:
    StateTone m_tone;
};

} // namespace

void AttentionList::rebuild()
{
    clearLayout(*m_list);
    m_title->setText(m_items.isEmpty() ? tr("Needs attention")
                                       : tr("Needs attention · %1").arg(m_items.size()));
    const auto note = [this](const QString &text) {
        auto *label = new QLabel(text, this);
        label->setProperty("secondary", true);
        label->setWordWrap(true);
        m_list->addWidget(label);
    };
    if (m_items.isEmpty())
        return note(
            tr("Nothing now. Sites that fail, addresses that cannot be opened and warnings of apps "
               "appear here."));
    for (const Attention &item : m_items.first(std::min<qsizetype>(m_items.size(), kShownMax))) {
        auto *row = new QWidget(this);
        auto *line = new QHBoxLayout(row);
        line->setContentsMargins(0, 0, 0, 0);
        line->setSpacing(8);
        line->addWidget(new Mark(item.bad ? StateTone::Bad : StateTone::Warn, row), 0,
                        Qt::AlignTop);
        auto *text = new QVBoxLayout;
        text->setSpacing(0);
        if (!item.site.isEmpty()) {
            auto *link = new QPushButton(item.site, row);
            link->setProperty("link", true);
            link->setAccessibleName(tr("Show site %1").arg(item.site));
            connect(link, &QPushButton::clicked, this,
                    [this, site = item.site] { Q_EMIT siteChosen(site); });
            auto *flush = new LinkRow;
            flush->addWidget(link);
            text->addLayout(flush);
        }
        auto *sentence = new QLabel(item.text, row);
        sentence->setTextFormat(Qt::PlainText);
        sentence->setWordWrap(true);
        text->addWidget(sentence);
        line->addLayout(text, 1);
        m_list->addWidget(row);
    }
    if (m_items.size() > kShownMax)
        note(tr("and %n more", nullptr, int(m_items.size()) - kShownMax));
}

} // namespace arc
