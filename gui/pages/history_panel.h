// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/control/api/types.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace arc {

class DiffList;
class WindowContext;

/// Every applied revision of the configuration: who, when, what; what it changed, what differs from
/// now or from any other one, and the way back to it. Fetches kPageSize at a time, newest first.
/// GUI thread.
class HistoryPanel : public QWidget {
    Q_OBJECT
public:
    static constexpr int kPageSize = 100;

    explicit HistoryPanel(WindowContext &context, QWidget *parent = nullptr);

    void load();
    int count() const { return int(m_revisions.size()); }
    QListWidget *list() const { return m_list; }
    QLineEdit *filter() const { return m_filter; }
    QComboBox *compareWith() const { return m_with; }
    QPushButton *restoreButton() const { return m_restore; }
    QPushButton *olderButton() const { return m_older; }
    DiffList *difference() const { return m_diff; }

private:
    QWidget *makeLeft();
    QWidget *makeRight();
    void take(Result<api::RevisionViews> answer, bool isOlder);
    void fillList();
    void applyFilter();
    void fillChoices();
    void showChosen();
    void showDifference();
    void restore();
    const api::RevisionView *chosen() const;

    WindowContext &m_context;
    std::vector<api::RevisionView> m_revisions; ///< newest first
    bool m_filling = false;
    QLineEdit *m_filter;
    QListWidget *m_list;
    QLabel *m_note;
    QPushButton *m_older;
    QLabel *m_summary;
    QLabel *m_origin;
    QComboBox *m_with;
    DiffList *m_diff;
    QPushButton *m_restore;
};

} // namespace arc
