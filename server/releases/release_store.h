// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/releases/copy_file.h"
#include "server/releases/manifest.h"

#include <set>
#include <string>
#include <vector>

namespace arc {

/// Where an app's releases lie: releases/<app> in the data directory, with a folder for each, which
/// is called by its id and holds `tree` (the copy, not writable) and `files` (its manifest). A
/// folder with that name is whole: it got the name when all of it was on the disk. Names that begin
/// with a dot are work that is under way, or was when an engine was killed. Everything blocks.
class ReleaseStore {
public:
    static constexpr size_t kManifestBytesMax = size_t {4} << 30;

    static std::string tree(const std::string &store, const std::string &id);
    static bool isWhole(const std::string &store, const std::string &id);
    static Result<Manifest> manifest(const std::string &store, const std::string &id);

    /// Writes the manifest of what lies in <fresh>/tree beside it, and brings all to the disk.
    static Result<void> keep(const std::string &store, const std::string &fresh,
                             const Manifest &manifest);
    /// Gives it its name; one that has it already and was not sound goes.
    static Result<void> place(const std::string &store, const std::string &fresh,
                              const std::string &id);
    /// Another state of the folder had the same content: the next copy is compared with that.
    static Result<void> retell(const std::string &store, Manifest manifest);

    /// Is each file, link and folder as it was copied? What is there beside them does not count.
    static Result<void> verify(const std::string &store, const std::string &id,
                               CopyProgress &progress);

    /// Conflict: what was copied is not there as it was, as far as can be told without reading it.
    static Result<void> checkKept(const std::string &store, const std::string &id);
    /// Invalid: the app has written into a release, which only a superuser's can. The next one
    /// would not have it.
    static Result<void> checkNothingWritten(const std::string &store, const std::string &id);

    /// Takes its name away, at once, so that half a release has none. What removeTree() is to
    /// remove then; empty: there is no such folder.
    static std::string retire(const std::string &store, const std::string &id);
    /// Retires what an engine that was killed left, and releases that are not in `kept`: what
    /// removeTree() is to remove then.
    static std::vector<std::string> clean(const std::string &store,
                                          const std::set<std::string> &kept);
};

/// Removes a folder with all in it, whatever its modes are. A symbolic link is removed itself.
void removeTree(const std::string &path);

} // namespace arc
