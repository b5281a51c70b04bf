// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/exchange.h"
#include "server/http/files/file_entry.h"

#include <memory>
#include <string>
#include <vector>

namespace arc {

struct StaticOptions {
    std::vector<std::string> roots;   ///< absolute folders, searched in order
    std::string prefix = "/";         ///< of the route; taken off the path
    std::string index = "index.html"; ///< served for a folder; empty: none
    FileWishes wishes;
};

/// Serves files below folders: GET and HEAD, conditions and ranges (RFC 9110 13, 14). Names that
/// begin with a dot are not there, except /.well-known/ (RFC 8615); links and paths that lead out
/// of the folder are not there either. Immutable; any loop. The loop's HttpLoop must have a
/// FileCache.
class StaticHandler final : public Handler {
public:
    explicit StaticHandler(StaticOptions options);
    void handle(Exchange &exchange) const noexcept override;

private:
    const std::shared_ptr<const FileScope> m_scope;
    const size_t m_prefixSize; ///< without its last "/"
};

} // namespace arc
