// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/syntax/coding_rules.h"
#include "server/http/syntax/content_coding.h"

#include <memory>
#include <string>
#include <string_view>

namespace arc {

/// Compresses one stream after another, in pieces. Fast enough for a loop: the levels are chosen so
/// that 64 KiB take a millisecond or less. Not shared between threads.
class Coder {
public:
    enum class Step : uint8_t {
        More,  ///< the coder may keep bytes back
        Flush, ///< what came so far can be decoded by the client from what was put out
        Finish ///< end of the stream; start() begins the next one
    };

    virtual ~Coder();
    Coder(const Coder &) = delete;

    Coding coding() const noexcept { return m_coding; }
    CodingLevel level() const noexcept { return m_level; }
    /// Begins a stream. False: out of memory.
    virtual bool start() noexcept = 0;
    /// Appends to `out`. False: the stream is broken (out of memory); nothing more may be coded.
    virtual bool code(std::string_view bytes, Step step, std::string &out) noexcept = 0;

protected:
    Coder(Coding coding, CodingLevel level) : m_coding(coding), m_level(level) { }

private:
    const Coding m_coding;
    const CodingLevel m_level;
};

/// A coder for anything but Identity.
std::unique_ptr<Coder> makeCoder(Coding coding, CodingLevel level);

/// A whole body at once, with the effort that something kept is worth. Takes up to seconds: never
/// on a loop. Empty when it fails.
std::string codeWhole(Coding coding, CodingLevel level, std::string_view bytes);

} // namespace arc
