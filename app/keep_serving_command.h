// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/bridge/keep_serving.h"

#include <functional>
#include <string>
#include <utility>

namespace arc {

/// Asks this program's own `keep-serving`, as somebody would in a shell: one way, whoever uses it.
/// Each call is a child process; it goes on when the window ends. Any thread.
class KeepServingCommand final : public KeepServing {
public:
    explicit KeepServingCommand(std::string executable) : m_executable(std::move(executable)) { }

    void look(std::function<void(Result<State>)> done) override;
    void set(bool on, std::function<void(Result<std::string>)> done) override;

private:
    const std::string m_executable;
};

} // namespace arc
