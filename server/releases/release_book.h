// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

struct ReleaseRecord {
    enum class State { Copied, Serves, Served, Refused };

    std::string id;
    std::string folder; ///< that it was copied from
    std::string by;
    int64_t madeUnixMs = 0;
    int64_t files = 0;
    int64_t bytes = 0;
    int64_t addedBytes = 0;
    State state = State::Copied;
    std::string cause;
    int64_t lastUnixMs = 0;  ///< when the state began; of Served: when it took over
    int64_t servedOrder = 0; ///< counts takeovers of the app; 0: it never served
    bool operator==(const ReleaseRecord &) const = default;
};

std::string_view releaseStateName(ReleaseRecord::State state) noexcept;

/// What is known of an app's releases, and which one serves. Pure; a file beside them keeps it.
class ReleaseBook {
public:
    static constexpr size_t kFileBytesMax = 4 << 20;

    const std::vector<ReleaseRecord> &records() const noexcept { return m_records; } // newest first
    const ReleaseRecord *find(std::string_view id) const noexcept;
    /// The one that serves; null: the folder itself.
    const ReleaseRecord *serving() const noexcept;
    /// By the first digits of its id. NotFound, or Invalid where several begin so.
    Result<ReleaseRecord> choose(std::string_view beginning) const;
    /// The one that served before the one that serves.
    Result<ReleaseRecord> previous() const;

    /// Copied: what is known of one with the same content stays, but for when and by whom.
    void add(ReleaseRecord made);
    void tookOver(std::string_view id, int64_t unixMs);
    /// Its workers did not start. One that has served before stays one that has.
    void refused(std::string_view id, const std::string &cause, int64_t unixMs);
    void notTried(std::string_view id, const std::string &cause, int64_t unixMs);
    /// The folder itself serves from now on.
    void stopServing();
    void forget(std::string_view id);
    /// Those that are too many: what did not start goes first, then what never served, then
    /// what is out of use longest.
    /// Never what is in `used`, nor what serves.
    std::vector<std::string> surplus(size_t copies, const std::set<std::string> &used) const;

    std::string toJson() const;
    static Result<ReleaseBook> fromJson(std::string_view text);
    bool operator==(const ReleaseBook &) const = default;

private:
    ReleaseRecord *known(std::string_view id) noexcept;

    std::vector<ReleaseRecord> m_records;
};

} // namespace arc
