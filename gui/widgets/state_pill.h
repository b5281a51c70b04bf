// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/states.h"

#include <QWidget>

namespace arc {

/// A state as shape, word and colour. GUI thread.
class StatePill : public QWidget {
    Q_OBJECT
public:
    explicit StatePill(QWidget *parent = nullptr);

    /// `detail` follows the word: "Serving · 3 sites".
    void show(const QString &state, const QString &detail = {});
    QString text() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override; ///< of the word alone

protected:
    void paintEvent(QPaintEvent *) override;
    void resizeEvent(QResizeEvent *) override;

private:
    int widthOf(const QString &text) const;
    QString shownText() const; ///< shortened to the room there is
    void showToolTip();

    StateLook m_look {StateTone::Unknown, {}};
    QString m_detail;
};

} // namespace arc
