// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/control/api/certificate_types.h"
#include "server/control/api/listener_types.h"
#include "server/control/api/log_types.h"
#include "server/control/api/release_types.h"
#include "server/control/api/schedule_types.h"
#include "server/control/api/service_types.h"
#include "server/control/api/variable_types.h"
#include "server/control/api/worker_end_types.h"

#include <functional>
#include <span>
#include <string_view>

namespace arc {

enum class Role { Viewer, Operator, Admin };
enum class Confirm { None, Undo, Dialog, Type };
enum class ApiMethod { Get, Post, Patch, Delete };

struct OperationRow {
    std::string_view name;
    ApiMethod method;
    std::string_view path; ///< under /api/v1
    Role role;
    std::string_view verb; ///< of ctl
    Confirm confirm;
    std::string_view help;
};
std::span<const OperationRow> operationRows() noexcept;

/// The one way to administer an engine, whoever asks: the window, ctl, a test. Generated from
/// operations.def.
///
/// Calls never block. The callback runs once, on the callee's thread (the engine's control loop,
/// the client's loop, or at once in a fake): who needs another thread hops itself. Callbacks may be
/// dropped only when the object is destroyed.
class Control {
public:
    template <class T>
    using Callback = std::function<void(Result<T>)>;

    virtual ~Control() = default;
#define OPERATION(name, method, path, role, request, answer, verb, confirm, help)                  \
    virtual void name(api::request what, Callback<api::answer> done) = 0;
#include "server/control/api/operations.def"
};

} // namespace arc
