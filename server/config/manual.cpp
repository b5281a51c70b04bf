// SPDX-License-Identifier: Apache-2.0
#include "server/config/manual.h"

#include "server/base/text.h"
#include "server/config/document_json.h"

#include <fmt/format.h>

namespace arc {

namespace {

std::string appliesSentence(Applies applies)
{
    switch (applies) {
    case Applies::AtOnce:
        return "at once";
    case Applies::OnNewConnections:
        return "on new connections";
    case Applies::OnRebind:
        return "when the listener is opened again";
    case Applies::OnWorkerRestart:
        return "when the workers restart, which happens by itself";
    case Applies::OnRestart:
        return "when the engine restarts";
    }
    return {};
}

std::string rowText(const SettingRow &row)
{
    const std::string unit = row.unit.empty() ? std::string() : std::string(row.unit);
    const bool isWord = printSetting(row, fallbackOf(row)) == row.zeroMeans;
    std::string out = fmt::format("### `{}`\n\n**{}.** {}\n\n", row.key, row.label, row.help);
    out += fmt::format("Default `{}`{}", printSetting(row, fallbackOf(row)), isWord ? "" : unit);
    if (const std::string range = rangeText(row); !range.empty())
        out += fmt::format(" · {}{}", range, unit);
    if (!row.zeroMeans.empty())
        out += fmt::format(" (0 is `{}`)", row.zeroMeans);
    out += fmt::format(" · level: {}", scopeName(row.scope));
    out += fmt::format(" · applies {}", appliesSentence(row.applies));
    if (row.reach == Reach::Node)
        out += " · own value on each node";
    if (row.advanced)
        out += " · advanced";
    return out + "\n\n";
}

const char *jsonType(const SettingRow &row)
{
    constexpr const char *kTypes[] = {"boolean", "integer", "number", "string"};
    return kTypes[row.fallback.index()];
}

Json rowSchema(const SettingRow &row)
{
    Json json = Json::object();
    Json value = Json::object();
    value["type"] = jsonType(row);
    if (row.type == SettingType::Double) {
        value["minimum"] = row.min;
        value["maximum"] = row.max;
    } else if (std::holds_alternative<int64_t>(row.fallback)) {
        value["minimum"] = static_cast<int64_t>(row.min);
        value["maximum"] = static_cast<int64_t>(row.max);
    }
    if (row.type == SettingType::Choice) {
        for (const std::string_view choice : split(row.choices, '|'))
            value["enum"].push_back(std::string(choice));
    }
    json["title"] = std::string(row.label);
    json["description"] = std::string(row.help);
    if (row.zeroMeans.empty())
        json.update(value);
    else
        json["anyOf"] = Json::array({value, {{"const", std::string(row.zeroMeans)}}});
    json["default"] = settingToJson(row, fallbackOf(row));
    json["x-unit"] = std::string(row.unit.substr(row.unit.starts_with(' ') ? 1 : 0));
    json["x-page"] = std::string(pageName(row.page));
    json["x-scope"] = std::string(scopeName(row.scope));
    json["x-applies"] = std::string(appliesName(row.applies));
    return json;
}

} // namespace

std::string settingsManual()
{
    std::string out =
        "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
        "<!-- Written by the settings table; edit server/config/settings.def. -->\n"
        "# Settings\n\n"
        "Each can be changed in the window, by `arcology ctl settings set KEY=VALUE`, by "
        "`--set KEY=VALUE` at\nstart, and by an environment variable: `ARCOLOGY_` and the "
        "key in capitals, dots as underscores. An inner\nlevel inherits from the outer "
        "one; *level* names the innermost one a setting can be set on.\n\n";
    const SettingRow *before = nullptr;
    for (const SettingRow &row : settingRows()) {
        if (!before || before->page != row.page)
            out += fmt::format("## {}\n\n", pageName(row.page));
        out += rowText(row);
        before = &row;
    }
    out.pop_back();
    return out;
}

std::string settingsSchemaJson()
{
    Json properties = Json::object();
    for (const SettingRow &row : settingRows())
        properties[std::string(row.key)] = rowSchema(row);
    Json schema = Json::object();
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    schema["title"] = "Settings of Arcology";
    schema["type"] = "object";
    schema["properties"] = std::move(properties);
    schema["additionalProperties"] = false;
    return printJson(schema) + "\n";
}

} // namespace arc
