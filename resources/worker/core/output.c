// SPDX-License-Identifier: Apache-2.0
// The writing half of channel.Channel.
#include "core.h"

#include <poll.h>

enum {
    kHoldMax = 64 * 1024, // answers that wait for their neighbours
    kJoinMax = 16 * 1024, // above this, a second buffer costs less than a copy
};

void channelFlush(Channel *channel)
{
    while (channel->wire.out.size) {
        wireSent(&channel->wire, wireSend(&channel->wire, NULL, 0));
        if (!channel->wire.out.size)
            return;
        struct pollfd writable = {.fd = channel->wire.fd, .events = POLLOUT};
        PyThreadState *released = PyEval_SaveThread();
        poll(&writable, 1, -1);
        PyEval_RestoreThread(released);
    }
}

/// A long body goes out from where it lies; what the kernel leaves of it is copied behind the rest,
/// where other threads' frames cannot get in between.
static bool sendBeside(Channel *channel, const void *body, size_t bodySize)
{
    const size_t waiting = channel->wire.out.size - channel->wire.outSent;
    const size_t sent = wireSend(&channel->wire, body, bodySize);
    if (sent < waiting) {
        wireSent(&channel->wire, sent);
        return bytesAppend(&channel->wire.out, body, bodySize);
    }
    wireSent(&channel->wire, waiting);
    const size_t ofBody = sent - waiting;
    return bytesAppend(&channel->wire.out, (const char *)body + ofBody, bodySize - ofBody);
}

bool channelFrame(Channel *channel, unsigned kind, unsigned flags, unsigned number,
                  const void *head, size_t headSize, const void *body, size_t bodySize, bool keep)
{
    const bool beside = bodySize > kJoinMax;
    if (!wireAppend(&channel->wire, kind, flags, number, head, headSize, body, bodySize, beside))
        return false;
    if (beside && !sendBeside(channel, body, bodySize))
        wireLeave(&channel->wire); // part of the frame is out, and the rest has no room
    if (!keep || beside || channel->wire.out.size > kHoldMax)
        channelFlush(channel);
    return true;
}
