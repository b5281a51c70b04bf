// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/widgets/titled_dialog.h"

class QGridLayout;
class QLabel;
class QPushButton;
class QScrollArea;

namespace arc {

class Staging;
struct StagedEdit;

/// Every change that is not applied, object by object: before and after, when it takes effect, what
/// is wrong with it, and its way out. Follows what is staged while it is open. GUI thread.
class ReviewDialog : public TitledDialog {
    Q_OBJECT
public:
    explicit ReviewDialog(Staging &staging, QWidget *parent = nullptr);

    QPushButton *applyButton() const { return m_apply; }
    /// All lines as text: "App shop: Threads per worker 4 → 8 (restarts workers)".
    QStringList lines() const { return m_lines; }

Q_SIGNALS:
    void discard();

private:
    void refresh();
    QWidget *makeContent();
    void addLine(QGridLayout *grid, int row, const StagedEdit &edit, QWidget *parent);

    Staging &m_staging;
    QStringList m_lines;
    QScrollArea *m_scroll;
    QLabel *m_whole;
    QLabel *m_effects;
    QPushButton *m_discard;
    QPushButton *m_close;
    QPushButton *m_apply;
};

} // namespace arc
