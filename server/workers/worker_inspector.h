// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/file_descriptor.h"
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"
#include "server/loop/timer_wheel.h"
#include "server/workers/output.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// What a worker says of one request, or what is seen of a worker that says nothing.
struct Inspection {
    enum class Reach : uint8_t {
        None,     ///< it has no inspector: it is not that far yet, or no worker of ours
        Answered, ///< its interpreter runs
        Silent,   ///< it did not answer in time
    };
    Reach reach = Reach::None;
    bool isFound = false; ///< a thread or task works on the request
    std::string at;       ///< "views.py:12 in report"; may be empty
    std::string stack;    ///< lines as Python prints them
    std::string done;     ///< "raised", "cancelled"; empty: it was not interrupted
    std::string why;      ///< a phrase: why not, or what a silent one does instead
};

/// The second way into a worker (arcology_worker/watch.py): asks where a request stands, has it
/// interrupted, and makes an interpreter that does not answer show its stacks. Confined to the
/// control loop.
class WorkerInspector {
public:
    /// An interpreter that some code keeps to itself for longer is taken as silent.
    static constexpr std::chrono::milliseconds kPatience {1000};
    /// A silent one has this time to write its stacks after the signal.
    static constexpr std::chrono::milliseconds kDumpTime {500};
    static constexpr size_t kQuestionsMax = 16; ///< that wait; further ones get Reach::None
    /// For Deed::Interrupt instead: a database that stops makes all requests late at once, and one
    /// that is not interrupted costs its worker.
    static constexpr size_t kInterruptsMax = 4096;
    /// Read of the lane at once; the loop has others to serve.
    static constexpr int kMessagesPerTurn = 16;
    static constexpr size_t kDumpBytesMax = 32 * 1024;

    struct Ends {
        FileDescriptor lane;
        FileDescriptor stacks;
    };
    WorkerInspector(EventLoop &control) noexcept;
    WorkerInspector(const WorkerInspector &) = delete;
    ~WorkerInspector();
    /// Opens both ways; answers the worker's ends of them.
    Result<Ends> open();
    /// Whom to watch and to signal, once it runs.
    void setPid(int pid) noexcept { m_pid = pid; }

    enum class Deed : uint8_t { Stack, Interrupt, Start };
    struct Question {
        Deed deed = Deed::Stack;
        std::string requestId = {};
        bool isAlone = false; ///< the worker has no other request
    };
    using Done = std::function<void(Inspection)>;
    /// `done` is called later, unless this goes first. What waits behind a question that meets
    /// silence gets the same answer, without the stacks.
    void ask(Question question, Done done);
    /// `done` is called later too, after the answers to all that was asked before.
    void settle(std::function<void()> done);
    /// After the worker's end: stacks it wrote by itself, as at a fatal error.
    std::string lastStacks();

private:
    struct Pending {
        uint64_t number = 0;
        std::string message;
        Done done;
    };
    static void laneReady(void *context, Readiness) noexcept;
    static void due(void *context) noexcept;
    void readLane() noexcept;
    void hear(std::string_view message);
    void next();
    void overdue();
    void finish(Inspection inspection);
    void finishAll(Inspection inspection);
    void answerLater(Done done, Inspection inspection);

    EventLoop &m_loop;
    int m_pid = 0;
    int m_signal = 0; ///< that makes it write all stacks; 0: none does
    bool m_isThere = false;
    uint64_t m_lastNumber = 0;
    std::deque<Pending> m_questions; ///< the first has been sent
    bool m_isDumping = false;
    double m_cpuAtQuestion = 0;
    std::string m_dump;
    FileDescriptor m_lane;
    std::shared_ptr<WorkerInspector *> m_self; // posted answers find out that it is gone
    Timer m_due;                               ///< of the first question
    IoEvent m_laneEvent;                       // declared after its descriptor, so it goes first
    std::unique_ptr<OutputReader> m_stacks;
};

/// What a process does that does not answer, from the state letter of /proc/PID/stat and the
/// processor time it used in that time: "computes in C code, which keeps Python's interpreter".
std::string silentPhrase(char state, double cpuSeconds, double seconds);

} // namespace arc
