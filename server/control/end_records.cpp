// SPDX-License-Identifier: Apache-2.0
#include "server/control/end_records.h"

#include "server/control/api/codec.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

api::WorkerEnd viewOf(WorkerEnd end, uint64_t id)
{
    api::WorkerEnd view {.id = id,
                         .app = std::move(end.app),
                         .pid = end.pid,
                         .generation = end.generation,
                         .startedUnixMs = end.startedUnixMs,
                         .endedUnixMs = end.endedUnixMs,
                         .kind = std::string(endKindName(end.kind)),
                         .cause = std::move(end.cause),
                         .planned = end.planned,
                         .wasReady = end.wasReady,
                         .requests = end.requests,
                         .running = {},
                         .moreRunning = end.moreRunning,
                         .memory = {},
                         .peakMemoryBytes = end.peakMemoryBytes,
                         .stacks = {},
                         .output = std::move(end.output)};
    for (RequestAtEnd &request : end.running)
        view.running.push_back(
            {std::move(request.label), request.ranMs, std::string(requestFateName(request.fate))});
    for (const MemorySample &sample : end.memory)
        view.memory.push_back({sample.atUnixMs, sample.bytes});
    for (WorkerStack &stack : end.stacks)
        view.stacks.push_back({stack.atUnixMs, std::move(stack.about), std::move(stack.text)});
    return view;
}

/// Whole or not at all, readable by its owner alone: what apps print may be anything. The problem,
/// or nothing.
std::string writeWhole(const std::string &path, std::string_view content)
{
    const std::string fresh = path + ".new";
    const FileDescriptor file(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    bool written = static_cast<bool>(file);
    for (size_t at = 0; written && at < content.size();) {
        const ssize_t size = ::write(file.get(), content.data() + at, content.size() - at);
        written = size > 0 || errno == EINTR;
        at += size > 0 ? static_cast<size_t>(size) : 0;
    }
    if (written && ::rename(fresh.c_str(), path.c_str()) == 0)
        return {};
    const int problem = errno;
    ::unlink(fresh.c_str());
    return errnoError(fmt::format("cannot write {}", path), problem).message();
}

/// Nothing when it is missing, or longer than any file of ours.
std::string readWhole(const std::string &path, int64_t bytesMax)
{
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat facts { };
    if (!file || ::fstat(file.get(), &facts) != 0 || facts.st_size > bytesMax)
        return {};
    std::string text(static_cast<size_t>(facts.st_size), '\0');
    size_t at = 0;
    while (at < text.size()) {
        const ssize_t size = ::read(file.get(), text.data() + at, text.size() - at);
        if (size <= 0)
            break;
        at += static_cast<size_t>(size);
    }
    text.resize(at);
    return text;
}

} // namespace

EndRecords::EndRecords(Parts parts)
    : m_parts(std::move(parts)), m_self(std::make_shared<EndRecords *>(this)),
      m_saveDue(&EndRecords::saveDue, this)
{
    read();
}

EndRecords::~EndRecords()
{
    *m_self = nullptr;
    if (!m_isDirty)
        return;
    if (const std::string problem = writeWhole(m_parts.path, api::toJson(all())); !problem.empty())
        m_parts.log(problem);
}

void EndRecords::read()
{
    const std::string text = readWhole(m_parts.path, kFileBytesMax);
    if (text.empty())
        return;
    auto known = api::fromJson<api::WorkerEnds>(text, api::Strictness::Answer);
    if (!known)
        return m_parts.log(
            fmt::format("{} cannot be read, so the ends of earlier workers are not known: {}",
                        m_parts.path, known.error().message()));
    for (auto end = known->ends.rbegin(); end != known->ends.rend(); ++end) {
        m_lastId = std::max(m_lastId, end->id);
        m_ends.push_back(std::move(*end));
    }
}

void EndRecords::add(WorkerEnd end)
{
    m_ends.push_back(viewOf(std::move(end), ++m_lastId));
    if (m_ends.size() > kRecordsMax) {
        const auto planned = std::find_if(m_ends.begin(), m_ends.end(),
                                          [](const api::WorkerEnd &one) { return one.planned; });
        m_ends.erase(planned == m_ends.end() ? m_ends.begin() : planned);
    }
    m_isDirty = true;
    if (!m_isSaving && !m_saveDue.isArmed())
        m_saveDue.arm(m_parts.control.timers(), kSaveAfter);
}

api::WorkerEnds EndRecords::list(const api::WorkerEndQuery &what) const
{
    api::WorkerEnds found;
    const auto limit = static_cast<size_t>(std::max(0, what.limit));
    for (auto end = m_ends.rbegin(); end != m_ends.rend() && found.ends.size() < limit; ++end) {
        if ((!what.app.empty() && end->app != what.app) || (what.unplanned && end->planned))
            continue;
        api::WorkerEnd brief = *end;
        brief.memory.clear();
        brief.stacks.clear();
        brief.output.clear();
        found.ends.push_back(std::move(brief));
    }
    return found;
}

const api::WorkerEnd *EndRecords::find(uint64_t id) const noexcept
{
    if (id == 0)
        return m_ends.empty() ? nullptr : &m_ends.back();
    const auto found = std::find_if(m_ends.begin(), m_ends.end(),
                                    [id](const api::WorkerEnd &one) { return one.id == id; });
    return found == m_ends.end() ? nullptr : &*found;
}

api::WorkerEnds EndRecords::all() const
{
    return {.ends = {m_ends.rbegin(), m_ends.rend()}};
}

void EndRecords::saveDue(void *context) noexcept
{
    static_cast<EndRecords *>(context)->save();
}

void EndRecords::save()
{
    m_isDirty = false;
    m_isSaving = m_parts.blocking.submit(
        m_parts.control, [self = m_self, path = m_parts.path, ends = all()] {
            std::string problem = writeWhole(path, api::toJson(ends));
            return [self, problem = std::move(problem)] {
                if (*self)
                    (*self)->saved(problem);
            };
        });
    if (!m_isSaving) { // the pool is full of work: later
        m_isDirty = true;
        m_saveDue.arm(m_parts.control.timers(), kSaveAfter);
    }
}

void EndRecords::saved(const std::string &problem)
{
    m_isSaving = false;
    if (!problem.empty() && !std::exchange(m_failing, true))
        m_parts.log(fmt::format("{}; ends of workers are kept in memory only", problem));
    if (problem.empty())
        m_failing = false;
    if (m_isDirty)
        m_saveDue.arm(m_parts.control.timers(), kSaveAfter);
}

} // namespace arc
