// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

namespace arc {

/// One page of the manual.
struct HelpPage {
    QString name; ///< "window-logs.md"
    QString title;
    QString text; ///< Markdown, without the comments at its head
};

/// A place in the manual that a search found.
struct HelpHit {
    QString link; ///< "settings.md#pool-processes"
    QString title;
    QString line; ///< the line that holds the words
};

/// The manual as the program carries it, in the order of its contents page. GUI thread.
class HelpPages {
public:
    static constexpr int kHitsMax = 200;
    static constexpr const char *kContents = "index.md";

    HelpPages();

    const QList<HelpPage> &pages() const { return m_pages; }
    const HelpPage *find(const QString &name) const;
    /// Lines with all words, headings first.
    QList<HelpHit> search(const QString &words) const;

private:
    QList<HelpPage> m_pages;
};

/// What a heading is called in a link: "Exit codes" → "exit-codes".
QString headingSlug(const QString &heading);

} // namespace arc
