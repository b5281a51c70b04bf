// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QLabel>

namespace arc {

/// One line that ends in "…" when there is no room, and then shows the whole as a tooltip.
/// Text only, never markup: what it shows may come from an app. GUI thread.
class ElidedLabel : public QLabel {
    Q_OBJECT
public:
    explicit ElidedLabel(QWidget *parent = nullptr);

    void setFullText(const QString &text, Qt::TextElideMode mode = Qt::ElideRight);
    const QString &fullText() const { return m_full; }
    QSize minimumSizeHint() const override;
    QSize sizeHint() const override;

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void elide();

    QString m_full;
    Qt::TextElideMode m_mode = Qt::ElideRight;
};

} // namespace arc
