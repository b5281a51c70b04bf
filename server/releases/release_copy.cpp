// SPDX-License-Identifier: Apache-2.0
#include "server/releases/release_copy.h"

#include "server/base/text.h"
#include "server/releases/release_store.h"
#include "server/secrets/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace arc {

namespace {

using Kind = ReleaseEntry::Kind;

constexpr int64_t kDiskReserve = 64 << 20;
constexpr int64_t kSmallestFile = 4096; ///< what one takes on the disk at least
/// A file may be written twice within one tick of the clock that stamps it: what was that young
/// when it was looked at is read again.
constexpr int64_t kRacyNs = 2'000'000'000;
constexpr int kTries = 3; ///< of a file that is being written to

class Copy {
public:
    explicit Copy(const CopyOrder &order)
        : m_order(order), m_fresh(order.store + "/.new"), m_tree(m_fresh + "/tree")
    {
    }

    ~Copy()
    {
        if (!m_isKept)
            removeTree(m_fresh);
    }

    Result<ReleaseMade> run()
    {
        if (!m_order.serving.empty()) {
            if (auto fine = ReleaseStore::checkNothingWritten(m_order.store, m_order.serving);
                !fine)
                return std::move(fine).error();
        }
        auto scanned = scanFolder(m_order.folder, m_order.rules, *m_order.progress);
        if (!scanned)
            return std::move(scanned).error();
        m_manifest = std::move(*scanned);
        readKnown();
        recall();
        if (m_unread == 0 && ReleaseStore::checkKept(m_order.store, m_manifest.id()))
            return finish();
        for (const auto step : {&Copy::findRoom, &Copy::begin, &Copy::copyAll, &Copy::seal}) {
            if (auto done = (this->*step)(); !done)
                return std::move(done).error();
        }
        return finish();
    }

private:
    /// The newest one that can be read.
    void readKnown()
    {
        for (const std::string &id : m_order.known) {
            auto manifest = ReleaseStore::manifest(m_order.store, id);
            if (!manifest)
                continue;
            m_known = std::move(*manifest);
            m_knownTree = ReleaseStore::tree(m_order.store, id);
            return;
        }
    }

    /// What is in files that look as they did then.
    void recall()
    {
        for (ReleaseEntry &entry : m_manifest.entries) {
            if (entry.kind != Kind::File)
                continue;
            const ReleaseEntry *before = m_known.find(entry.path);
            if (before && before->looksAs(entry) && before->ctimeNs + kRacyNs < m_known.scannedNs)
                entry.content = before->content;
            else
                m_unread += entry.size + kSmallestFile;
        }
    }

    Result<void> findRoom()
    {
        struct statvfs disk { };
        if (::statvfs(m_order.store.c_str(), &disk) != 0)
            return errnoError(m_order.store, errno);
        const int64_t free =
            static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
        if (m_unread + kDiskReserve <= free)
            return {};
        return Error {ErrorCode::Full,
                      fmt::format("the copy needs up to {}, and {} are free on the disk of {} ({} "
                                  "of it stay free); free some space, or keep fewer "
                                  "(release.copies)",
                                  formatBytes(double(m_unread)), formatBytes(double(free)),
                                  m_order.store, formatBytes(double(kDiskReserve)))};
    }

    Result<void> begin()
    {
        removeTree(m_fresh); // of an engine that was killed
        for (const std::string &folder : {m_fresh, m_tree}) {
            if (auto made = makeFolder(folder); !made)
                return made;
        }
        return {};
    }

    Result<void> copyAll()
    {
        for (ReleaseEntry &entry : m_manifest.entries) { // folders stand before what is in them
            if (m_order.progress->isCancelled)
                return cancelledCopy();
            if (auto copied = copy(entry); !copied)
                return copied;
        }
        return {};
    }

    Result<void> copy(ReleaseEntry &entry)
    {
        const std::string to = m_tree + "/" + entry.path;
        switch (entry.kind) {
        case Kind::Folder:
            if (::mkdir(to.c_str(), 0700) != 0 && errno != EEXIST)
                return errnoError(entry.path + " cannot be copied", errno);
            return {};
        case Kind::Link:
            if (::symlink(entry.content.c_str(), to.c_str()) != 0)
                return errnoError(entry.path + " cannot be copied", errno);
            return {};
        case Kind::Shared: {
            std::error_code ignored; // what holds it may be excluded; the link then tells
            std::filesystem::create_directories(std::filesystem::path(to).parent_path(), ignored);
            if (::symlink(entry.content.c_str(), to.c_str()) != 0)
                return errnoError(entry.path + " cannot be shared", errno);
            return {};
        }
        case Kind::File:
            if (!entry.content.empty() && link(entry, to)) {
                m_order.progress->bytesDone += entry.size;
            } else if (auto done = read(entry, to); !done) {
                return done;
            }
            ++m_order.progress->filesDone;
            if (entry.path.ends_with(".py"))
                m_packages.insert(std::filesystem::path(to).parent_path().string());
            return {};
        }
        return {};
    }

    /// To the copy in the known release, unless somebody has changed that one.
    bool link(ReleaseEntry &entry, const std::string &to) const
    {
        const ReleaseEntry *before = m_known.find(entry.path);
        if (!before || before->content != entry.content || before->mode != entry.mode)
            return false;
        const std::string from = m_knownTree + "/" + entry.path;
        struct stat status { };
        if (::lstat(from.c_str(), &status) != 0 || !S_ISREG(status.st_mode)
            || status.st_size != before->size || nanoseconds(status.st_mtim) != before->copyMtimeNs
            || (status.st_mode & 07777) != before->mode || ::link(from.c_str(), to.c_str()) != 0)
            return false;
        entry.copyMtimeNs = before->copyMtimeNs;
        return true;
    }

    Result<void> read(ReleaseEntry &entry, const std::string &to)
    {
        const std::string from = m_order.folder + "/" + entry.path;
        for (int tries = 1;; ++tries) {
            auto copied = copyFile(from, to, entry, *m_order.progress);
            if (copied)
                break;
            const Error why = std::move(copied).error();
            ::unlink(to.c_str());
            if (why.code() == ErrorCode::Cancelled)
                return why;
            if (why.message().ends_with("SQLite database"))
                return refuseDatabase(entry.path);
            if (why.code() == ErrorCode::Conflict && tries < kTries)
                continue;
            return Error {why.code() == ErrorCode::Full ? ErrorCode::Full : ErrorCode::Invalid,
                          fmt::format("{} {}; what the app writes belongs into release.shared, "
                                      "what it does not need into release.exclude",
                                      entry.path,
                                      why.code() == ErrorCode::Conflict
                                          ? "is written to all the time while it is copied"
                                          : why.message())};
        }
        const ReleaseEntry *before = m_known.find(entry.path);
        // Only its time is new, as after a checkout: the one copy will do for both.
        if (before && before->content == entry.content && ::unlink(to.c_str()) == 0) {
            if (link(entry, to))
                return {};
            if (auto again = copyFile(from, to, entry, *m_order.progress); !again)
                return std::move(again).error().within(entry.path);
        }
        m_addedBytes += entry.size;
        return {};
    }

    /// Checks that it is one state of the folder, takes the right to write away, and brings it to
    /// the disk.
    Result<void> seal()
    {
        if (auto same = checkUnchanged(m_order.folder, m_order.rules, m_manifest); !same)
            return same;
        if (m_order.progress->isCancelled)
            return cancelledCopy();
        for (const std::string &folder : m_packages) // where Python keeps what it compiled
            ::mkdir((folder + "/__pycache__").c_str(), 0700);
        for (auto entry = m_manifest.entries.rbegin(); entry != m_manifest.entries.rend();
             ++entry) {
            if (entry->kind == Kind::Folder
                && ::chmod((m_tree + "/" + entry->path).c_str(), entry->mode) != 0)
                return errnoError(entry->path + " cannot be copied", errno);
        }
        ::chmod(m_tree.c_str(), 0555);
        return ReleaseStore::keep(m_order.store, m_fresh, m_manifest);
    }

    Result<ReleaseMade> finish()
    {
        const std::string id = m_manifest.id();
        const Result<void> kept = ReleaseStore::checkKept(m_order.store, id);
        ReleaseMade made {.id = id,
                          .files = m_manifest.files(),
                          .bytes = m_manifest.bytes(),
                          .addedBytes = kept ? 0 : m_addedBytes,
                          .isNew = !kept};
        if (kept) { // it had its times from another state of the folder
            if (auto told = ReleaseStore::retell(m_order.store, m_manifest); !told)
                return std::move(told).error();
            return made;
        }
        if (id == m_order.serving)
            return Error {ErrorCode::Conflict,
                          fmt::format("{}, and it serves; roll back to another release, or change "
                                      "something in the folder, and deploy again",
                                      kept.error().message())};
        if (auto placed = ReleaseStore::place(m_order.store, m_fresh, id); !placed)
            return std::move(placed).error();
        m_isKept = true;
        return made;
    }

    const CopyOrder &m_order;
    const std::string m_fresh;
    const std::string m_tree;
    Manifest m_manifest;
    Manifest m_known;
    std::string m_knownTree;
    std::set<std::string> m_packages; ///< folders with Python files
    int64_t m_unread = 0;             ///< bytes that are not in the known release as they are
    int64_t m_addedBytes = 0;
    bool m_isKept = false;
};

} // namespace

Result<ReleaseMade> makeRelease(const CopyOrder &order)
{
    return Copy(order).run();
}

} // namespace arc
