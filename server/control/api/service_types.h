// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/service_config.h"
#include "server/control/api/schedule_types.h"

namespace arc::api {

/// A service with the fields of its configuration.
struct NewService : ServiceConfig {
    std::string app;
    uint64_t revision = 0; ///< it was made against; 0: the newest
    static constexpr auto fields()
    {
        using Self = NewService;
        return std::tuple {ARC_FIELD("app", app), ARC_FIELD("name", name),
#define FIELD(Type, member, key, option, usual, help) ARC_FIELD(key, member),
#include "server/config/service_fields.def"
                           ARC_FIELD("revision", revision)};
    }
    bool operator==(const NewService &) const = default;
};

/// Changes to a service; what is absent stays.
struct ServiceEdit {
    std::string app;
    std::string name;
#define FIELD(Type, member, key, option, usual, help) std::optional<Type> member;
#include "server/config/service_fields.def"
    uint64_t revision = 0; ///< it was made against; 0: the newest
    static constexpr auto fields()
    {
        using Self = ServiceEdit;
        return std::tuple {ARC_FIELD("app", app), ARC_FIELD("name", name),
#define FIELD(Type, member, key, option, usual, help) ARC_FIELD(key, member),
#include "server/config/service_fields.def"
                           ARC_FIELD("revision", revision)};
    }
    bool operator==(const ServiceEdit &) const = default;
};

struct ServiceChoice {
    std::string app;
    std::string name;
    ARC_FIELDS(ServiceChoice, ARC_FIELD("app", app), ARC_FIELD("name", name))
};

struct ServiceProcess {
    int64_t number = 0; ///< from 1 on; ARCOLOGY_INSTANCE
    std::string state;  ///< "starting", "running", "waiting", "failed", "stopping", "ended"
    std::string cause;  ///< of waiting, failed and ended
    int pid = 0;        ///< 0: there is no process
    int port = 0;       ///< of 127.0.0.1; 0: none
    int64_t startedUnixMs = 0;
    int64_t nextUnixMs = 0;  ///< when it is started again; 0: it is not waited for
    int64_t restarts = 0;    ///< after ends that nobody ordered, since the engine started
    int processes = 0;       ///< of its process group, itself among them
    int64_t memoryBytes = 0; ///< of all of those
    double cpuSeconds = 0;   ///< of all of those
    int64_t lastEndUnixMs = 0;
    std::string lastEnd;    ///< how the one before it ended, one sentence
    std::string lastOutput; ///< the last 8 KiB of that one
    ARC_FIELDS(ServiceProcess, ARC_FIELD("number", number), ARC_FIELD("state", state),
               ARC_FIELD("cause", cause), ARC_FIELD("pid", pid), ARC_FIELD("port", port),
               ARC_FIELD("started_unix_ms", startedUnixMs), ARC_FIELD("next_unix_ms", nextUnixMs),
               ARC_FIELD("restarts", restarts), ARC_FIELD("processes", processes),
               ARC_FIELD("memory_bytes", memoryBytes), ARC_FIELD("cpu_s", cpuSeconds),
               ARC_FIELD("last_end_unix_ms", lastEndUnixMs), ARC_FIELD("last_end", lastEnd),
               ARC_FIELD("last_output", lastOutput))
};

struct ServiceView : ServiceConfig {
    std::string state; ///< "running", "starting", "waiting", "failed", "stopping", "ended", "off",
                       ///< "paused"
    std::string cause; ///< of waiting, failed, ended and paused
    std::vector<ServiceProcess> processes;
    static constexpr auto fields()
    {
        using Self = ServiceView;
        return std::tuple {ARC_FIELD("name", name),
#define FIELD(Type, member, key, option, usual, help) ARC_FIELD(key, member),
#include "server/config/service_fields.def"
                           ARC_FIELD("state", state), ARC_FIELD("cause", cause),
                           ARC_FIELD("processes", processes)};
    }
    bool operator==(const ServiceView &) const = default;
};
struct ServiceViews {
    uint64_t revision = 0;
    std::vector<ServiceView> services;
    ARC_FIELDS(ServiceViews, ARC_FIELD("revision", revision), ARC_FIELD("services", services))
};

/// The answer to a restart: it runs.
struct ServiceRestarted {
    int processes = 0;
    double seconds = 0;
    std::string summary; ///< one sentence
    ARC_FIELDS(ServiceRestarted, ARC_FIELD("processes", processes), ARC_FIELD("seconds", seconds),
               ARC_FIELD("summary", summary))
};

} // namespace arc::api
