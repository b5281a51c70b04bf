// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// Where a site answers, best first. What is reached by the port address is reached by its own name
/// as well: browsers find `name.localhost` by themselves, other tools often do not, so both are
/// shown, the same in the sheet before and in the list after.
QStringList siteAddresses(std::string_view site, const std::vector<std::string> &urls);

} // namespace arc
