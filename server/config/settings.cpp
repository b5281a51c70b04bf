// SPDX-License-Identifier: Apache-2.0
#include "server/config/settings.h"

#include "server/base/assert.h"
#include "server/base/ip_address.h"
#include "server/config/address.h"
#include "server/config/word_lists.h"

#include <fmt/format.h>

namespace arc {

namespace {

void assign(bool &member, const SettingValue &value)
{
    member = std::get<bool>(value);
}
void assign(int64_t &member, const SettingValue &value)
{
    member = std::get<int64_t>(value);
}
[[maybe_unused]] void assign(double &member, const SettingValue &value)
{
    member = std::get<double>(value);
}
void assign(std::string &member, const SettingValue &value)
{
    member = std::get<std::string>(value);
}
template <class Rep, class Period>
void assign(std::chrono::duration<Rep, Period> &member, const SettingValue &value)
{
    member = std::chrono::duration<Rep, Period>(std::get<int64_t>(value));
}

template <class T>
SettingValue stored(const T &member)
{
    return member;
}
template <class Rep, class Period>
SettingValue stored(const std::chrono::duration<Rep, Period> &member)
{
    return int64_t {member.count()};
}

/// How a row reaches its member; the same order as settingRows().
struct Access {
    void (*set)(Settings &settings, const SettingValue &value);
    SettingValue (*get)(const Settings &settings);
};

constexpr Access kAccess[] = {
#define SETTING(member, type, fallback, ...)                                                       \
    {[](Settings &settings, const SettingValue &value) { assign(settings.member, value); },        \
     [](const Settings &settings) {                                                                \
         return stored(settings.member);                                                           \
     }},
#include "server/config/settings.def"
};

const Access &accessOf(const SettingRow &row)
{
    return kAccess[&row - settingRows().data()];
}

std::string levelsOf(const SettingRow &row)
{
    switch (row.scope) {
    case Scope::Engine:
        return "the engine";
    case Scope::Route:
        return "the engine, a site or a route";
    case Scope::App:
    case Scope::Upstream:
    case Scope::Site:
    case Scope::Listener:
        break;
    }
    const bool startsWithVowel = row.scope == Scope::App || row.scope == Scope::Upstream;
    return fmt::format("the engine or {} {}", startsWithVowel ? "an" : "a", scopeName(row.scope));
}

Result<void> checkOverride(const std::string &key, const SettingValue &value, Scope level)
{
    const SettingRow *row = findSetting(key);
    if (!row)
        return Error {ErrorCode::Invalid, "there is no such setting"};
    if (!allowedAt(*row, level))
        return Error {ErrorCode::Invalid, "can be set only on " + levelsOf(*row)};
    return checkSetting(*row, value);
}

} // namespace

Settings inherit(const Settings &outer, const Overrides &inner)
{
    Settings settings = outer;
    for (const auto &[key, value] : inner) {
        const SettingRow *row = findSetting(key);
        ARC_ASSERT(row && checkSetting(*row, value));
        accessOf(*row).set(settings, value);
    }
    return settings;
}

SettingValue valueOf(const Settings &settings, const SettingRow &row)
{
    return accessOf(row).get(settings);
}

Result<void> checkOverrides(const Overrides &overrides, Scope level)
{
    for (const auto &[key, value] : overrides) {
        if (auto checked = checkOverride(key, value, level); !checked)
            return std::move(checked).error().within(key);
    }
    // Inner levels are tied to values of outer ones, which only the whole document knows.
    return level == Scope::Engine ? checkTogether(inherit(Settings {}, overrides)) : Result<void>();
}

Result<void> checkTexts(const Settings &settings)
{
    if (auto checked = checkCodingNames(settings.compressionCodings); !checked)
        return std::move(checked).error().within("compression.codings");
    if (auto checked = checkTypePatterns(settings.compressionTypes); !checked)
        return std::move(checked).error().within("compression.types");
    if (!settings.errorPages.empty() && !settings.errorPages.starts_with('/'))
        return Error {ErrorCode::Invalid, "http.error_pages: name a folder by its absolute path"};
    if (!settings.spoolFolder.empty() && !settings.spoolFolder.starts_with('/'))
        return Error {ErrorCode::Invalid,
                      "buffers.spool_folder: name a folder by its absolute path"};
    if (auto checked = checkFolders(settings.filesSendFrom); !checked)
        return std::move(checked).error().within("files.send_from");
    if (auto checked = checkTimes(settings.recycleAt); !checked)
        return std::move(checked).error().within("pool.recycle_at");
    if (auto checked = checkWarmUps(settings.warmUp); !checked)
        return std::move(checked).error().within("pool.warm_up");
    if (auto checked = checkSharedPaths(settings.releaseShared); !checked)
        return std::move(checked).error().within("release.shared");
    if (auto checked = checkReleasePaths(settings.releaseExclude); !checked)
        return std::move(checked).error().within("release.exclude");
    if (auto trusted = IpNetworks::parse(settings.proxiesTrusted); !trusted)
        return std::move(trusted).error().within("http.trusted_proxies");
    if (settings.opsListen != "off") {
        if (auto checked = checkListenAddress(settings.opsListen); !checked)
            return std::move(checked).error().within("ops.listen");
    }
    return {};
}

Result<void> checkTogether(const Settings &settings)
{
    if (settings.responseBufferKiB > settings.buffersMiBMax * 1024)
        return Error {ErrorCode::Invalid,
                      fmt::format("buffers.response_kib: {} KiB for one answer do not fit into "
                                  "buffers.total_mib ({} MiB)",
                                  settings.responseBufferKiB, settings.buffersMiBMax)};
    if (settings.requestBufferKiB > settings.buffersMiBMax * 1024)
        return Error {ErrorCode::Invalid,
                      fmt::format("buffers.request_kib: {} KiB of one body do not fit into "
                                  "buffers.total_mib ({} MiB)",
                                  settings.requestBufferKiB, settings.buffersMiBMax)};
    if (settings.poolProcessesMax > 0 && settings.poolProcesses > settings.poolProcessesMax)
        return Error {ErrorCode::Invalid,
                      fmt::format("pool.processes_max: {} is below pool.processes ({}), the least "
                                  "there are; use 0 for a fixed number",
                                  settings.poolProcessesMax, settings.poolProcesses)};
    if (settings.tlsClients != "off" && !settings.tlsClientCa.starts_with('/'))
        return Error {ErrorCode::Invalid,
                      "tls.client_ca: name a PEM file by its absolute path when clients are asked "
                      "for a certificate"};
    return checkTexts(settings);
}

} // namespace arc
