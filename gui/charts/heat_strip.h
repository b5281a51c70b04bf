// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

#include <vector>

namespace arc {

/// One small cell per core, filled from below by its load: many cores at a glance, one widget.
/// GUI thread.
class HeatStrip : public QWidget {
    Q_OBJECT
public:
    explicit HeatStrip(QWidget *parent = nullptr);

    void show(std::vector<double> shares); ///< each 0..1
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {60, 26}; }

protected:
    void paintEvent(QPaintEvent *) override;
    bool event(QEvent *event) override;

private:
    double cellWidth() const;

    std::vector<double> m_shares;
};

} // namespace arc
