// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace arc {

/// What a page shows while it has nothing: what will be here, why it is empty, one action.
/// GUI thread.
class EmptyState : public QWidget {
    Q_OBJECT
public:
    EmptyState(const QString &iconName, QWidget *parent = nullptr);

    /// `action` empty: no button.
    void show(const QString &title, const QString &text, const QString &action = {});

Q_SIGNALS:
    void activated();

protected:
    void paintEvent(QPaintEvent *) override;

private:
    QString m_iconName;
    QLabel *m_title;
    QLabel *m_text;
    QPushButton *m_action;
};

} // namespace arc
