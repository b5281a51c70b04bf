// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QPushButton;
class QMimeData;
class QVBoxLayout;

namespace arc {

/// What was dropped, sorted into what can be served and what cannot.
struct Dropped {
    QStringList paths;     ///< on this machine; folders or files
    QStringList elsewhere; ///< addresses that are no local path
};
Dropped droppedOf(const QMimeData &mime);

/// The first thing a new user sees: where a project folder goes. GUI thread.
/// The drop itself is taken by the shell, which accepts it anywhere on the window.
class DropZone : public QWidget {
    Q_OBJECT
public:
    explicit DropZone(bool withSample, QWidget *parent = nullptr);

Q_SIGNALS:
    void addSite();
    void trySample(const QString &name);

protected:
    void paintEvent(QPaintEvent *) override;

private:
    void addSamples(QVBoxLayout *layout);

    QWidget *m_box;
};

/// Covers the window while something is dragged over it and says what a drop would do.
class DropOverlay : public QWidget {
    Q_OBJECT
public:
    explicit DropOverlay(QWidget *parent);

    void show(const QString &text);

protected:
    void paintEvent(QPaintEvent *) override;

private:
    QString m_text;
};

} // namespace arc
