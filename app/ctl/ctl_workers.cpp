// SPDX-License-Identifier: Apache-2.0
// Verbs about workers: worker list, kill, ends, end.
#include "app/ctl/ctl_verbs.h"

#include "app/ctl/text_table.h"
#include "server/base/text.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace arc {

namespace {

constexpr size_t kMemoryRowsMax = 12;

std::string percent(double share)
{
    return share < 0 ? "?" : fmt::format("{:.0f} %", share * 100);
}

std::string bytesOrUnknown(int64_t bytes)
{
    return bytes < 0 ? "?" : formatBytes(static_cast<double>(bytes));
}

std::string milliseconds(int64_t ms)
{
    return formatDuration(static_cast<double>(ms) / 1000);
}

/// "GET /report 12 s": for how long the oldest of its requests runs.
std::string serving(const api::WorkerFigures &worker)
{
    if (worker.serving.empty() || worker.servingMs < 0)
        return worker.serving;
    return fmt::format("{} {}", worker.serving, milliseconds(worker.servingMs));
}

void printRequests(CtlSession &session, const api::WorkerEnd &end)
{
    if (end.running.empty())
        return session.say("No request was in flight.");
    session.say("In flight:");
    TextTable table({"REQUEST", "FOR", "WHAT BECAME OF IT"});
    for (const api::EndedRequest &request : end.running)
        table.add({oneLine(request.label), milliseconds(request.ranMs), request.fate});
    session.print(table.text());
    if (end.moreRunning > 0)
        session.say(fmt::format("and {} more", end.moreRunning));
}

/// The whole curve in a few rows, the last of them always.
void printMemory(CtlSession &session, const api::WorkerEnd &end)
{
    if (end.memory.empty() && end.peakMemoryBytes == 0)
        return;
    session.say("Memory:");
    TextTable table({"BEFORE THE END", "MEMORY"});
    const size_t step = (end.memory.size() + kMemoryRowsMax - 1) / kMemoryRowsMax;
    for (size_t at = end.memory.size() % std::max<size_t>(step, 1); at < end.memory.size();
         at += step) {
        const api::MemoryPoint &point = end.memory[std::min(at + step - 1, end.memory.size() - 1)];
        table.add({milliseconds(std::max<int64_t>(0, end.endedUnixMs - point.atUnixMs)),
                   bytesOrUnknown(point.bytes)});
    }
    if (end.peakMemoryBytes > 0)
        table.add({"most at once", bytesOrUnknown(end.peakMemoryBytes)});
    session.print(table.text());
}

void printLines(CtlSession &session, const std::string &text)
{
    for (const std::string_view line : split(text, '\n')) {
        if (!line.empty())
            session.say("  " + oneLine(std::string(line)));
    }
}

void sayEnd(CtlSession &session, const api::WorkerEnd &end)
{
    session.say(fmt::format("Worker {} of {}: {}", end.pid, end.app, oneLine(end.cause)));
    TextTable table({"Ended", formatTimestamp(end.endedUnixMs)});
    table.add({"Age", milliseconds(std::max<int64_t>(0, end.endedUnixMs - end.startedUnixMs))});
    table.add({"Kind", end.kind + (end.planned ? ", ordered" : ", not ordered")});
    table.add({"Generation", std::to_string(end.generation)});
    table.add({"Requests answered", std::to_string(end.requests)});
    if (!end.wasReady)
        table.add({"Start", "it never was ready"});
    session.print(table.text());
    printRequests(session, end);
    printMemory(session, end);
    for (const api::StackView &stack : end.stacks) {
        session.say(fmt::format("Stack ({}):", oneLine(stack.about)));
        printLines(session, stack.text);
    }
    if (end.output.empty())
        return;
    session.say("Last output:");
    for (const std::string &line : end.output)
        session.say("  " + oneLine(line));
}

std::string scalingOf(const api::PoolFigures &pool)
{
    const api::ScalingFigures &scaling = pool.scaling;
    std::string text = fmt::format("{}: {} wanted, of {} to {}", pool.app, pool.wanted,
                                   scaling.least, scaling.most);
    if (!scaling.reason.empty())
        text += fmt::format("; {}: {}", formatTimestamp(scaling.unixMs), oneLine(scaling.reason));
    return text;
}

} // namespace

int ctlWorkerList(CtlSession &session)
{
    const auto snapshot = session.ask(&Control::snapshot, {});
    if (!snapshot)
        return session.fail(snapshot.error());
    if (session.json()) {
        const auto json = nlohmann::ordered_json::parse(api::toJson(*snapshot), nullptr, false);
        session.print(nlohmann::ordered_json {{"pools", json["pools"]}}.dump() + "\n");
        return 0;
    }
    TextTable table({"PID", "APP", "GEN", "STATE", "BUSY", "REQUESTS", "MEMORY", "CPU", "SERVING"});
    for (const api::PoolFigures &pool : snapshot->pools) {
        for (const api::WorkerFigures &worker : pool.workers) {
            table.add({std::to_string(worker.pid), pool.app, std::to_string(worker.generation),
                       worker.state, fmt::format("{}/{}", worker.busy, worker.slots),
                       std::to_string(worker.requests), bytesOrUnknown(worker.memoryBytes),
                       percent(worker.cpu), serving(worker)});
        }
    }
    if (table.empty())
        session.say("No workers: no Python site runs.");
    else
        session.print(table.text());
    for (const api::PoolFigures &pool : snapshot->pools) {
        if (pool.scaling.most > 0)
            session.say(scalingOf(pool));
        if (!pool.cause.empty())
            session.say(fmt::format("{} is {}: {}", pool.app, pool.state, oneLine(pool.cause)));
        for (const std::string &warning : pool.warnings)
            session.say(fmt::format("{}: {}", pool.app, oneLine(warning)));
    }
    return 0;
}

int ctlWorkerKill(CtlSession &session, const api::WorkerKill &what)
{
    return session.show(&Control::killWorker, what, [&](const api::Nothing &) {
        session.say(what.drain ? fmt::format("Worker {} was asked to end.", what.pid)
                               : fmt::format("Worker {} was ended.", what.pid));
    });
}

int ctlWorkerEnds(CtlSession &session, const api::WorkerEndQuery &what)
{
    return session.show(&Control::workerEnds, what, [&](const api::WorkerEnds &known) {
        TextTable table({"NO", "ENDED", "APP", "PID", "KIND", "LOST", "CAUSE"});
        for (const api::WorkerEnd &end : known.ends) {
            const auto lost =
                std::count_if(end.running.begin(), end.running.end(), [](const auto &request) {
                    return request.fate == "lost" || request.fate == "cut";
                });
            table.add({std::to_string(end.id), formatTimestamp(end.endedUnixMs), end.app,
                       std::to_string(end.pid), end.kind, std::to_string(lost),
                       oneLine(end.cause)});
        }
        if (table.empty())
            session.say("No such end of a worker is known.");
        else
            session.print(table.text());
    });
}

int ctlWorkerEnd(CtlSession &session, uint64_t id)
{
    return session.show(&Control::workerEnd, {.id = id},
                        [&](const api::WorkerEnd &end) { sayEnd(session, end); });
}

} // namespace arc
