// SPDX-License-Identifier: Apache-2.0
// Http2Connection: the nghttp2 session it is made with, and what it tells the client first.
#include "server/base/assert.h"
#include "server/http/session/http2_connection.h"
#include "server/http/session/http2_memory.h"
#include "server/http/session/session_loop.h"

#include <algorithm>
#include <array>

#include <nghttp2/nghttp2.h>

namespace arc {

namespace {

constexpr size_t kSettingsMax = 32;
/// Header fields of one answer; what an app may send is limited by its frames.
constexpr size_t kAnswerHeadMax = 1024 * 1024;
/// Answers to PING and SETTINGS that wait while the client does not read.
constexpr size_t kAcksMax = 200;
/// Above our own limits, nghttp2's would end the connection with another error code.
constexpr uint64_t kResetsBeyond = 64;

struct OptionDelete {
    void operator()(nghttp2_option *option) const noexcept { nghttp2_option_del(option); }
};
using OptionPtr = std::unique_ptr<nghttp2_option, OptionDelete>;

OptionPtr makeOptions(const Http2Rules &rules, size_t continuationsMax)
{
    nghttp2_option *option = nullptr;
    ARC_ASSERT(nghttp2_option_new(&option) == 0);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_outbound_ack(option, kAcksMax);
    nghttp2_option_set_max_send_header_block_length(option, kAnswerHeadMax);
    nghttp2_option_set_max_settings(option, kSettingsMax);
    nghttp2_option_set_max_continuations(option, continuationsMax);
    nghttp2_option_set_max_deflate_dynamic_table_size(option, rules.tableBytes);
    nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_PRIORITY_UPDATE);
    // Not to read them, but to see them.
    for (int type = NGHTTP2_CONTINUATION + 1; type <= UINT8_MAX; ++type) {
        if (type != NGHTTP2_PRIORITY_UPDATE)
            nghttp2_option_set_user_recv_extension_type(option, static_cast<uint8_t>(type));
    }
    nghttp2_option_set_stream_reset_rate_limit(
        option, static_cast<uint64_t>(rules.resets) + kResetsBeyond,
        static_cast<uint64_t>(rules.resetsPerSecond) + kResetsBeyond);
    return OptionPtr(option);
}

} // namespace

void Http2Connection::openSession(std::string_view input) noexcept
{
    const Http2Rules &rules = m_rules->http2;
    const OptionPtr options = makeOptions(rules, kContinuationsMax);
    nghttp2_session *session = nullptr;
    ARC_ASSERT(nghttp2_session_server_new3(&session, m_home.http2().callbacks(), this,
                                           options.get(), m_home.http2().memory().functions())
               == 0);
    m_session.reset(session);
    const auto number = [](auto value) {
        return static_cast<uint32_t>(value);
    };
    const auto unreadWindow = std::min(rules.windowBytes, kUnreadWindowBytes);
    const std::array settings {
        nghttp2_settings_entry {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, number(rules.streams)},
        nghttp2_settings_entry {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, number(unreadWindow)},
        nghttp2_settings_entry {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, number(rules.frameBytes)},
        nghttp2_settings_entry {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, number(rules.tableBytes)},
        nghttp2_settings_entry {
            NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
            number(m_rules->head.headerBytesMax + m_rules->head.requestLineBytesMax)},
        nghttp2_settings_entry {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
        nghttp2_settings_entry {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
    };
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                          static_cast<int32_t>(rules.connectionWindowBytes));
    if (!input.empty())
        m_early.assign(input);
}

} // namespace arc
