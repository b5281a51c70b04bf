// SPDX-License-Identifier: Apache-2.0
#pragma once

// Private to control/api: walks fields() with nlohmann-json. Included by codec.cpp and openapi.cpp
// alone.

#include "server/base/text.h"
#include "server/control/api/codec.h"

#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace arc::api::detail {

using Json = nlohmann::ordered_json; // keeps the order of fields()

template <class T>
concept Struct = requires
{
    T::fields();
};
template <class T>
struct IsVector : std::false_type {
};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {
};
template <class T>
struct IsOptional : std::false_type {
};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {
};
using TextMap = std::map<std::string, std::string>;

template <Struct T, class Visit>
constexpr void eachField(Visit visit)
{
    std::apply([&](auto... field) { (visit(field), ...); }, T::fields());
}

// ---- writing

template <class T>
Json write(const T &value)
{
    if constexpr (Struct<T>) {
        Json object = Json::object();
        eachField<T>([&](auto field) {
            const auto &member = value.*(field.member);
            if constexpr (IsOptional<std::decay_t<decltype(member)>>::value) {
                if (member)
                    object[field.name] = write(*member);
            } else {
                object[field.name] = write(member);
            }
        });
        return object;
    } else if constexpr (IsVector<T>::value) {
        Json array = Json::array();
        for (const auto &item : value)
            array.push_back(write(item));
        return array;
    } else if constexpr (std::is_same_v<T, TextMap>) {
        Json object = Json::object();
        for (const auto &[key, text] : value)
            object[key] = text;
        return object;
    } else if constexpr (std::is_floating_point_v<T>) {
        return std::isfinite(value) ? Json(value) : Json(nullptr);
    } else {
        return Json(value);
    }
}

/// Bytes from apps may be anything; what is not UTF-8 becomes U+FFFD instead of an exception.
inline std::string print(const Json &json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// ---- reading

inline Error wrong(const std::string &path, std::string_view what)
{
    return Error {ErrorCode::Invalid,
                  path.empty() ? fmt::format("the document {}", what)
                               : fmt::format("{}: {}", path, what)};
}

template <std::integral T>
Result<void> readWhole(const Json &json, T &value, const std::string &path)
{
    if (!json.is_number_integer())
        return wrong(path, "must be a whole number");
    const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<uint64_t>())
                                                : std::in_range<T>(json.get<int64_t>());
    if (!fits) {
        return wrong(path,
                     fmt::format("outside {}..{}", std::numeric_limits<T>::min(),
                                 std::numeric_limits<T>::max()));
    }
    value = json.is_number_unsigned() ? static_cast<T>(json.get<uint64_t>())
                                      : static_cast<T>(json.get<int64_t>());
    return {};
}

template <class T>
Result<void> read(const Json &json, T &value, const std::string &path, Strictness strictness);

template <Struct T>
Result<void> readStruct(const Json &json, T &value, const std::string &path, Strictness strictness)
{
    if (!json.is_object())
        return wrong(path, "must be an object");
    Result<void> result;
    for (const auto &[name, member] : json.items()) {
        const std::string inner = path.empty() ? name : path + "." + name;
        bool known = false;
        eachField<T>([&](auto field) {
            if (name != field.name)
                return;
            known = true;
            if (result)
                result = read(member, value.*(field.member), inner, strictness);
        });
        if (!known && strictness == Strictness::Request && result)
            result = wrong(inner, "there is no such field");
        if (!result)
            return result;
    }
    return result;
}

template <class T>
Result<void> readVector(const Json &json, std::vector<T> &value, const std::string &path,
                        Strictness strictness)
{
    if (!json.is_array())
        return wrong(path, "must be a list");
    value.clear();
    value.reserve(json.size());
    for (size_t i = 0; i < json.size(); ++i) {
        T item {};
        if (auto one = read(json[i], item, fmt::format("{}[{}]", path, i), strictness); !one)
            return one;
        value.push_back(std::move(item));
    }
    return {};
}

inline Result<void> readTextMap(const Json &json, TextMap &value, const std::string &path)
{
    if (!json.is_object())
        return wrong(path, "must be an object of texts");
    value.clear();
    for (const auto &[name, member] : json.items()) {
        if (!member.is_string())
            return wrong(path + "." + name, "must be text");
        value[name] = member.template get<std::string>();
    }
    return {};
}

template <class T>
Result<void> read(const Json &json, T &value, const std::string &path, Strictness strictness)
{
    if constexpr (Struct<T>) {
        return readStruct(json, value, path, strictness);
    } else if constexpr (IsVector<T>::value) {
        return readVector(json, value, path, strictness);
    } else if constexpr (IsOptional<T>::value) {
        if (json.is_null()) {
            value.reset();
            return {};
        }
        value.emplace();
        return read(json, *value, path, strictness);
    } else if constexpr (std::is_same_v<T, TextMap>) {
        return readTextMap(json, value, path);
    } else if constexpr (std::is_same_v<T, bool>) {
        if (!json.is_boolean())
            return wrong(path, "must be true or false");
        value = json.get<bool>();
    } else if constexpr (std::is_integral_v<T>) {
        return readWhole(json, value, path);
    } else if constexpr (std::is_floating_point_v<T>) {
        if (!json.is_number() && !json.is_null())
            return wrong(path, "must be a number");
        value = json.is_null() ? T {-1} : json.get<T>(); // null: unknown, as a figure says it
    } else {
        static_assert(std::is_same_v<T, std::string>);
        if (!json.is_string())
            return wrong(path, "must be text");
        value = json.get<std::string>();
    }
    return {};
}

// ---- path and query

template <class T>
Result<void> readText(std::string_view text, T &value, const std::string &name)
{
    if constexpr (IsOptional<T>::value) {
        value.emplace();
        return readText(text, *value, name);
    } else if constexpr (std::is_same_v<T, std::string>) {
        value = text;
    } else if constexpr (std::is_same_v<T, bool>) {
        if (text != "true" && text != "false")
            return wrong(name, "must be true or false");
        value = text == "true";
    } else if constexpr (std::is_integral_v<T>) {
        if (const auto whole = parseUnsigned(text); whole)
            return readWhole(Json(*whole), value, name);
        const auto whole = parseSigned(text);
        if (!whole)
            return wrong(name, "must be a whole number");
        return readWhole(Json(*whole), value, name);
    } else if constexpr (std::is_floating_point_v<T>) {
        const auto number = parseDouble(text);
        if (!number)
            return wrong(name, "must be a number");
        value = *number;
    } else {
        return wrong(name, "cannot stand in a path or query");
    }
    return {};
}

} // namespace arc::api::detail
