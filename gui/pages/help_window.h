// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/help_pages.h"

#include <QTextBrowser>
#include <QWidget>

class QLineEdit;
class QListWidget;
class QPushButton;

namespace arc {

/// A page of the manual: drawn from the pages the program carries, never from disk or network.
class HelpBrowser : public QTextBrowser {
    Q_OBJECT
public:
    explicit HelpBrowser(const HelpPages &pages, QWidget *parent = nullptr);

    QVariant loadResource(int type, const QUrl &name) override;

protected:
    void doSetSource(const QUrl &name, QTextDocument::ResourceType type) override;
    void changeEvent(QEvent *event) override;

private:
    void dress();
    void scrollToHeading(const QString &slug);

    const HelpPages &m_pages;
};

/// The manual in a window of its own: contents and search on the left, the page on the right.
/// GUI thread.
class HelpWindow : public QWidget {
    Q_OBJECT
public:
    explicit HelpWindow(QWidget *parent = nullptr);

    void openPage(const QString &link); ///< "settings.md#caching"
    QString currentPage() const;

    const HelpPages &pages() const { return m_pages; }
    HelpBrowser *browser() const { return m_browser; }
    QLineEdit *searchField() const { return m_search; }
    QListWidget *list() const { return m_list; }

private:
    QWidget *makeSide();
    void fillList();
    void markCurrent();

    HelpPages m_pages;
    QLineEdit *m_search = nullptr;
    QListWidget *m_list = nullptr;
    QPushButton *m_back;
    QPushButton *m_forward;
    HelpBrowser *m_browser;
};

} // namespace arc
