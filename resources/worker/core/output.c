// SPDX-License-Identifier: Apache-2.0
#include "core.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
    kHoldMax = 64 * 1024,  // answers that wait for their neighbours
    kJoinMax = 16 * 1024,  // above this, a second buffer costs less than a copy
    kKeptMax = 256 * 1024, // a buffer that grew beyond goes back
};

bool bytesReserve(Bytes *bytes, size_t more)
{
    if (bytes->capacity - bytes->size >= more)
        return true;
    size_t capacity = bytes->capacity ? bytes->capacity : 512;
    while (capacity - bytes->size < more)
        capacity *= 2;
    char *data = realloc(bytes->data, capacity);
    if (!data) {
        PyErr_NoMemory();
        return false;
    }
    bytes->data = data;
    bytes->capacity = capacity;
    return true;
}

bool bytesAppend(Bytes *bytes, const void *data, size_t size)
{
    if (!bytesReserve(bytes, size))
        return false;
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return true;
}

void bytesFree(Bytes *bytes)
{
    free(bytes->data);
    *bytes = (Bytes) {0};
}

static void putU32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
}

/// What the kernel took of the output and then of `body`; an engine that is gone ends the process.
static size_t sendOnce(Channel *channel, const void *body, size_t bodySize)
{
    struct iovec parts[2] = {
        {channel->out.data + channel->outSent, channel->out.size - channel->outSent},
        {(void *)body, bodySize},
    };
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = bodySize ? 2 : 1};
    ssize_t sent;
    do
        sent = sendmsg(channel->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return (size_t)sent;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        channelLeave(channel);
    return 0;
}

static void noteSent(Channel *channel, size_t sent)
{
    channel->outSent += sent;
    if (channel->outSent < channel->out.size)
        return;
    channel->outSent = 0;
    channel->out.size = 0;
    if (channel->out.capacity > kKeptMax)
        bytesFree(&channel->out);
}

void channelFlush(Channel *channel)
{
    while (channel->out.size) {
        noteSent(channel, sendOnce(channel, NULL, 0));
        if (!channel->out.size)
            return;
        struct pollfd writable = {.fd = channel->fd, .events = POLLOUT};
        PyThreadState *released = PyEval_SaveThread();
        poll(&writable, 1, -1);
        PyEval_RestoreThread(released);
    }
}

/// A long body goes out from where it lies; what the kernel leaves of it is copied behind the rest,
/// where other threads' frames cannot get in between.
static bool sendBeside(Channel *channel, const void *body, size_t bodySize)
{
    const size_t waiting = channel->out.size - channel->outSent;
    const size_t sent = sendOnce(channel, body, bodySize);
    if (sent < waiting) {
        noteSent(channel, sent);
        return bytesAppend(&channel->out, body, bodySize);
    }
    noteSent(channel, waiting);
    const size_t ofBody = sent - waiting;
    return bytesAppend(&channel->out, (const char *)body + ofBody, bodySize - ofBody);
}

bool channelFrame(Channel *channel, unsigned kind, unsigned flags, unsigned number,
                  const void *head, size_t headSize, const void *body, size_t bodySize, bool keep)
{
    const bool beside = bodySize > kJoinMax;
    const size_t payload = headSize + bodySize;
    // All or nothing: half a frame would spoil those behind it.
    if (!bytesReserve(&channel->out, HeaderBytes + payload))
        return false;
    uint8_t start[HeaderBytes] = {0};
    putU32(start, (uint32_t)payload);
    start[4] = (uint8_t)kind;
    start[5] = (uint8_t)flags;
    putU32(start + 8, number);
    bytesAppend(&channel->out, start, sizeof start);
    bytesAppend(&channel->out, head, headSize);
    if (!beside)
        bytesAppend(&channel->out, body, bodySize);
    else if (!sendBeside(channel, body, bodySize))
        channelLeave(channel); // part of the frame is out, and the rest has no room
    if (!keep || beside || channel->out.size > kHoldMax)
        channelFlush(channel);
    return true;
}
