// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QWidget>

class QLabel;
class QScrollArea;
class QVBoxLayout;

namespace arc {

class WindowContext;

/// Every applied revision of the configuration with author and summary, and the way back to it.
/// Shows at most kShownMax, newest first. GUI thread.
class HistoryPanel : public QWidget {
    Q_OBJECT
public:
    static constexpr int kShownMax = 100;

    explicit HistoryPanel(WindowContext &context, QWidget *parent = nullptr);

    void load();
    int count() const { return int(m_revisions.size()); }

private:
    void rebuild();
    QWidget *makeRow(const api::RevisionView &revision, bool isNewest);
    void restore(uint64_t revision);
    void showDiff(uint64_t revision, QLabel *into);

    WindowContext &m_context;
    std::vector<api::RevisionView> m_revisions;
    QScrollArea *m_scroll;
    QLabel *m_note;
};

} // namespace arc
