// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/help_window.h"

#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/cut_tips.h"

#include <QEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QScrollBar>
#include <QShortcut>
#include <QTextBlock>
#include <QTextFrame>
#include <QTextLayout>
#include <QTextTable>
#include <QUrl>
#include <QVBoxLayout>

namespace arc {

constexpr QSize kHelpSize {980, 720};
constexpr int kSideWidth = 260;
constexpr int kLinkRole = Qt::UserRole;

// ---- one page

HelpBrowser::HelpBrowser(const HelpPages &pages, QWidget *parent)
    : QTextBrowser(parent), m_pages(pages)
{
    setProperty("help", true);
    setOpenExternalLinks(false);
    document()->setDocumentMargin(24);
    setAccessibleName(tr("Page of the manual"));
    connect(this, &QTextBrowser::sourceChanged, this, [this](const QUrl &url) {
        dress(); // back and forward read the page anew
        if (url.hasFragment())
            scrollToHeading(url.fragment());
    });
}

QVariant HelpBrowser::loadResource(int, const QUrl &name)
{
    const HelpPage *page = m_pages.find(name.fileName());
    return page ? QVariant(page->text) : QVariant();
}

void HelpBrowser::doSetSource(const QUrl &name, QTextDocument::ResourceType)
{
    // Whatever a link says, only pages that the program carries are opened.
    if (!m_pages.find(name.fileName()))
        return;
    QTextBrowser::doSetSource(name, QTextDocument::MarkdownResource);
}

void HelpBrowser::changeEvent(QEvent *event)
{
    QTextBrowser::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !source().isEmpty()) {
        const int at = verticalScrollBar()->value();
        reload(); // colours are part of the document
        verticalScrollBar()->setValue(at);
    }
}

/// Qt draws Markdown plainly: headings, code and tables get the look of the window.
void HelpBrowser::dress()
{
    const Tokens &tokens = Theme::tokens();
    for (QTextBlock block = document()->begin(); block.isValid(); block = block.next()) {
        QTextCursor cursor(block);
        QTextBlockFormat format = block.blockFormat();
        const int level = format.headingLevel();
        if (level > 0) {
            format.setTopMargin(level == 1 ? 0 : 18);
            format.setBottomMargin(6);
            cursor.setBlockFormat(format);
        } else if (!block.textList() && !cursor.currentTable()) {
            format.setLineHeight(125, QTextBlockFormat::ProportionalHeight);
            cursor.setBlockFormat(format);
        }
        QList<QTextLayout::FormatRange> looks = block.textFormats();
        for (const QTextLayout::FormatRange &range : looks) {
            QTextCharFormat look;
            if (range.format.isAnchor())
                look.setForeground(tokens.accent);
            if (range.format.fontFixedPitch()) {
                look.setFontFamilies(monoFont().families());
                look.setBackground(tokens.raised);
            }
            if (look.isEmpty())
                continue;
            cursor.setPosition(block.position() + range.start);
            cursor.setPosition(block.position() + range.start + range.length,
                               QTextCursor::KeepAnchor);
            cursor.mergeCharFormat(look);
        }
    }
    for (QTextFrame *frame : document()->rootFrame()->childFrames()) {
        auto *table = qobject_cast<QTextTable *>(frame);
        if (!table)
            continue;
        QTextTableFormat format = table->format();
        format.setCellPadding(5);
        format.setCellSpacing(0);
        format.setBorderCollapse(true);
        format.setBorder(1);
        format.setBorderStyle(QTextFrameFormat::BorderStyle_Solid);
        format.setBorderBrush(tokens.hairline);
        format.setWidth(QTextLength(QTextLength::PercentageLength, 100));
        table->setFormat(format);
    }
}

void HelpBrowser::scrollToHeading(const QString &slug)
{
    for (QTextBlock block = document()->begin(); block.isValid(); block = block.next()) {
        if (block.blockFormat().headingLevel() == 0 || headingSlug(block.text()) != slug)
            continue;
        setTextCursor(QTextCursor(block)); // screen readers follow it
        const QRect place = cursorRect();
        verticalScrollBar()->setValue(verticalScrollBar()->value() + place.top() - 16);
        return;
    }
}

// ---- the window

HelpWindow::HelpWindow(QWidget *parent)
    : QWidget(parent, Qt::Window),
      m_back(new QPushButton(icon(QStringLiteral("back")), tr("&Back"), this)),
      m_forward(new QPushButton(icon(QStringLiteral("forward")), tr("&Forward"), this)),
      m_browser(new HelpBrowser(m_pages, this))
{
    setWindowTitle(tr("Arcology manual"));
    resize(scaled(kHelpSize));
    auto *contents = new QPushButton(icon(QStringLiteral("help")), tr("&Contents"), this);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(12, 10, 12, 10);
    bar->setSpacing(8);
    bar->addWidget(m_back);
    bar->addWidget(m_forward);
    bar->addWidget(contents);
    bar->addStretch();
    auto *right = new QVBoxLayout;
    right->setSpacing(0);
    right->addLayout(bar);
    right->addWidget(m_browser, 1);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(makeSide());
    row->addLayout(right, 1);
    m_back->setEnabled(false);
    m_forward->setEnabled(false);
    connect(m_back, &QPushButton::clicked, m_browser, &QTextBrowser::backward);
    connect(m_forward, &QPushButton::clicked, m_browser, &QTextBrowser::forward);
    connect(contents, &QPushButton::clicked, this,
            [this] { openPage(QLatin1String(HelpPages::kContents)); });
    connect(m_browser, &QTextBrowser::backwardAvailable, m_back, &QWidget::setEnabled);
    connect(m_browser, &QTextBrowser::forwardAvailable, m_forward, &QWidget::setEnabled);
    connect(m_browser, &QTextBrowser::sourceChanged, this, &HelpWindow::markCurrent);
    connect(new QShortcut(QKeySequence(Qt::Key_Escape), this), &QShortcut::activated, this,
            &QWidget::close);
    connect(new QShortcut(QKeySequence::Find, this), &QShortcut::activated, m_search,
            [this] { m_search->setFocus(Qt::ShortcutFocusReason); });
    fillList();
}

QWidget *HelpWindow::makeSide()
{
    auto *side = new QFrame(this);
    side->setProperty("panel", true);
    side->setFixedWidth(scaled(kSideWidth));
    m_search = new QLineEdit(side);
    m_search->setPlaceholderText(tr("Search the manual"));
    m_search->setAccessibleName(tr("Search the manual"));
    m_search->setClearButtonEnabled(true);
    m_list = new QListWidget(side);
    m_list->setAccessibleName(tr("Contents"));
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setTextElideMode(Qt::ElideRight);
    auto *column = new QVBoxLayout(side);
    column->setContentsMargins(8, 12, 8, 8);
    column->setSpacing(8);
    column->addWidget(m_search);
    column->addWidget(m_list, 1);
    connect(m_search, &QLineEdit::textChanged, this, &HelpWindow::fillList);
    const auto open = [this](const QListWidgetItem *item) {
        if (item)
            openPage(item->data(kLinkRole).toString());
    };
    connect(m_search, &QLineEdit::returnPressed, this,
            [this, open] { open(m_list->count() > 0 ? m_list->item(0) : nullptr); });
    keepTipsToWhatIsCut(*m_list);
    connect(m_list, &QListWidget::itemClicked, this, open);
    connect(m_list, &QListWidget::itemActivated, this, open);
    return side;
}

void HelpWindow::fillList()
{
    m_list->clear();
    const auto add = [this](const QString &text, const QString &link) {
        auto *item = new QListWidgetItem(text, m_list);
        item->setData(kLinkRole, link);
        item->setToolTip(text);
    };
    if (m_search->text().trimmed().isEmpty()) {
        for (const HelpPage &page : m_pages.pages())
            add(page.title, page.name);
        return markCurrent();
    }
    for (const HelpHit &hit : m_pages.search(m_search->text()))
        add(hit.title + QLatin1Char('\n') + hit.line, hit.link);
    if (m_list->count() == 0) {
        auto *none = new QListWidgetItem(tr("Nothing found"), m_list);
        none->setFlags(Qt::NoItemFlags);
    }
}

void HelpWindow::markCurrent()
{
    if (!m_search->text().trimmed().isEmpty())
        return;
    for (int i = 0; i < m_list->count(); ++i) {
        if (m_list->item(i)->data(kLinkRole).toString() == currentPage())
            m_list->setCurrentRow(i);
    }
}

void HelpWindow::openPage(const QString &link)
{
    m_browser->setSource(QUrl(link));
}

QString HelpWindow::currentPage() const
{
    return m_browser->source().fileName();
}

} // namespace arc
