// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// The variable that every process of a job inherits: its value is found again in /proc/PID/environ
/// when the process has left the group it was started in, or its engine has died.
constexpr std::string_view kJobVariable = "ARCOLOGY_JOB";
/// The numbers of all processes there are.
std::vector<int> allProcesses();
/// 128 random bits, in hex.
std::string newJobMark();

/// Kills every process of this user that carries the mark, also those they start meanwhile; answers
/// how many. One that has taken another environment or user is not found. Blocks: for the blocking
/// pool.
size_t endLeftovers(const std::string &mark);
/// The same with every mark that begins like this.
size_t endAllLeftovers(const std::string &markBegin);

} // namespace arc
