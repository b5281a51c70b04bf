// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"
#include "server/workers/frame.h"

#include <string>

namespace arc {

/// The engine's end of one worker's socket: frames in, frames out. Confined to the app's home loop.
///
/// What is sent within one turn leaves in one system call at its end; what the socket does not take
/// waits until it is writable. Destroy it in a later turn than its last send(). Unsent bytes are
/// bounded by the streams' windows. At most kReadsPerTurn reads in one turn.
class WorkerStream final : public TurnHook {
public:
    class Owner {
    public:
        /// A sound frame. A phrase: the frame cannot be, the stream is closed with it.
        virtual const char *onFrame(const protocol::Frame &frame) noexcept = 0;
        /// Last call: end of file (empty), a system error, or (violation) what the worker sent
        /// wrongly.
        virtual void onClosed(std::string reason, bool violation) noexcept = 0;
        /// The turn's reads are used up; call readOn() in a later turn.
        virtual void onMoreToRead() noexcept = 0;

    protected:
        ~Owner() = default;
    };

    static constexpr int kReadsPerTurn = 16; // of 64 KiB

    WorkerStream(EventLoop &loop, FileDescriptor socket, Owner &owner);
    ~WorkerStream();

    bool isOpen() const noexcept { return static_cast<bool>(m_socket); }
    void send(const protocol::Frame &frame);
    /// True: there may be more.
    bool readOn() noexcept;
    /// Silent: onClosed() is not called.
    void close() noexcept;

private:
    static void ready(void *context, Readiness ready) noexcept;
    void endOfTurn() noexcept override { flush(); }
    void flush() noexcept;
    void take(std::string_view bytes) noexcept;
    size_t parse(std::string_view bytes) noexcept;
    void fail(std::string reason, bool violation) noexcept;

    EventLoop &m_loop;
    Owner &m_owner;
    FileDescriptor m_socket;
    std::string m_partial; // a frame that is not complete yet
    std::string m_out;
    size_t m_outSent = 0;
    bool m_waitsToWrite = false;
    bool m_peerClosed = false;
    IoEvent m_event; // declared after the socket, so it goes first
};

} // namespace arc
