// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace arc {

/// What a value is, and so which editor, parser and printer it gets.
enum class SettingType { Bool, Int, Double, Text, Choice, Seconds, Milliseconds, Path, Secret };

/// When a changed value takes effect.
enum class Applies { AtOnce, OnNewConnections, OnRebind, OnWorkerRestart, OnRestart };

/// The level a row may be set on. Inner levels inherit from outer ones: Engine > Listener, Engine >
/// Site > Route, Engine > App, Engine > Upstream. A row's scope is the innermost level it may be
/// set on: Route on the engine, on a site and on a route; Site on the engine and on a site; App on
/// the engine and on an app.
enum class Scope { Engine, Listener, Site, Route, App, Upstream };

/// In a cluster: one value for all nodes, or one for each.
enum class Reach { Cluster, Node };

/// Whether a text names a file or folder, or several with colons between them. They are absolute;
/// pinSettings() makes those so that are typed into a shell.
enum class Paths { None, One, List };

/// The page of the window and the chapter of the manual a row stands in.
enum class SettingPage { General, Http, Tls, Files, Limits, Workers, Logs, Operations };

/// A value outside the table: as stored, transported and edited. Durations are whole numbers in the
/// row's unit.
using SettingValue = std::variant<bool, int64_t, double, std::string>;

/// One row of settings.def. Everything any reader needs to know about a setting.
/// The fields stand in the order in which rows name them: designated initialisers must keep it.
struct SettingRow {
    std::string_view key; ///< "http.idle_timeout_s"; ends in its unit when it has one
    SettingPage page = SettingPage::General;
    std::string_view label; ///< sentence case, no unit
    std::string_view unit;  ///< as a spin box shows it: " MiB"
    double min = 0;
    double max = 0;
    std::string_view choices;   ///< Choice: "off|on|shadow"
    std::string_view zeroMeans; ///< word shown and accepted for 0: "auto", "off", "unlimited"
    Applies applies = Applies::AtOnce;
    Scope scope = Scope::Engine;
    Reach reach = Reach::Cluster;
    bool advanced = false;
    Paths paths = Paths::None;
    std::string_view since = "0.1";
    std::string_view help;                ///< whole sentences
    SettingType type = SettingType::Bool; ///< filled in from the member's C++ type by the table
    std::variant<bool, int64_t, double, std::string_view> fallback =
        false; ///< the default, from the table
};

/// All rows in the order of settings.def. Any thread.
std::span<const SettingRow> settingRows() noexcept;
/// The row of a key, or nullptr. Any thread.
const SettingRow *findSetting(std::string_view key) noexcept;

/// Text (command line, environment, form) to a value of the row's type, checked against range and
/// choices.
Result<SettingValue> parseSetting(const SettingRow &row, std::string_view text);
/// Type, range and choice of a value that is already typed. One sentence without the key.
Result<void> checkSetting(const SettingRow &row, const SettingValue &value);
/// As ctl prints and parseSetting() reads it back: "auto", "512", "on".
std::string printSetting(const SettingRow &row, const SettingValue &value);
/// The default as a SettingValue.
SettingValue fallbackOf(const SettingRow &row);
/// "0..256", "on or off", "one of off, on, shadow"; empty where any text is allowed.
std::string rangeText(const SettingRow &row);
/// May a row be set at this level?
bool allowedAt(const SettingRow &row, Scope level) noexcept;

std::string_view scopeName(Scope scope) noexcept;       ///< "engine", "site", ...
std::string_view appliesName(Applies applies) noexcept; ///< "at_once", "on_worker_restart", ...
std::string_view pageName(SettingPage page) noexcept;   ///< "General", "HTTP", ...
std::string_view typeName(SettingType type) noexcept;   ///< "bool", "int", ...

} // namespace arc
