// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

namespace arc {

/// The stations of a request as boxes with arrows between them, on several lines where one has no
/// room for their texts. GUI thread.
class RequestPath : public QWidget {
    Q_OBJECT
public:
    struct Station {
        QString name;
        QString note;
        bool operator==(const Station &) const = default;
    };

    explicit RequestPath(QWidget *parent = nullptr);

    void show(const QList<Station> &stations);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *) override;
    void resizeEvent(QResizeEvent *) override;

private:
    static int stationHeight();
    int perLine(int width) const;
    int stationWidth() const;
    int heightAt(int width) const;
    void fitHeight();
    void showToolTip();

    QList<Station> m_stations;
    int m_natural = 0; ///< width of the widest so far: figures must not change the lines
};

} // namespace arc
