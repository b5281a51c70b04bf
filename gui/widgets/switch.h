// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QAbstractButton>

namespace arc {

/// An on/off switch. The position tells the state, not only the colour. GUI thread.
class Switch : public QAbstractButton {
    Q_OBJECT
public:
    explicit Switch(QWidget *parent = nullptr);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *) override;
};

} // namespace arc
