// SPDX-License-Identifier: Apache-2.0
#include "app/keep_serving_command.h"

#include "server/base/thread_detached.h"
#include "server/detect/captured_run.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace arc {

namespace {

constexpr std::chrono::seconds kLookDeadline {60}; // a service manager that is busy
constexpr std::chrono::minutes kSetDeadline {12};  // a password, and the old engine drains
constexpr size_t kOutputMax = 16 * 1024;

/// What it said, without its name before it.
std::string sentence(const std::string &text)
{
    constexpr std::string_view kPrefix = "arcology: ";
    const size_t end = text.find_last_not_of(" \t\r\n");
    const std::string said = text.substr(0, end == std::string::npos ? 0 : end + 1);
    return said.starts_with(kPrefix) ? said.substr(kPrefix.size()) : said;
}

Error failure(const CapturedRun &run)
{
    const std::string said = sentence(run.errors);
    return {ErrorCode::Unavailable, said.empty() ? "the command failed and did not say why" : said};
}

Result<KeepServing::State> lookWith(const std::string &executable)
{
    auto run = runCaptured({executable, "keep-serving", "--json"}, kLookDeadline, kOutputMax);
    if (!run)
        return std::move(run).error();
    if (run->exitCode != 0)
        return failure(*run);
    const auto json = nlohmann::json::parse(run->output, nullptr, false);
    const auto flag = [&json](const char *name) {
        const auto at = json.find(name);
        return at != json.end() && at->is_boolean() ? std::optional(at->get<bool>()) : std::nullopt;
    };
    if (!json.is_object() || !flag("on") || !flag("possible"))
        return Error {ErrorCode::Invalid, "keep-serving gave an answer that is not understood"};
    const auto why = json.find("why");
    return KeepServing::State {
        .on = *flag("on"),
        .possible = *flag("possible"),
        .why = why != json.end() && why->is_string() ? why->get<std::string>() : std::string()};
}

Result<std::string> setWith(const std::string &executable, bool on)
{
    auto run =
        runCaptured({executable, "keep-serving", on ? "on" : "off"}, kSetDeadline, kOutputMax);
    if (!run)
        return std::move(run).error();
    if (run->exitCode != 0)
        return failure(*run);
    return sentence(run->output);
}

/// Nobody waits for it: a window that is closed meanwhile must not stay as a process without a
/// face, and what was begun is the child's to end. The task holds all it needs.
void inBackground(std::function<void()> task)
{
    runDetached("keep-serving", std::move(task));
}

} // namespace

void KeepServingCommand::look(std::function<void(Result<State>)> done)
{
    inBackground(
        [executable = m_executable, done = std::move(done)] { done(lookWith(executable)); });
}

void KeepServingCommand::set(bool on, std::function<void(Result<std::string>)> done)
{
    inBackground(
        [executable = m_executable, on, done = std::move(done)] { done(setWith(executable, on)); });
}

} // namespace arc
