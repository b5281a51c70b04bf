// SPDX-License-Identifier: Apache-2.0
#include "gui/models/help_pages.h"

#include "gui/models/format.h"
#include "server/base/embedded.h"

#include <QRegularExpression>

#include <algorithm>

namespace arc {

constexpr std::string_view kPrefix = "docs/";

static HelpPage readPage(std::string_view name)
{
    HelpPage page;
    page.name = toQString(name.substr(kPrefix.size()));
    static const QRegularExpression kComment(QStringLiteral("^(<!--.*?-->\\s*)+"),
                                             QRegularExpression::DotMatchesEverythingOption);
    page.text = toQString(embeddedFile(name).value_or("")).remove(kComment);
    page.title = page.text.section(QLatin1Char('\n'), 0, 0).remove(0, 2);
    return page;
}

HelpPages::HelpPages()
{
    for (const std::string_view name : embeddedNames(kPrefix))
        m_pages << readPage(name);
    const HelpPage *contents = find(QLatin1String(kContents));
    const QString order = contents ? contents->text : QString();
    const auto place = [&order](const HelpPage &page) {
        if (page.name == QLatin1String(kContents))
            return qsizetype(-1);
        const qsizetype at = order.indexOf(QLatin1Char('(') + page.name + QLatin1Char(')'));
        return at < 0 ? order.size() : at;
    };
    std::ranges::stable_sort(m_pages, {}, place);
}

const HelpPage *HelpPages::find(const QString &name) const
{
    const auto at = std::ranges::find(m_pages, name, &HelpPage::name);
    return at == m_pages.end() ? nullptr : &*at;
}

QString headingSlug(const QString &heading)
{
    QString slug;
    for (const QChar c : heading.toLower()) {
        if (c.isLetterOrNumber() || c == QLatin1Char('_') || c == QLatin1Char('-'))
            slug += c;
        else if (c == QLatin1Char(' '))
            slug += QLatin1Char('-');
    }
    return slug;
}

QList<HelpHit> HelpPages::search(const QString &words) const
{
    const QStringList wanted = words.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    static const QRegularExpression kMarks(QStringLiteral("^#+ |[`*|]|\\]\\([^)]*\\)|\\["));
    QList<HelpHit> headings;
    QList<HelpHit> lines;
    for (const HelpPage &page : wanted.isEmpty() ? QList<HelpPage>() : m_pages) {
        QString slug;
        for (const QString &line : page.text.split(QLatin1Char('\n'))) {
            const bool isHeading = line.startsWith(QLatin1Char('#'));
            const QString plain = QString(line).remove(kMarks);
            if (isHeading)
                slug = line.startsWith(QLatin1String("# ")) ? QString() : headingSlug(plain);
            const bool has = std::ranges::all_of(wanted, [&plain](const QString &word) {
                return plain.contains(word, Qt::CaseInsensitive);
            });
            if (!has || headings.size() + lines.size() >= kHitsMax)
                continue;
            const QString link = slug.isEmpty() ? page.name : page.name + QLatin1Char('#') + slug;
            (isHeading ? headings : lines) << HelpHit {link, page.title, plain.simplified()};
        }
    }
    return headings + lines;
}

} // namespace arc
