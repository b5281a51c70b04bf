// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace arc {

/// The admin API as an OpenAPI 3.0 document (JSON), made from operations.def and fields(). Any
/// thread.
std::string openApiDocument();

} // namespace arc
