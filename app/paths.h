// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace arc {

/// Absolute path of this program.
std::string executablePath();
/// Folder of a shipped sample ("photos"): beside the installed program, else in the source tree it
/// was built in. Empty when there is none.
std::string samplePath(const std::string &name);

/// Makes the folder of a socket's file, for this user only; what stands in the way is told by
/// whoever then binds the socket.
void makeSocketFolder(const std::string &socketPath);

/// A copy of a sample under the data directory, made at the first call: samples keep their database
/// beside their code, and an installed one cannot be written. Empty when there is no sample or no
/// copy could be made.
std::string sampleCopy(const std::string &name, const std::string &dataDir);

/// Where the window of the engine behind a socket keeps changes that were not applied:
/// $XDG_STATE_HOME/arcology/drafts/<socket>.json. Empty: this user has no home.
std::string draftPath(const std::string &socketPath);

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

/// A data directory that may be new: then it is gone again with this object, unless kept. A command
/// that is refused leaves nothing behind.
class NewDataDir {
public:
    explicit NewDataDir(std::string path);
    NewDataDir(const NewDataDir &) = delete;
    ~NewDataDir();
    void keep() noexcept { m_isNew = false; }

private:
    const std::string m_path;
    bool m_isNew;
};

} // namespace arc
