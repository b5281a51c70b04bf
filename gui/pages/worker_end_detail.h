// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/worker_end_types.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace arc {

class ElidedLabel;
class FactGrid;
class OutputView;
class StatePill;

/// One worker's end whole: the cause, what became of its requests, where it stood and what it wrote
/// last. GUI thread.
class WorkerEndDetail : public QFrame {
    Q_OBJECT
public:
    static constexpr int kLinesShownMax = 14; ///< of a stack or of output, before it scrolls

    explicit WorkerEndDetail(QWidget *parent = nullptr);

    /// `isWhole`: with stacks and output, which the list of ends leaves out.
    void show(const api::WorkerEnd &end, bool isWhole, int64_t nowUnixMs);

    QString title() const;
    QString causeText() const;
    QStringList facts() const; ///< "Requests answered 812"
    OutputView *stacks() const { return m_stacks; }
    OutputView *output() const { return m_output; }

Q_SIGNALS:
    void logsAsked();

private:
    void addFacts(const api::WorkerEnd &end, int64_t nowUnixMs);
    void showLines(QLabel &caption, OutputView &view, const QString &text);

    ElidedLabel *m_title;
    StatePill *m_pill;
    QPushButton *m_logs;
    QLabel *m_cause;
    FactGrid *m_facts;
    QLabel *m_stacksCaption;
    OutputView *m_stacks;
    QLabel *m_outputCaption;
    OutputView *m_output;
    api::WorkerEnd m_shown;
    int64_t m_shownAt = 0; ///< Unix ms: the words about time are of then
};

} // namespace arc
