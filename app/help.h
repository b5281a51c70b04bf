// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

/// `arcology help [PAGE]`: a page of the manual on standard output, or the list of pages.
/// argv[0] is skipped.
int helpMain(int argc, char **argv);

} // namespace arc
