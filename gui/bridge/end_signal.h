// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

namespace arc {

/// SIGTERM, SIGINT and SIGHUP as a signal of Qt: the session ends or somebody ends the window, and
/// there is time to keep what it holds. One object per process. GUI thread.
class EndSignal : public QObject {
    Q_OBJECT
public:
    explicit EndSignal(QObject *parent = nullptr);
    ~EndSignal() override;

Q_SIGNALS:
    void raised();
};

} // namespace arc
