// SPDX-License-Identifier: Apache-2.0
#include "server/config/unknown_setting.h"

#include "server/base/nearest_word.h"
#include "server/config/schema.h"

#include <fmt/format.h>

namespace arc {

Error unknownSetting(std::string_view key)
{
    std::vector<std::string_view> keys;
    for (const SettingRow &row : settingRows())
        keys.push_back(row.key);
    const std::string_view nearest = nearestWord(key, keys);
    return {ErrorCode::Invalid,
            nearest.empty()
                ? std::string("there is no such setting; `arcology ctl settings list` names them")
                : fmt::format("there is no such setting; did you mean {}?", nearest)};
}

} // namespace arc
