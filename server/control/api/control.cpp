// SPDX-License-Identifier: Apache-2.0
#include "server/control/api/control.h"

#include <concepts>
#include <iterator>
#include <type_traits>

namespace arc {

namespace {

constexpr OperationRow kRows[] = {
#define OPERATION(name, method, path, role, request, answer, verb, confirm, help)                  \
    {#name, ApiMethod::method, path, Role::role, verb, Confirm::confirm, help},
#include "server/control/api/operations.def"
};

// ---- what the compiler proves before anyone runs the table

consteval bool rowsAreSound()
{
    for (const OperationRow &row : kRows) {
        if (row.help.empty() || !row.help.ends_with('.') || !row.path.starts_with('/'))
            return false;
    }
    return true;
}

consteval bool rowsAreUnique()
{
    for (size_t i = 0; i < std::size(kRows); ++i) {
        for (size_t k = i + 1; k < std::size(kRows); ++k) {
            if (kRows[i].name == kRows[k].name)
                return false;
            if (kRows[i].method == kRows[k].method && kRows[i].path == kRows[k].path)
                return false;
            if (!kRows[i].verb.empty() && kRows[i].verb == kRows[k].verb)
                return false;
        }
    }
    return true;
}

/// Text or number: what can stand in a path or query.
template <class T>
inline constexpr bool kIsPlain = std::is_arithmetic_v<T> || std::is_same_v<T, std::string>;
template <class T>
inline constexpr bool kIsPlain<std::optional<T>> = kIsPlain<T>;

template <class Request>
consteval bool hasPlainField(std::string_view name)
{
    bool found = false;
    std::apply(
        [&]<class... Owner, class... Value>(api::Field<Owner, Value>... field) {
            ((found = found || (name == field.name && kIsPlain<Value>)), ...);
        },
        Request::fields());
    return found;
}

template <class Request>
consteval bool isPlain()
{
    return std::apply([]<class... Owner, class... Value>(
                          api::Field<Owner, Value>...) { return (true && ... && kIsPlain<Value>); },
                      Request::fields());
}

template <class Request>
consteval bool requestFits(ApiMethod method, std::string_view path)
{
    while (path.find('{') != path.npos) {
        const size_t open = path.find('{');
        const size_t close = path.find('}', open);
        if (close == path.npos || !hasPlainField<Request>(path.substr(open + 1, close - open - 1)))
            return false;
        path.remove_prefix(close + 1);
    }
    const bool inQuery = method == ApiMethod::Get || method == ApiMethod::Delete;
    return !inQuery || isPlain<Request>();
}

static_assert(rowsAreSound(),
              "operations.def: a help without a full stop, or a path without its slash");
static_assert(rowsAreUnique(), "operations.def: a name, a method and path, or a ctl verb twice");
#define OPERATION(name, method, path, role, request, answer, verb, confirm, help)                  \
    static_assert(requestFits<api::request>(ApiMethod::method, path),                              \
                  "operations.def: " #name ": a {field} the request lacks, or a list in a query");
#include "server/control/api/operations.def"

} // namespace

std::span<const OperationRow> operationRows() noexcept
{
    return kRows;
}

} // namespace arc
