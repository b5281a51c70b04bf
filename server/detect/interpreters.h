// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/detect/detect.h"

#include <string>
#include <vector>

namespace arc {

/// "CPython 3.11.2", "PyPy 7.3.11 (3.9)" of an interpreter, asked by running it once and remembered
/// by path and time of change; else why no app can run with it (Invalid). Blocks. Any thread.
Result<std::string> pythonVersion(const std::string &path);

/// The folder's own interpreters first (.venv, venv, any folder in it with a pyvenv.cfg), then
/// those on PATH, then those that pyenv keeps. Blocks.
std::vector<FoundPython> findPythons(const std::string &folder);

/// site-packages folders of an environment's interpreter ("<env>/lib/python3.11/site-packages"),
/// none for a system one.
std::vector<std::string> sitePackages(const FoundPython &python);

} // namespace arc
