// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/detect/detect.h"

#include <optional>
#include <string>
#include <vector>

namespace arc {

/// "CPython 3.11.2" of an interpreter, asked by running it once and remembered by path and time of
/// change. Nothing when it does not run or is older than 3.9. Blocks. Any thread.
std::optional<std::string> pythonVersion(const std::string &path);

/// The folder's own interpreters first (.venv, venv, any folder in it with a pyvenv.cfg), then
/// those on PATH. Blocks.
std::vector<FoundPython> findPythons(const std::string &folder);

/// site-packages folders of an environment's interpreter ("<env>/lib/python3.11/site-packages"),
/// none for a system one.
std::vector<std::string> sitePackages(const FoundPython &python);

} // namespace arc
