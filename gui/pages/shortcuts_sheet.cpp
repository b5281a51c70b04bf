// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/shortcuts_sheet.h"

#include "gui/pages/action_registry.h"
#include "gui/theme/theme.h"

#include <QCoreApplication>
#include <QDialog>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace arc {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("arc::ShortcutsSheet", text);
}

constexpr int kSheetWidth = 720;
constexpr int kSheetHeight = 560;

/// One group of keys, a row each.
class KeyTable {
public:
    KeyTable(const QString &title, QWidget *parent) : m_box(new QWidget(parent))
    {
        m_grid = new QGridLayout(m_box);
        m_grid->setContentsMargins(0, 0, 0, 12);
        m_grid->setVerticalSpacing(4);
        m_grid->setColumnStretch(0, 1);
        auto *heading = new QLabel(title, m_box);
        heading->setFont(boldFont());
        m_grid->addWidget(heading, 0, 0, 1, 2);
    }

    void add(const QString &what, const QString &keys)
    {
        const int row = m_grid->rowCount();
        auto *text = new QLabel(what, m_box);
        text->setTextFormat(Qt::PlainText);
        text->setWordWrap(true);
        auto *key = new QLabel(keys, m_box);
        key->setProperty("badge", true);
        key->setTextFormat(Qt::PlainText);
        key->setAccessibleName(keys);
        m_grid->addWidget(text, row, 0);
        m_grid->addWidget(key, row, 1, Qt::AlignRight | Qt::AlignTop);
    }

    QWidget *box() const { return m_box; }

private:
    QWidget *m_box;
    QGridLayout *m_grid;
};

void addActions(KeyTable &table, const ActionRegistry &actions, const QStringList &prefixes)
{
    for (const ActionRegistry::Entry &entry : actions.entries()) {
        const QString prefix = entry.facts.id.section(QLatin1Char('.'), 0, 0);
        if (prefixes.contains(prefix) && !entry.facts.shortcut.isEmpty())
            table.add(plainText(entry.facts.title.isEmpty() ? entry.facts.text : entry.facts.title),
                      entry.facts.shortcut.toString(QKeySequence::NativeText));
    }
}

} // namespace

void showShortcuts(const ActionRegistry &actions, QWidget *parent)
{
    auto *sheet = new QDialog(parent);
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    sheet->setObjectName(QStringLiteral("shortcuts"));
    sheet->setWindowTitle(tr("Keyboard shortcuts"));
    auto *content = new QWidget(sheet);
    content->setProperty("page", true);
    auto *columns = new QHBoxLayout(content);
    columns->setSpacing(36);
    KeyTable pages(tr("Pages"), content);
    addActions(pages, actions, {QStringLiteral("page"), QStringLiteral("view")});
    KeyTable window(tr("Window"), content);
    addActions(window, actions,
               {QStringLiteral("file"), QStringLiteral("edit"), QStringLiteral("help")});
    KeyTable site(tr("Selected site"), content);
    addActions(site, actions, {QStringLiteral("site")});
    KeyTable chart(tr("In a chart"), content);
    chart.add(tr("Step through the values"), tr("Left, Right"));
    chart.add(tr("Oldest, newest value"), tr("Home, End"));
    chart.add(tr("Leave the values"), tr("Esc"));
    for (const auto &[upper, lower] : {std::pair(&pages, &chart), std::pair(&window, &site)}) {
        auto *column = new QVBoxLayout;
        column->addWidget(upper->box());
        column->addWidget(lower->box());
        column->addStretch(1);
        columns->addLayout(column, 1);
    }
    auto *scroll = new QScrollArea(sheet);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(content);
    scroll->setAccessibleName(sheet->windowTitle());
    auto *close = new QPushButton(tr("Close"), sheet);
    close->setDefault(true);
    QObject::connect(close, &QPushButton::clicked, sheet, &QDialog::close);
    auto *layout = new QVBoxLayout(sheet);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->addWidget(scroll, 1);
    layout->addWidget(close, 0, Qt::AlignRight);
    const int wanted = layout->sizeHint().height() + content->sizeHint().height()
        - scroll->sizeHint().height() + 2 * scroll->frameWidth();
    sheet->resize(scaled(kSheetWidth), std::min(scaled(kSheetHeight), wanted));
    sheet->show();
    close->setFocus();
}

} // namespace arc
