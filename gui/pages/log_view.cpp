// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/log_view.h"

#include "gui/models/clean_text.h"
#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/empty_state.h"
#include "gui/widgets/output_view.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScrollBar>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

namespace arc {

constexpr int kRowHeight = 24; // dense
constexpr int kMessageLeast = 200;
constexpr int kSelectedMax = 500; // lines shown or copied at once

namespace {

/// Rows in the colour of their tone; the words say the same.
class ToneDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        const Tokens &tokens = Theme::tokens();
        const auto tone = LogTone(index.data(kToneRole).toInt());
        QColor colour = tokens.text;
        const bool says = index.column() == LogModel::Level || index.column() == LogModel::Status;
        if (tone == LogTone::Error && (says || index.column() == LogModel::Message))
            colour = tokens.error;
        else if (tone == LogTone::Warning && says)
            colour = tokens.warn;
        else if (tone == LogTone::Plain && index.column() == LogModel::Status)
            colour = tokens.ok;
        else if (tone == LogTone::Marker || tone == LogTone::Debug
                 || index.column() == LogModel::Time || index.column() == LogModel::Who
                 || index.column() == LogModel::Site)
            colour = tokens.text2;
        option->palette.setColor(QPalette::Text, colour);
        option->palette.setColor(QPalette::HighlightedText, colour);
        if (index.column() == LogModel::Message)
            option->font = monoFont();
        if (tone == LogTone::Marker)
            option->font.setItalic(true);
        option->textElideMode = Qt::ElideRight;
    }
};

} // namespace

LogView::LogView(QWidget *parent)
    : QWidget(parent), m_empty(new EmptyState(QStringLiteral("logs"), this)),
      m_split(new QSplitter(Qt::Vertical, this)), m_table(new QTableView(m_split)),
      m_jump(new QPushButton(this))
{
    m_filter.setSourceModel(&m_model);
    makeTable();
    m_split->addWidget(m_table);
    m_split->addWidget(makeDetail());
    m_split->setChildrenCollapsible(false);
    m_split->setStretchFactor(0, 3);
    m_split->setStretchFactor(1, 1);
    m_detailPane->hide();
    m_jump->setProperty("primary", true);
    m_jump->hide();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_split, 1);
    layout->addWidget(m_empty, 1);
    connect(m_jump, &QPushButton::clicked, this, &LogView::jumpToEnd);
    connect(m_table->verticalScrollBar(), &QScrollBar::valueChanged, this, [this](int value) {
        if (m_appending)
            return;
        m_follows = value >= m_table->verticalScrollBar()->maximum();
        if (m_follows)
            m_new = 0;
        showJump();
    });
    // The table learns late how tall it is: following means staying at the end then, too.
    connect(m_table->verticalScrollBar(), &QScrollBar::rangeChanged, this, [this] {
        if (m_follows)
            m_table->scrollToBottom();
        else if (m_table->selectionModel()->hasSelection()) // the pane below took its place
            m_table->scrollTo(m_table->currentIndex());
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &LogView::showDetail);
    showColumns();
    updateEmpty();
}

LogView::~LogView()
{
    delete m_split;
}

void LogView::makeTable()
{
    m_table->setModel(&m_filter);
    m_table->setAccessibleName(tr("Lines of the log"));
    m_table->setItemDelegate(new ToneDelegate(m_table));
    m_table->setSelectionBehavior(QTableView::SelectRows);
    m_table->setSelectionMode(QTableView::ExtendedSelection);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false);
    m_table->setEditTriggers(QTableView::NoEditTriggers);
    m_table->setVerticalScrollMode(QTableView::ScrollPerItem);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(scaled(kRowHeight));
    m_table->verticalHeader()->setMinimumSectionSize(scaled(kRowHeight));
    QHeaderView *header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    header->setFont(smallFont());
    header->setMinimumSectionSize(40);
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(LogModel::Message, QHeaderView::Stretch);
    const std::pair<int, QString> kWidths[] = {
        {LogModel::Time, QStringLiteral("00:00:00.000")},
        {LogModel::Level, QStringLiteral("Warning")},
        {LogModel::Status, QStringLiteral("304 not modified")},
        {LogModel::Method, QStringLiteral("OPTIONS")},
        {LogModel::Site, QStringLiteral("photos-site")},
        {LogModel::Duration, QStringLiteral("123 min")},
        {LogModel::Bytes, QStringLiteral("1.23 MiB")},
        {LogModel::Who, QStringLiteral("1234567")},
    };
    const QFontMetrics metrics(bodyFont());
    for (const auto &[column, widest] : kWidths)
        m_table->setColumnWidth(column, metrics.horizontalAdvance(widest) + 24);
    auto *copy = new QAction(tr("&Copy"), m_table);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    connect(copy, &QAction::triggered, this, &LogView::copySelection);
    m_table->addAction(copy);
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
}

QWidget *LogView::makeDetail()
{
    m_detailPane = new QWidget(m_split);
    m_detailTitle = new QLabel(m_detailPane);
    m_detailTitle->setFont(smallFont());
    m_detailTitle->setProperty("secondary", true);
    m_raw = new QPushButton(tr("Ra&w"), m_detailPane);
    m_raw->setCheckable(true);
    m_raw->setToolTip(tr("Show the line as it stands in the file"));
    m_expand = new QPushButton(m_detailPane);
    m_expand->setProperty("link", true);
    auto *copy = new QPushButton(icon(QStringLiteral("copy")), tr("C&opy"), m_detailPane);
    auto *close = new QPushButton(icon(QStringLiteral("close")), {}, m_detailPane);
    close->setProperty("flat", true);
    close->setAccessibleName(tr("Close the selected lines"));
    close->setToolTip(tr("Close"));
    m_detail = new OutputView(m_detailPane);
    m_detail->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    m_detail->setAccessibleName(tr("Selected lines"));
    m_detail->setMinimumHeight(90);
    auto *bar = new QHBoxLayout;
    bar->addWidget(m_detailTitle);
    bar->addWidget(m_expand);
    bar->addStretch();
    bar->addWidget(m_raw);
    bar->addWidget(copy);
    bar->addWidget(close);
    auto *column = new QVBoxLayout(m_detailPane);
    column->setContentsMargins(0, 8, 0, 0);
    column->setSpacing(6);
    column->addLayout(bar);
    column->addWidget(m_detail, 1);
    connect(copy, &QPushButton::clicked, this, &LogView::copySelection);
    connect(close, &QPushButton::clicked, this, [this] {
        m_table->clearSelection();
        m_table->setFocus();
    });
    connect(m_raw, &QPushButton::toggled, this, &LogView::showDetail);
    connect(m_expand, &QPushButton::clicked, this, [this] {
        QStringList lines;
        for (const int row : selectedRows())
            lines << cleanOutput(m_filter.lineAt(row).raw, INT_MAX);
        m_detail->setPlainText(lines.join(QLatin1Char('\n')));
        m_expand->hide();
    });
    return m_detailPane;
}

void LogView::showColumns()
{
    // A narrow window keeps the message: what can be read below goes first.
    int needed = scaled(kMessageLeast);
    for (int column = 0; column < LogModel::ColumnCount; ++column) {
        m_table->setColumnHidden(column, !m_model.hasColumn(column));
        if (m_model.hasColumn(column) && column != LogModel::Message)
            needed += m_table->columnWidth(column);
    }
    for (const int column :
         {LogModel::Site, LogModel::Bytes, LogModel::Who, LogModel::Method, LogModel::Duration}) {
        if (needed <= width() || !m_model.hasColumn(column))
            continue;
        needed -= m_table->columnWidth(column);
        m_table->setColumnHidden(column, true);
    }
}

void LogView::begin(LogKind kind)
{
    m_model.begin(kind);
    m_new = 0;
    m_follows = true;
    m_raw->setVisible(kind == LogKind::Access);
    showColumns();
    showJump();
    showDetail();
    updateEmpty();
}

void LogView::append(const QStringList &lines, qint64 skipped)
{
    if (lines.isEmpty() && skipped == 0)
        return updateEmpty();
    const int before = m_filter.rowCount();
    const int offset = m_table->verticalScrollBar()->value();
    m_appending = true;
    if (skipped > 0)
        m_model.appendMarker(tr("%n line(s) not shown: they came faster than the window reads",
                                nullptr, int(std::min<qint64>(skipped, INT_MAX))));
    else if (skipped < 0)
        m_model.appendMarker(tr("Some lines are not shown: the log was rotated away meanwhile"));
    const int rowsBefore = m_model.rowCount();
    m_model.append(lines);
    const int dropped = std::max(0, rowsBefore + int(lines.size()) - LogModel::kRowsMax);
    updateEmpty();
    if (m_follows) {
        m_table->scrollToBottom();
    } else {
        // The lines that are being read stay where they are, though older ones went.
        if (dropped > 0)
            m_table->verticalScrollBar()->setValue(std::max(0, offset - dropped));
        m_new += std::max(0, m_filter.rowCount() - before + dropped);
    }
    m_appending = false;
    showJump();
}

void LogView::showFound(const QStringList &newestFirst)
{
    m_appending = true;
    m_model.showFound(newestFirst);
    updateEmpty();
    m_table->scrollToBottom();
    m_appending = false;
}

void LogView::jumpToEnd()
{
    m_follows = true;
    m_new = 0;
    m_table->scrollToBottom();
    showJump();
}

void LogView::showJump()
{
    m_jump->setVisible(!m_follows && m_new > 0);
    if (m_jump->isHidden())
        return;
    m_jump->setText(tr("%1 new · jump").arg(QLocale().toString(m_new)));
    m_jump->setAccessibleName(tr("Jump to %n new line(s)", nullptr, m_new));
    m_jump->adjustSize();
    const QPoint corner = m_table->mapTo(this, m_table->rect().bottomRight());
    m_jump->move(corner.x() - m_jump->width() - 24, corner.y() - m_jump->height() - 12);
    m_jump->raise();
}

void LogView::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    showColumns();
    showJump();
}

QList<int> LogView::selectedRows() const
{
    QList<int> rows;
    for (const QModelIndex &index : m_table->selectionModel()->selectedRows())
        rows << index.row();
    std::sort(rows.begin(), rows.end());
    return rows.mid(0, kSelectedMax);
}

void LogView::showDetail()
{
    const QList<int> rows = selectedRows();
    m_detailPane->setVisible(!rows.isEmpty());
    if (rows.isEmpty())
        return;
    m_follows = false; // a line that is being read stays
    QStringList lines;
    bool isCut = false;
    const bool raw = m_raw->isChecked();
    for (const int row : rows) {
        const LogLine &line = m_filter.lineAt(row);
        isCut = isCut || line.raw.size() > kLineCharactersMax;
        lines << (raw ? line.raw : readableLine(m_model.kind(), line.raw));
    }
    const bool records = m_model.kind() == LogKind::Access && !raw;
    m_detail->showText(lines.join(records ? QStringLiteral("\n\n") : QStringLiteral("\n")));
    m_detail->verticalScrollBar()->setValue(0);
    m_detailTitle->setText(tr("%n selected line(s)", nullptr, int(rows.size())));
    m_expand->setVisible(isCut);
    m_expand->setText(tr("Expand: show the whole of it"));
}

void LogView::copySelection()
{
    QStringList lines;
    for (const int row : selectedRows())
        lines << m_filter.lineAt(row).raw;
    if (!lines.isEmpty())
        QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void LogView::setEmptyText(const QString &title, const QString &text)
{
    m_empty->show(title, text);
}

void LogView::updateEmpty()
{
    const bool empty = m_filter.rowCount() == 0;
    m_empty->setVisible(empty);
    m_split->setVisible(!empty);
}

} // namespace arc
