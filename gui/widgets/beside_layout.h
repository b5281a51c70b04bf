// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QBoxLayout>

#include <functional>

namespace arc {

/// Parts beside each other while a widget is wide enough for that, else one below the other: what
/// narrow windows and large letters need. GUI thread.
class BesideLayout : public QBoxLayout {
    Q_OBJECT
public:
    using Arrange = std::function<void(bool beside)>;

    /// Measured is the width of `on`; `besideWidth` is in pixels at letters of the usual size.
    /// `arrange` sets what differs between the two, at each change of the widget's size.
    BesideLayout(QWidget &on, int besideWidth, Arrange arrange);

    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QWidget &m_on;
    int m_besideWidth;
    Arrange m_arrange;
};

} // namespace arc
