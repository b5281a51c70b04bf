// SPDX-License-Identifier: Apache-2.0
#include "server/admin/admin_call.h"

#include "server/base/text.h"
#include "server/base/version.h"

#include <fmt/format.h>

namespace arc {

namespace {

constexpr int kPreconditionFailed = 412;
constexpr int kContentTooLarge = 413;

Result<uint64_t> parseIfMatch(std::string_view text)
{
    text = trim(text);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        if (auto revision = parseUnsigned(text.substr(1, text.size() - 2)))
            return revision;
    }
    return Error {ErrorCode::Invalid, "If-Match: must be a revision in quotes, as an ETag gave it"};
}

/// Puts If-Match into the request's revision; a request without one cannot promise the
/// precondition, and says so.
template <class Request>
Result<void> takeIfMatch(Request &request, const std::optional<std::string> &ifMatch)
{
    if (!ifMatch)
        return {};
    auto revision = parseIfMatch(*ifMatch);
    if (!revision)
        return std::move(revision).error();
    if constexpr (requires { request.revision; }) {
        if (request.revision != 0 && request.revision != *revision)
            return Error {ErrorCode::Invalid, "revision: differs from If-Match"};
        request.revision = *revision;
        return {};
    }
    return Error {ErrorCode::Invalid, "If-Match: this operation takes no revision"};
}

template <class Request, class Answer>
void run(AdminCall &call, api::Received received,
         void (Control::*member)(Request, Control::Callback<Answer>))
{
    auto request = api::decodeRequest<Request>(received);
    if (!request)
        return call.fail(request.error());
    if (auto taken = takeIfMatch(*request, call.ifMatch()); !taken)
        return call.fail(taken.error());
    auto done = [call = call.shared_from_this()](Result<Answer> answer) {
        if (!answer)
            return call->fail(answer.error());
        std::optional<uint64_t> revision;
        if constexpr (requires { answer->revision; })
            revision = answer->revision;
        call->succeed(api::toJson(*answer), revision);
    };
    (call.control().*member)(std::move(*request), std::move(done));
}

constexpr AdminCall::Dispatch kDispatch[] = {
#define OPERATION(name, method, path, role, request, answer, verb, confirm, help)                  \
    [](AdminCall &call, api::Received received) {                                                  \
        run<api::request, api::answer>(call, std::move(received), &Control::name);                 \
    },
#include "server/control/api/operations.def"
};

} // namespace

AdminCall::Dispatch adminDispatch(size_t row) noexcept
{
    return kDispatch[row];
}

void addVersion(ResponseHead &head)
{
    head.headers.add(std::string(api::kVersionHeader),
                     api::versionText({api::kApiVersion, kVersion}));
}

void respondJson(Exchange &exchange, int status, std::string json,
                 std::optional<uint64_t> revision) noexcept
{
    ResponseHead head {.status = status};
    head.headers.add("Content-Type", "application/json");
    head.headers.add("Cache-Control", "no-store");
    addVersion(head);
    if (revision)
        head.headers.add("ETag", fmt::format("\"{}\"", *revision));
    exchange.respond(std::move(head), Chunk::own(std::move(json)));
}

void respondError(Exchange &exchange, const Error &error) noexcept
{
    respondJson(exchange, api::httpStatus(error.code()), api::errorToJson(error));
}

AdminCall::AdminCall(Exchange &exchange, std::shared_ptr<Control> control,
                     std::shared_ptr<AdminLoad> load, Dispatch dispatch, api::Received received)
    : m_exchange(&exchange), m_control(std::move(control)), m_load(std::move(load)),
      m_dispatch(dispatch), m_received(std::move(received))
{
    ++m_load->calls;
    if (const auto ifMatch = exchange.request().find(HeaderId::IfMatch))
        m_ifMatch = std::string(*ifMatch);
}

AdminCall::~AdminCall()
{
    --m_load->calls;
    m_load->bodyBytes -= m_body.size();
}

void AdminCall::start() noexcept
{
    m_self = shared_from_this();
    m_exchange->listen(*this);
    if (m_exchange->request().hasBody())
        m_exchange->readBody();
    else
        onBodyEnd();
}

void AdminCall::onBody(std::string_view bytes) noexcept
{
    if (!m_exchange)
        return;
    const bool tooLong = m_body.size() + bytes.size() > api::kRequestBytesMax;
    if (tooLong || m_load->bodyBytes + bytes.size() > AdminLoad::kBodyBytesTotalMax) {
        const Error error {ErrorCode::Full,
                           fmt::format("the request is longer than {} or too many are being read",
                                       formatBytes(api::kRequestBytesMax))};
        const auto keep = m_self;
        respondJson(*detach(), tooLong ? kContentTooLarge : api::httpStatus(error.code()),
                    api::errorToJson(error));
        return;
    }
    m_body += bytes;
    m_load->bodyBytes += bytes.size();
}

void AdminCall::onBodyEnd() noexcept
{
    if (!m_exchange)
        return;
    const auto keep = m_self; // the answer may come at once
    m_received.body = m_body;
    m_dispatch(*this, std::move(m_received));
}

void AdminCall::onGone() noexcept
{
    const auto keep = m_self;
    detach();
}

Exchange *AdminCall::detach() noexcept
{
    m_self.reset();
    return std::exchange(m_exchange, nullptr);
}

void AdminCall::succeed(std::string json, std::optional<uint64_t> revision) noexcept
{
    const auto keep = m_self;
    if (Exchange *exchange = detach())
        respondJson(*exchange, 200, std::move(json), revision);
}

void AdminCall::fail(const Error &error) noexcept
{
    const auto keep = m_self;
    Exchange *exchange = detach();
    if (!exchange)
        return;
    const bool precondition = m_ifMatch && error.code() == ErrorCode::Conflict;
    respondJson(*exchange, precondition ? kPreconditionFailed : api::httpStatus(error.code()),
                api::errorToJson(error));
}

} // namespace arc
