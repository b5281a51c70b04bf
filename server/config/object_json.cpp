// SPDX-License-Identifier: Apache-2.0
#include "server/config/object_json.h"

#include "server/config/json_text.h"

namespace arc {

namespace {

Result<Json> parseObject(std::string_view text)
{
    auto json = parseJson(text);
    if (json && !json->is_object())
        return Error {ErrorCode::Invalid, "must be an object"};
    return json;
}

} // namespace

Result<ObjectParts> splitObject(std::string_view json)
{
    auto object = parseObject(json);
    if (!object)
        return std::move(object).error();
    ObjectParts parts;
    if (const auto settings = object->find("settings"); settings != object->end()) {
        if (!settings->is_object())
            return Error {ErrorCode::Invalid, "settings: must be an object"};
        for (const auto &[key, value] : settings->items())
            parts.settings.emplace(key, printJsonLine(value));
        object->erase("settings");
    }
    parts.json = printJsonLine(*object);
    return parts;
}

Result<std::string> joinObject(const ObjectParts &parts)
{
    auto object = parseObject(parts.json);
    if (!object)
        return std::move(object).error();
    for (const auto &[key, text] : parts.settings) {
        auto value = parseJson(text);
        if (!value)
            return std::move(value).error().within("settings." + key);
        (*object)["settings"][key] = std::move(*value);
    }
    return printJsonLine(*object);
}

} // namespace arc
