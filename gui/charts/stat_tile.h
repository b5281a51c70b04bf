// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QLabel;

namespace arc {

/// One number with its name above and a short note below. GUI thread.
class StatTile : public QWidget {
    Q_OBJECT
public:
    explicit StatTile(const QString &name, QWidget *parent = nullptr);

    void show(const QString &figure, const QString &note = {});

private:
    QLabel *m_figure;
    QLabel *m_note;
};

} // namespace arc
