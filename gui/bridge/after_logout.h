// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/bridge/hop.h"
#include "gui/bridge/keep_serving.h"

#include <QObject>

#include <memory>
#include <optional>

namespace arc {

/// What the window knows of serving after logout; unknown until the first answer. GUI thread.
class AfterLogout : public QObject {
    Q_OBJECT
public:
    explicit AfterLogout(KeepServing &service, QObject *parent = nullptr);
    ~AfterLogout() override;

    void look();
    void set(bool on);
    const std::optional<KeepServing::State> &state() const { return m_state; }
    bool isBusy() const { return m_busy; }
    /// Why the switch cannot be used now; empty: it can.
    QString whyNot() const;

Q_SIGNALS:
    void changed();
    void done(bool succeeded, const QString &sentence); ///< after set()

private:
    KeepServing &m_service;
    std::shared_ptr<Hop> m_hop;
    std::optional<KeepServing::State> m_state;
    QString m_problem; ///< why the state is not known
    bool m_busy = false;
};

} // namespace arc
