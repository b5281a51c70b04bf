// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace arc {

/// Absolute path of this program.
std::string executablePath();
/// Where configuration lives unless --data-dir says otherwise: $XDG_DATA_HOME/arcology or ~/.local/share/arcology.
std::string defaultDataDir();
/// Folder of a shipped sample ("photos"): beside the installed program, else in the source tree it was built in.
/// Empty when there is none.
std::string samplePath(const std::string &name);

/// A directory of our own under the temporary folder, removed with all it holds at the end.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory &) = delete;
    ~TemporaryDirectory();
    /// Empty when it could not be made.
    const std::string &path() const noexcept { return m_path; }

private:
    std::string m_path;
};

} // namespace arc
