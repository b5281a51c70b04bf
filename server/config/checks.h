// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <optional>
#include <string>
#include <string_view>

namespace arc {

/// Collects the first complaint; the checks below read as a list of what must hold.
class Checks {
public:
    bool expect(bool holds, const std::string &place, std::string_view sentence)
    {
        if (!holds && !m_first)
            m_first.emplace(ErrorCode::Invalid, place + ": " + std::string(sentence));
        return holds;
    }
    void pass(const Result<void> &result, const std::string &prefix)
    {
        if (!result && !m_first)
            m_first.emplace(ErrorCode::Invalid, prefix + result.error().message());
    }
    Result<void> end() { return m_first ? Result<void>(*std::move(m_first)) : Result<void>(); }

private:
    std::optional<Error> m_first;
};

/// Of a command line: one line that commandWords() can cut, and not too long.
void checkCommand(Checks &checks, const std::string &command);

} // namespace arc
