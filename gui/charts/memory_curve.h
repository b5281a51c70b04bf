// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/worker_end_types.h"

#include <QWidget>

#include <vector>

namespace arc {

/// How a worker's memory grew, from nothing at the foot to the most at the top: a leak, a jump or
/// a plain are told at a glance. The figures stand beside it. GUI thread.
class MemoryCurve : public QWidget {
    Q_OBJECT
public:
    static constexpr size_t kPointsMin = 3; ///< fewer tell no shape

    explicit MemoryCurve(std::vector<api::MemoryPoint> points, QWidget *parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *) override;

private:
    std::vector<api::MemoryPoint> m_points; ///< oldest first
};

} // namespace arc
