// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/nav_rail.h"

#include "gui/theme/icons.h"
#include "gui/theme/theme.h"

#include <QKeySequence>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

constexpr int kRailWidth = 184;
constexpr int kBoldRoom = 14;
constexpr int kNumberedMax = 10; ///< as many as there are digits: 1 to 9, then 0

QString pageTitle(PageId page)
{
    switch (page) {
    case PageId::Overview:
        return NavRail::tr("Overview");
    case PageId::Sites:
        return NavRail::tr("Sites & Apps");
    case PageId::Logs:
        return NavRail::tr("Logs");
    case PageId::Workers:
        return NavRail::tr("Workers");
    case PageId::Certificates:
        return NavRail::tr("Certificates");
    case PageId::Settings:
        return NavRail::tr("Settings");
    case PageId::About:
        return NavRail::tr("About");
    }
    return {};
}

QString pageIcon(PageId page)
{
    static const char *const kIcons[kPageCount] = {"overview",     "sites",    "logs", "workers",
                                                   "certificates", "settings", "info"};
    return QLatin1String(kIcons[int(page)]);
}

QString pageHelp(PageId page)
{
    static const char *const kNames[kPageCount] = {"overview",     "sites",    "logs", "workers",
                                                   "certificates", "settings", "about"};
    return QStringLiteral("window-%1.md").arg(QLatin1String(kNames[int(page)]));
}

QString pageActionId(PageId page)
{
    return QStringLiteral("page.") + pageIcon(page);
}

NavRail::NavRail(QWidget *parent) : QFrame(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(10, 12, 10, 12);
    layout->setSpacing(2);
    addHeading(tr("Run"));
    addPage(PageId::Overview);
    addPage(PageId::Sites);
    layout->addSpacing(10);
    addHeading(tr("Observe"));
    addPage(PageId::Logs);
    layout->addSpacing(10);
    addHeading(tr("Tune"));
    addPage(PageId::Workers);
    addPage(PageId::Certificates);
    layout->addStretch();
    addPage(PageId::Settings, QKeySequence(QStringLiteral("Ctrl+,")));
    addPage(PageId::About, QKeySequence());
    m_group.setExclusive(true);
    connect(&m_group, &QButtonGroup::idClicked, this,
            [this](int id) { Q_EMIT chosen(PageId(id)); });
}

QSize NavRail::sizeHint() const
{
    // The chosen page's title is bold, which its button does not reckon with.
    const QSize wanted = QFrame::sizeHint();
    return {std::max(kRailWidth, wanted.width() + scaled(kBoldRoom)), wanted.height()};
}

void NavRail::addHeading(const QString &text)
{
    auto *heading = new QLabel(text, this);
    QFont font = smallFont();
    font.setCapitalization(QFont::AllUppercase);
    font.setLetterSpacing(QFont::AbsoluteSpacing, 0.6);
    heading->setFont(font);
    heading->setProperty("secondary", true);
    heading->setContentsMargins(10, 2, 0, 2);
    layout()->addWidget(heading);
}

void NavRail::addPage(PageId page)
{
    const auto number = int(m_pages.size()) + 1;
    addPage(page,
            number > kNumberedMax
                ? QKeySequence()
                : QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_0 + number % kNumberedMax)));
}

void NavRail::addPage(PageId page, const QKeySequence &key)
{
    // An ampersand in a title is a letter here, not a shortcut.
    auto *button =
        new QPushButton(pageTitle(page).replace(QLatin1Char('&'), QLatin1String("&&")), this);
    button->setIcon(icon(pageIcon(page), Tint::Secondary));
    button->setCheckable(true);
    button->setProperty("rail", true);
    button->setAccessibleName(pageTitle(page));
    if (!key.isEmpty())
        button->setToolTip(
            tr("%1 (%2)").arg(pageTitle(page), key.toString(QKeySequence::NativeText)));
    m_group.addButton(button, int(page));
    m_pages.push_back({page, key});
    layout()->addWidget(button);
}

QKeySequence NavRail::shortcut(PageId page) const
{
    const auto at = std::ranges::find(m_pages, page, &Row::page);
    return at == m_pages.end() ? QKeySequence() : at->key;
}

std::vector<PageId> NavRail::pages() const
{
    std::vector<PageId> pages;
    for (const Row &row : m_pages)
        pages.push_back(row.page);
    return pages;
}

void NavRail::setCurrent(PageId page)
{
    button(page)->setChecked(true);
}

QAbstractButton *NavRail::button(PageId page) const
{
    return m_group.button(int(page));
}

} // namespace arc
