// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

namespace arc {

/// The samples that come with the program, one card each: what it is and what it shows. GUI thread.
class SampleCards : public QWidget {
    Q_OBJECT
public:
    explicit SampleCards(QWidget *parent = nullptr);

Q_SIGNALS:
    void chosen(const QString &name); ///< of the sample's folder
};

} // namespace arc
