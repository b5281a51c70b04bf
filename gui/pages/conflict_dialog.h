// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/widgets/titled_dialog.h"

#include <functional>

class QLabel;
class QPushButton;

namespace arc {

class ControlBridge;
class DiffList;

/// What stands in a ConflictDialog.
struct ConflictText {
    QString title;     ///< "Changed by ana 20 s ago"
    QString sentence;  ///< what is at stake
    QStringList mine;  ///< what this window wants, one line each
    QString onTop;     ///< "Redo mine on top"
    QString drop;      ///< "Drop mine"
    uint64_t from = 0; ///< the revision that ours was made against
    uint64_t to = 0;   ///< the newest
};

/// Somebody else changed the configuration first: what they changed, what we want, and three ways
/// on. Escape and the default button change nothing. GUI thread.
class ConflictDialog : public TitledDialog {
    Q_OBJECT
public:
    ConflictDialog(ControlBridge &bridge, const ConflictText &text, QWidget *parent);

    QPushButton *onTopButton() const { return m_onTop; }
    QPushButton *dropButton() const { return m_drop; }
    QPushButton *laterButton() const { return m_later; }
    DiffList *difference() const { return m_diff; }
    QString whoText() const;

Q_SIGNALS:
    void onTop();
    void drop();

private:
    void loadAuthors(ControlBridge &bridge, uint64_t from, uint64_t to);

    QLabel *m_who;
    DiffList *m_diff;
    QPushButton *m_drop;
    QPushButton *m_later;
    QPushButton *m_onTop;
};

} // namespace arc
