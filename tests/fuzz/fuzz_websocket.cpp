// SPDX-License-Identifier: Apache-2.0
// Whatever a WebSocket client sends: the reader stays inside the bytes and the room it is given,
// says the same however the bytes are cut, and lets no text pass that is not UTF-8.
#include "server/http/websocket/message_reader.h"
#include "tests/fuzz/check.h"

#include <array>
#include <string>
#include <utility>

using namespace arc;
using Got = WsMessageReader::Got;

namespace {

struct Inflaters final : WsMessageReader::Inflaters {
    std::unique_ptr<WsInflater> takeInflater() override
    {
        return spare ? std::move(spare) : std::make_unique<WsInflater>();
    }
    void giveInflater(std::unique_ptr<WsInflater> used) noexcept override
    {
        used->reset();
        spare = std::move(used);
    }
    std::unique_ptr<WsInflater> spare;
};

constexpr uint64_t kMessageMax = 64 * 1024;

/// Everything that was told, with the last thing told at the end.
std::string heard(std::string_view bytes, size_t step, size_t room, bool compresses)
{
    static Inflaters inflaters;
    WsMessageReader reader(
        {.messageBytesMax = kMessageMax, .mayCompress = compresses, .keepsContext = compresses},
        inflaters);
    std::array<char, 1024> scratch;
    std::string partial;
    std::string all;
    std::string message;
    Utf8Check text;
    for (size_t at = 0; at < bytes.size(); at += step) {
        partial += bytes.substr(at, step);
        for (;;) {
            const auto got = reader.read(partial, scratch, room);
            FUZZ_CHECK(got.bytesUsed <= partial.size());
            FUZZ_CHECK(got.got != Got::NeedRoom);
            FUZZ_CHECK(got.got != Got::Piece || got.data.size() <= room);
            const std::string data(got.data);
            partial.erase(0, got.bytesUsed);
            if (got.got == Got::NeedBytes)
                break;
            if (got.got == Got::Piece) {
                message += data;
                FUZZ_CHECK(message.size() <= kMessageMax);
                if (got.isText)
                    FUZZ_CHECK(text.feed(data));
                if (!got.isLast)
                    continue;
                FUZZ_CHECK(text.isComplete());
                all += got.isText ? "T" : "B";
                all += std::exchange(message, {}) + "\n";
                continue;
            }
            // Which of two faults comes first depends on how much is inflated in one step.
            const int code = compresses && got.got == Got::Refused ? 0 : got.code;
            all += std::to_string(static_cast<int>(got.got)) + std::to_string(code) + data;
            if (got.got == Got::Close || got.got == Got::Refused)
                return all;
        }
        FUZZ_CHECK(partial.size() < kWsClientHeadMax);
    }
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char *>(data) + 2, size - 2);
    const bool compresses = data[0] & 1;
    const std::string whole = heard(bytes, bytes.size(), SIZE_MAX, compresses);
    FUZZ_CHECK(heard(bytes, 1 + data[0] / 2 % 16, 1 + data[1], compresses) == whole);
    return 0;
}
