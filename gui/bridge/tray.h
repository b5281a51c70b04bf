// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QIcon>
#include <QObject>

class QMenu;

namespace arc {

/// A place for the window's icon while the window is hidden. No desktop must have one: nothing
/// lives only here. GUI thread.
class Tray : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// Whether the desktop shows tray icons, as far as that is known. Asked anew each time; never
    /// waits.
    virtual bool isAvailable() const = 0;
    /// False in the first moments: availabilityChanged() ends them, whatever was found.
    virtual bool isKnown() const { return true; }
    virtual void setShown(bool shown) = 0;
    virtual bool isShown() const = 0;
    virtual void setIcon(const QIcon &icon) = 0;
    virtual void setToolTip(const QString &text) = 0;
    virtual void setMenu(QMenu *menu) = 0;
    /// A short message beside the icon.
    virtual void tell(const QString &title, const QString &text) = 0;

Q_SIGNALS:
    void activated(); ///< clicked, not for its menu
    void availabilityChanged();
};

} // namespace arc
