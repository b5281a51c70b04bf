// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace arc {

class StatePill;

/// What becomes of a site's newest generation, in one line: how far it is, or why it does not
/// serve. Hidden when there is nothing to tell. GUI thread.
class DeployStrip : public QFrame {
    Q_OBJECT
public:
    explicit DeployStrip(QWidget *parent = nullptr);

    /// pool: null for a site without one.
    void show(const api::PoolFigures *pool);
    QString text() const;
    QPushButton *outputButton() const { return m_output; }

Q_SIGNALS:
    void outputAsked();

private:
    void showLine(const QString &state, const QString &text, bool failed);

    StatePill *m_pill;
    QLabel *m_text;
    QPushButton *m_output;
};

} // namespace arc
