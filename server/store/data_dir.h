// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/file_descriptor.h"

#include <string>

namespace arc {

/// A data directory that belongs to this engine for as long as the object lives: the lock is one of
/// an open file description (fcntl) on `lock`, so it is gone with the process, however that ended.
/// Any thread, one at a time; open() touches the disk, so not on a loop.
class DataDir {
public:
    /// Creates what is missing (0700) and takes the lock. DataDir: held by another engine, or not
    /// usable.
    static Result<DataDir> open(const std::string &path);
    /// Could open() use it, as far as can be told without touching it? DataDir: it is no directory,
    /// or somebody else's.
    static Result<void> check(const std::string &path);

    /// Why an engine that does not answer may not have started: check(), held by another engine, a
    /// database that cannot be used. Changes nothing.
    static Result<void> examine(const std::string &path);

    const std::string &path() const noexcept
    {
        return m_path;
    } ///< absolute, without a trailing slash
    std::string database() const { return m_path + "/arcology.db"; }
    std::string workerEnds() const { return m_path + "/worker-ends.json"; }
    std::string logs() const { return m_path + "/logs"; }
    std::string run() const { return m_path + "/run"; }
    std::string releases() const { return m_path + "/releases"; } ///< made when it is needed
    std::string spool() const { return m_path + "/spool"; }       ///< made when it is needed

private:
    DataDir(std::string path, FileDescriptor lock);

    std::string m_path;
    FileDescriptor m_lock;
};

} // namespace arc
