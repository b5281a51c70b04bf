// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/wheel_guard.h"

#include <QEvent>
#include <QWidget>

namespace arc {

namespace {

class WheelGuard : public QObject {
public:
    using QObject::QObject;
    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() != QEvent::Wheel)
            return QObject::eventFilter(watched, event);
        event->ignore();
        return true;
    }
};

} // namespace

void keepWheelForThePage(QWidget &input)
{
    input.installEventFilter(new WheelGuard(&input));
}

} // namespace arc
