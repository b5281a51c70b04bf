// SPDX-License-Identifier: Apache-2.0
// The logs page around its table: list of logs, bar, foot, and what is said about the state.
#include "gui/pages/logs_page.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/log_feed.h"
#include "gui/pages/log_view.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/flow_layout.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>

#include <algorithm>

namespace arc {

constexpr int kSideWidth = 176;
constexpr int kSideWidthMax = 240; ///< names of logs may be shortened, lines need the room
constexpr int kSourceRole = Qt::UserRole;

QWidget *LogsPage::makeSide()
{
    auto *side = new QFrame(this);
    side->setProperty("panel", true);
    side->setFixedWidth(std::min(scaled(kSideWidth), kSideWidthMax));
    m_list = new QListWidget(side);
    m_list->setAccessibleName(tr("Logs"));
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto *column = new QVBoxLayout(side);
    column->setContentsMargins(8, 12, 8, 8);
    column->addWidget(m_list);
    connect(m_list, &QListWidget::currentItemChanged, this, [this](QListWidgetItem *item) {
        if (item)
            openSource(item->data(kSourceRole).toString(), {});
    });
    return side;
}

QWidget *LogsPage::makeBar()
{
    auto *bar = new QWidget(this);
    m_filter = new QLineEdit(bar);
    m_filter->setPlaceholderText(tr("Show lines with…   Enter: search all files"));
    m_filter->setAccessibleName(tr("Show lines with this text"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setObjectName(QStringLiteral("pageFilter")); // Ctrl+F finds it
    m_filter->setMaxLength(1000);
    m_regex = new QPushButton(QStringLiteral(".*"), bar);
    m_regex->setCheckable(true);
    m_regex->setToolTip(tr("The text is a regular expression"));
    m_regex->setAccessibleName(tr("Regular expression"));
    m_search = new QPushButton(icon(QStringLiteral("search")), tr("Search all &files"), bar);
    m_search->setEnabled(false);
    m_site = new QComboBox(bar);
    m_site->setAccessibleName(tr("Site whose requests are shown"));
    m_pause = new QPushButton(icon(QStringLiteral("pause")), tr("&Pause"), bar);
    m_pause->setCheckable(true);
    m_pause->setToolTip(tr("Stop showing new lines (Space). The log goes on."));
    auto *first = new FlowLayout(FlowLayout::Widths::Natural, 8);
    for (QWidget *part : {static_cast<QWidget *>(m_filter), static_cast<QWidget *>(m_regex),
                          static_cast<QWidget *>(m_search), static_cast<QWidget *>(m_pause)})
        first->addWidget(part);
    m_chipRow = new QHBoxLayout;
    m_chipRow->setSpacing(6);
    m_state = new ElidedLabel(bar);
    m_state->setFont(smallFont());
    m_state->setProperty("secondary", true);
    auto *second = new QHBoxLayout;
    second->setSpacing(12);
    second->addLayout(m_chipRow);
    second->addWidget(m_site);
    second->addStretch();
    second->addWidget(m_state);
    m_state->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    auto *column = new QVBoxLayout(bar);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addLayout(first);
    column->addLayout(second);
    connect(m_filter, &QLineEdit::textChanged, this, &LogsPage::applyFilter);
    connect(m_filter, &QLineEdit::returnPressed, m_search, &QPushButton::click);
    connect(m_regex, &QPushButton::toggled, this, &LogsPage::applyFilter);
    connect(m_search, &QPushButton::clicked, this, &LogsPage::searchClicked);
    connect(m_pause, &QPushButton::toggled, this, &LogsPage::pauseWanted);
    connect(m_site, &QComboBox::currentIndexChanged, this,
            [this] { m_feed->open(m_feed->source(), m_site->currentData().toString()); });
    return bar;
}

QWidget *LogsPage::makeFoot()
{
    auto *foot = new QWidget(this);
    m_path = new ElidedLabel(foot);
    m_path->setFont(smallFont());
    m_path->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_size = new ElidedLabel(foot);
    m_size->setFont(smallFont());
    m_size->setProperty("secondary", true);
    auto *copy = new QPushButton(icon(QStringLiteral("copy"), Tint::Accent), tr("Copy path"), foot);
    copy->setProperty("link", true);
    m_open = new QPushButton(icon(QStringLiteral("folder"), Tint::Accent), tr("Open folder"), foot);
    m_open->setProperty("link", true);
    auto *row = new QHBoxLayout(foot);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
    row->addWidget(m_path);
    row->addWidget(m_size, 1);
    row->addWidget(copy);
    row->addWidget(m_open);
    connect(copy, &QPushButton::clicked, this, [this] {
        if (const api::LogSource *log = current()) {
            QGuiApplication::clipboard()->setText(toQString(log->path));
            m_context.say(tr("Path copied"));
        }
    });
    connect(m_open, &QPushButton::clicked, this,
            [this] { m_context.openFolder(toQString(m_logs.folder)); });
    return foot;
}

void LogsPage::makeChips()
{
    struct Chip {
        QString text;
        QList<LogTone> tones;
    };
    const QList<Chip> kEngine {{tr("Errors"), {LogTone::Error}},
                               {tr("Warnings"), {LogTone::Warning}},
                               {tr("Info"), {LogTone::Info, LogTone::Plain}},
                               {tr("Debug"), {LogTone::Debug}}};
    const QList<Chip> kAccess {{tr("5xx"), {LogTone::Error}},
                               {tr("4xx"), {LogTone::Warning}},
                               {tr("2xx, 3xx"), {LogTone::Plain}}};
    const QList<Chip> kApp {{tr("Errors"), {LogTone::Error}},
                            {tr("Warnings"), {LogTone::Warning}},
                            {tr("Other lines"), {LogTone::Plain}}};
    qDeleteAll(m_chips);
    m_chips.clear();
    const LogKind kind = m_view->model().kind();
    for (const Chip &one : kind == LogKind::Engine ? kEngine
             : kind == LogKind::Access             ? kAccess
                                                   : kApp) {
        auto *chip = new QPushButton(one.text, this);
        chip->setProperty("chip", true);
        chip->setCheckable(true);
        chip->setChecked(true);
        chip->setAccessibleName(tr("Show %1").arg(one.text));
        QVariantList tones;
        for (const LogTone tone : one.tones)
            tones << int(tone);
        chip->setProperty("tones", tones);
        connect(chip, &QPushButton::toggled, this, &LogsPage::applyChips);
        m_chipRow->addWidget(chip);
        m_chips << chip;
    }
    applyChips();
}

QString LogsPage::stateText() const
{
    return m_state->fullText();
}

void LogsPage::showState()
{
    ControlBridge &bridge = m_context.bridge();
    if (!m_feed->isPaused())
        m_pausedUnixMs = bridge.asOfUnixMs();
    QString text;
    if (bridge.link() == Link::Lost)
        text = tr("The engine does not answer · as of %1").arg(clockText(bridge.asOfUnixMs()));
    else if (!problem().isEmpty())
        text = problem();
    else if (m_feed->isSearching())
        text = tr("Searching · %1 of %2 · %n found", nullptr, m_view->model().rowCount())
                   .arg(shareText(m_share), bytesText(double(m_feed->sizeBytes())));
    else if (m_feed->showsSearch())
        text = m_wholeLog ? tr("%n line(s) found in all files", nullptr, m_view->model().rowCount())
                          : tr("The newest %n line(s) found in %1 of the files", nullptr,
                               m_view->model().rowCount())
                                .arg(shareText(m_share));
    else if (m_feed->isPaused())
        text = tr("Paused · as of %1").arg(clockText(m_pausedUnixMs));
    else
        text = tr("Live · %n line(s)", nullptr, m_view->model().rowCount());
    m_state->setFullText(text);
    setMark(*m_state, "bad", !problem().isEmpty());
    m_search->setText(m_feed->isSearching()       ? tr("Cancel")
                          : m_feed->showsSearch() ? tr("Back to live lines")
                                                  : tr("Search all &files"));
    m_search->setEnabled(m_feed->showsSearch()
                         || (!m_filter->text().isEmpty() && m_view->filter().problem().isEmpty()));
    m_pause->setEnabled(!m_feed->showsSearch());
    m_pause->setText(m_feed->isPaused() ? tr("&Go on") : tr("&Pause"));
}

void LogsPage::showFoot()
{
    const api::LogSource *log = current();
    m_path->setFullText(log ? toQString(log->path) : QString(), Qt::ElideMiddle);
    m_open->setEnabled(!m_logs.folder.empty());
    m_size->setFullText(
        log ? tr("%1 in %n file(s) · rotated at %2, %3 older ones kept", nullptr, log->files)
                  .arg(bytesText(double(log->sizeBytes)), bytesText(double(m_logs.fileBytesMax)))
                  .arg(m_logs.filesMax)
            : QString());
}

void LogsPage::showEmptyText()
{
    if (m_context.bridge().link() == Link::Lost)
        return m_view->setEmptyText(tr("The engine does not answer"),
                                    tr("Lines appear here as soon as it does."));
    if (!problem().isEmpty())
        return m_view->setEmptyText(tr("No lines"), problem());
    if (m_feed->isSearching())
        return m_view->setEmptyText(tr("Searching"), tr("Nothing found so far."));
    if (m_feed->showsSearch())
        return m_view->setEmptyText(tr("Nothing found"),
                                    tr("No file of this log has such a line."));
    if (m_view->model().rowCount() > 0)
        return m_view->setEmptyText(
            tr("No such lines"),
            tr("Among the newest lines none is of the chosen kinds with this text. Search all "
               "files looks further back."));
    switch (m_view->model().kind()) {
    case LogKind::Access:
        return m_view->setEmptyText(tr("No requests yet"),
                                    tr("Every request that is answered adds a line here."));
    case LogKind::App:
        return m_view->setEmptyText(
            tr("Nothing written yet"),
            tr("What the app writes to its standard output and error appears here."));
    case LogKind::Engine:
        return m_view->setEmptyText(tr("No lines yet"),
                                    tr("The engine tells here what it does: starts, stops, "
                                       "addresses that cannot be opened."));
    }
}

} // namespace arc
