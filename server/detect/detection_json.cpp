// SPDX-License-Identifier: Apache-2.0
#include "server/detect/detection_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace arc {

namespace {

using Json = nlohmann::json;

constexpr size_t kListMax = 1000; ///< projects, sentences

bool takeText(const Json &object, const char *key, std::string &out)
{
    const auto it = object.find(key);
    if (it == object.end() || !it->is_string())
        return false;
    out = it->get<std::string>();
    return true;
}

bool takeTexts(const Json &object, const char *key, std::vector<std::string> &out)
{
    const auto it = object.find(key);
    if (it == object.end() || !it->is_array() || it->size() > kListMax)
        return false;
    for (const Json &item : *it) {
        if (!item.is_string())
            return false;
        out.push_back(item.get<std::string>());
    }
    return true;
}

Error oddity(std::string_view what)
{
    return Error {ErrorCode::Internal, fmt::format("detect.py printed {}", what)};
}

} // namespace

Result<Detection> parseDetection(std::string_view text)
{
    const Json json = Json::parse(text, nullptr, false);
    Detection detection;
    if (!json.is_object() || !takeText(json, "folder", detection.folder))
        return oddity("something else than its report");
    const auto projects = json.find("projects");
    if (projects == json.end() || !projects->is_array() || projects->size() > kListMax)
        return oddity("no list of projects");
    for (const Json &item : *projects) {
        FoundProject project;
        if (!item.is_object() || !takeText(item, "kind", project.kind)
            || !takeText(item, "title", project.title) || !takeText(item, "name", project.name)
            || !takeText(item, "root", project.root) || !takeText(item, "entry", project.entry)
            || !takeText(item, "interface", project.interface)
            || !takeTexts(item, "evidence", project.evidence)
            || !takeTexts(item, "warnings", project.warnings) || !project.root.starts_with('/'))
            return oddity(fmt::format("an incomplete project {}", detection.projects.size()));
        detection.projects.push_back(std::move(project));
    }
    if (!takeTexts(json, "problems", detection.problems))
        return oddity("no list of problems");
    return detection;
}

} // namespace arc
