// SPDX-License-Identifier: Apache-2.0
#include "server/control/tasks.h"

#include "server/base/text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

Tasks::Tasks(EventLoop &control, std::string executable)
    : m_control(control), m_executable(std::move(executable))
{
}

Tasks::~Tasks() = default;

size_t Tasks::running() const
{
    return static_cast<size_t>(std::count_if(m_tasks.begin(), m_tasks.end(), [](const auto &entry) {
        return entry.second.command != nullptr;
    }));
}

Result<api::TaskView> Tasks::run(const std::string &site, AppConfig app, api::RunCommand command)
{
    if (command.argv.empty() || command.argv.front().empty())
        return Error {ErrorCode::Invalid, "argv: say which command to run"};
    if (running() >= kRunningMax)
        return Error {
            ErrorCode::Full,
            fmt::format("{} commands run already; wait for one to end or cancel it", kRunningMax)};
    for (auto &[name, value] : command.env)
        app.env.insert_or_assign(name, std::move(value));

    const std::string id = std::to_string(m_nextId++);
    Task task;
    task.view = {.id = id,
                 .site = site,
                 .title = fmt::format("{}", fmt::join(command.argv, " ")),
                 .state = "running",
                 .startedUnixMs = unixNowMs()};
    auto started = AppCommand::run(
        m_control, m_executable, app, std::move(command.argv), std::move(command.input),
        [this, id](AppCommand::Update update) { updated(id, std::move(update)); });
    if (!started)
        return std::move(started).error();
    task.command = std::move(*started);
    api::TaskView view = task.view;
    m_tasks.emplace(id, std::move(task));
    return view;
}

void Tasks::updated(const std::string &id, AppCommand::Update update)
{
    const auto found = m_tasks.find(id);
    if (found == m_tasks.end())
        return;
    Task &task = found->second;
    task.view.output += update.output;
    if (task.view.output.size() > kOutputBytesMax) {
        const size_t excess = task.view.output.size() - kOutputBytesMax;
        task.view.output.erase(0, excess);
        task.view.offset += static_cast<int64_t>(excess);
    }
    if (!update.finished)
        return;
    task.view.exitStatus = update.exitStatus;
    task.view.state = update.cancelled ? "cancelled" : update.exitStatus == 0 ? "done" : "failed";
    // The command is inside its own callback: it may not be destroyed before that returns.
    m_control.post([command = std::shared_ptr<AppCommand>(std::move(task.command))] {});
    m_finished.push_back(id);
    forgetOldest();
}

void Tasks::forgetOldest()
{
    while (m_finished.size() > kKept) {
        m_tasks.erase(m_finished.front());
        m_finished.pop_front();
    }
}

Result<api::TaskView> Tasks::view(const std::string &id, int64_t after) const
{
    const auto found = m_tasks.find(id);
    if (found == m_tasks.end())
        return Error {ErrorCode::NotFound, fmt::format("there is no task {}", id)};
    const api::TaskView &kept = found->second.view;
    api::TaskView view = kept;
    const int64_t end = kept.offset + static_cast<int64_t>(kept.output.size());
    view.offset = std::clamp(after, kept.offset, end);
    view.output =
        kept.output.substr(static_cast<size_t>(view.offset - kept.offset), kAnswerBytesMax);
    return view;
}

Result<void> Tasks::cancel(const std::string &id)
{
    const auto found = m_tasks.find(id);
    if (found == m_tasks.end())
        return Error {ErrorCode::NotFound, fmt::format("there is no task {}", id)};
    if (found->second.command)
        found->second.command->cancel();
    return {};
}

} // namespace arc
