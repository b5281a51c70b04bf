// SPDX-License-Identifier: Apache-2.0
#include "server/control/api/codec.h"

#include "server/control/api/json_fields.h"

namespace arc::api {

using detail::Json;

template <class T>
std::string toJson(const T &value)
{
    return detail::print(detail::write(value));
}

template <class T>
Result<T> fromJson(std::string_view text, Strictness strictness)
{
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded())
        return Error {ErrorCode::Invalid, "not JSON"};
    T value {};
    if (auto read = detail::read(json, value, {}, strictness); !read)
        return std::move(read).error();
    return value;
}

namespace {

std::string queryText(const Json &value)
{
    return value.is_string() ? value.get<std::string>() : detail::print(value);
}

/// Replaces "{name}" by the encoded field, and takes the field out of the object.
std::string fillPath(std::string_view pattern, Json &object)
{
    std::string path;
    while (!pattern.empty()) {
        const size_t open = pattern.find('{');
        path += pattern.substr(0, open);
        if (open == pattern.npos)
            break;
        const size_t close = pattern.find('}', open);
        const std::string name(pattern.substr(open + 1, close - open - 1));
        path += percentEncode(queryText(object[name]));
        object.erase(name);
        pattern.remove_prefix(close + 1);
    }
    return path;
}

} // namespace

template <class T>
Encoded encodeRequest(std::string_view pathPattern, bool inQuery, const T &request)
{
    Json object = detail::write(request);
    Encoded result {.path = fillPath(pathPattern, object)};
    if (!inQuery) {
        result.body = detail::print(object);
        return result;
    }
    const Json defaults = detail::write(T {});
    char separator = '?';
    for (const auto &[name, value] : object.items()) {
        if (defaults.contains(name) && defaults[name] == value)
            continue;
        result.path += separator + percentEncode(name) + "=" + percentEncode(queryText(value));
        separator = '&';
    }
    return result;
}

template <class T>
Result<T> decodeRequest(const Received &received)
{
    T request {};
    if (!trim(received.body).empty()) {
        const Json json = Json::parse(received.body, nullptr, /*allow_exceptions=*/false);
        if (json.is_discarded())
            return Error {ErrorCode::Invalid, "the body is not JSON"};
        for (const auto &[name, text] : received.fromPath) {
            if (json.is_object() && json.contains(name))
                return detail::wrong(name, "stands in the path already");
        }
        if (auto read = detail::read(json, request, {}, Strictness::Request); !read)
            return std::move(read).error();
    }
    for (const auto *texts : {&received.fromQuery, &received.fromPath}) {
        for (const auto &[name, text] : *texts) {
            Result<void> read = detail::wrong(name, "there is no such field");
            detail::eachField<T>([&](auto field) {
                if (name == field.name)
                    read = detail::readText(text, request.*(field.member), name);
            });
            if (!read)
                return std::move(read).error();
        }
    }
    return request;
}

// ---- percent-encoding

std::string percentEncode(std::string_view text)
{
    constexpr std::string_view kUnreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (kUnreserved.find(c) != kUnreserved.npos)
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

Result<std::string> percentDecode(std::string_view text)
{
    const auto hex = [](char c) {
        return c >= '0' && c <= '9' ? c - '0'
            : c >= 'a' && c <= 'f'  ? c - 'a' + 10
            : c >= 'A' && c <= 'F'  ? c - 'A' + 10
                                    : -1;
    };
    std::string decoded;
    decoded.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
            return Error {ErrorCode::Invalid, "a broken percent escape"};
        decoded += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
        i += 2;
    }
    return decoded;
}

bool matchPath(std::string_view pattern, std::string_view path,
               std::map<std::string, std::string, std::less<>> &fields)
{
    const auto wanted = split(pattern, '/');
    const auto given = split(path, '/');
    if (wanted.size() != given.size())
        return false;
    std::map<std::string, std::string, std::less<>> found;
    for (size_t i = 0; i < wanted.size(); ++i) {
        if (!wanted[i].starts_with('{')) {
            if (wanted[i] != given[i])
                return false;
            continue;
        }
        auto value = percentDecode(given[i]);
        if (!value || value->empty())
            return false;
        found[std::string(wanted[i].substr(1, wanted[i].size() - 2))] = std::move(*value);
    }
    fields = std::move(found);
    return true;
}

Result<std::map<std::string, std::string, std::less<>>> parseQuery(std::string_view query)
{
    std::map<std::string, std::string, std::less<>> fields;
    if (query.empty())
        return fields;
    for (const std::string_view pair : split(query, '&')) {
        const size_t equals = pair.find('=');
        auto name = percentDecode(pair.substr(0, equals));
        auto value =
            percentDecode(equals == pair.npos ? std::string_view {} : pair.substr(equals + 1));
        if (!name || !value)
            return Error {ErrorCode::Invalid, "the query has a broken percent escape"};
        if (!fields.emplace(*name, std::move(*value)).second)
            return Error {ErrorCode::Invalid, fmt::format("{}: stands in the query twice", *name)};
    }
    return fields;
}

// ---- every type that travels

namespace {

// The address of a template is what instantiates it, and "used" keeps it; an explicit instantiation
// would be an error for types that several operations share.
using Anchor = void (*)();
[[gnu::used]] const Anchor kInstantiated[] = {
#define OPERATION(name, method, path, role, request, answer, verb, confirm, help)                  \
    reinterpret_cast<Anchor>(&toJson<request>), reinterpret_cast<Anchor>(&toJson<answer>),         \
        reinterpret_cast<Anchor>(&fromJson<request>), reinterpret_cast<Anchor>(&fromJson<answer>), \
        reinterpret_cast<Anchor>(&encodeRequest<request>),                                         \
        reinterpret_cast<Anchor>(&decodeRequest<request>),
#include "server/control/api/operations.def"
    reinterpret_cast<Anchor>(&toJson<ServiceView>), // which ctl prints alone
};

} // namespace

} // namespace arc::api
