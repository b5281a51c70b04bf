// SPDX-License-Identifier: Apache-2.0
#include "server/workers/worker_reports.h"

#include "server/config/word_lists.h"
#include "server/workers/frame.h"
#include "server/workers/spawn.h"

#include <nlohmann/json.hpp>

namespace arc {

namespace {

using Json = nlohmann::json;

constexpr int64_t kSlotsMax = 65536;
constexpr size_t kListMax = 100; ///< mounts, warnings

Result<Json> parseObject(std::string_view text)
{
    Json value = Json::parse(text, nullptr, false);
    if (!value.is_object())
        return Error {ErrorCode::Invalid, "not a JSON object"};
    return value;
}

std::string textOf(const Json &object, const char *key)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

bool isTrue(const Json &object, const char *key)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_boolean() && it->get<bool>();
}

std::vector<std::string> textsOf(const Json &object, const char *key)
{
    std::vector<std::string> texts;
    const auto it = object.find(key);
    if (it == object.end() || !it->is_array())
        return texts;
    for (const Json &item : *it) {
        if (item.is_string() && texts.size() < kListMax)
            texts.push_back(item.get<std::string>());
    }
    return texts;
}

std::vector<StaticMount> mountsOf(const Json &report)
{
    std::vector<StaticMount> mounts;
    const auto it = report.find("static");
    if (it == report.end() || !it->is_array())
        return mounts;
    for (const Json &item : *it) {
        if (!item.is_object() || mounts.size() == kListMax)
            continue;
        StaticMount mount {.prefix = textOf(item, "prefix"), .roots = {}};
        for (std::string &root : textsOf(item, "roots")) {
            if (root.starts_with('/'))
                mount.roots.push_back(std::move(root));
        }
        if (mount.prefix.starts_with('/') && mount.prefix.size() > 1 && !mount.roots.empty())
            mounts.push_back(std::move(mount));
    }
    return mounts;
}

} // namespace

std::string makeHello(const AppSpec &spec, uint32_t ordinal, bool preloads)
{
    Json headers = Json::array();
    for (int id = 0; id < static_cast<int>(HeaderId::Count); ++id)
        headers.push_back(std::string(headerName(static_cast<HeaderId>(id))));
    Json hello = {
        {"app",
         {{"id", spec.config.id},
          {"root", spec.config.root},
          {"entry", spec.config.entry},
          {"interface", spec.config.interface}}},
        {"threads", spec.settings.poolThreads},
        {"asgi_requests", spec.settings.poolAsgiRequests},
        {"headers", headers},
        {"lifespan", "auto"},
        {"send_from", foldersOf(spec.settings.filesSendFrom)},
        {"watch", {{"lane", ChildProcess::kSocketFd + 1}, {"stacks", ChildProcess::kSocketFd + 2}}},
        {"worker", ordinal}};
    if (preloads)
        hello["preload"] = ChildProcess::kSocketFd + 3;
    if (const auto requests = warmUpsOf(spec.settings.warmUp); !requests.empty())
        hello["warm_up"] = {{"origin", spec.origin.empty() ? "http://localhost" : spec.origin},
                            {"requests", requests}};
    std::string payload;
    protocol::RequestWriter writer(payload);
    writer.u16(protocol::kVersion);
    writer.u32(0);
    payload += hello.dump(-1, ' ', false, Json::error_handler_t::replace);
    return payload;
}

Result<StartStep> parseStep(std::string_view json)
{
    const auto object = parseObject(json);
    if (!object)
        return object.error();
    StartStep step {.name = textOf(*object, "step")};
    const auto ms = object->find("ms");
    if (step.name.empty() || ms == object->end() || !ms->is_number())
        return Error {ErrorCode::Invalid, "a step without name or time"};
    step.milliseconds = ms->get<double>();
    return step;
}

Result<ReadyReport> parseReady(std::string_view json)
{
    const auto object = parseObject(json);
    if (!object)
        return object.error();
    const auto version = object->find("protocol");
    if (version == object->end() || !version->is_number_integer()
        || version->get<int64_t>() != protocol::kVersion)
        return Error {ErrorCode::Invalid, "another version of the protocol"};
    const auto slots = object->find("slots");
    if (slots == object->end() || !slots->is_number_integer() || slots->get<int64_t>() < 1
        || slots->get<int64_t>() > kSlotsMax)
        return Error {ErrorCode::Invalid, "slots outside 1..65536"};
    return ReadyReport {.kind = textOf(*object, "kind"),
                        .python = textOf(*object, "python"),
                        .core = textOf(*object, "core"),
                        .slots = static_cast<int>(slots->get<int64_t>()),
                        .preloads = isTrue(*object, "preloads"),
                        .preloadRefused = textOf(*object, "preload_refused"),
                        .mounts = mountsOf(*object),
                        .warnings = textsOf(*object, "warnings")};
}

Result<FailedReport> parseFailed(std::string_view json)
{
    const auto object = parseObject(json);
    if (!object)
        return object.error();
    FailedReport report {.step = textOf(*object, "step"),
                         .error = textOf(*object, "error"),
                         .traceback = textOf(*object, "traceback")};
    if (report.error.empty())
        return Error {ErrorCode::Invalid, "a failure without a cause"};
    return report;
}

} // namespace arc
