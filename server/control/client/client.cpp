// SPDX-License-Identifier: Apache-2.0
#include "server/control/client/client.h"

#include "server/control/api/codec.h"
#include "server/control/api/wire.h"
#include "server/control/client/control_socket.h"
#include "server/control/client/transfers.h"

namespace arc {

namespace {

/// Both times that a service may be given are at most an hour.
constexpr std::chrono::minutes kServiceRestartMax {130};

/// Where each operation stands in operationRows().
enum RowIndex : size_t {
#define OPERATION(NAME, METHOD, PATH, ROLE, REQUEST, ANSWER, VERB, CONFIRM, HELP) k_##NAME,
#include "server/control/api/operations.def"
};

} // namespace

std::chrono::milliseconds ControlClient::timeoutOf(std::string_view operation) const noexcept
{
    if (operation == "deploySite" || operation == "restartSite" || operation == "rollbackSite")
        return m_options.deployTimeout;
    if (operation == "restartService") // old processes end, and new ones accept
        return kServiceRestartMax;
    const bool takesLong = operation == "recognise" || operation == "addSite";
    return takesLong ? m_options.longTimeout : m_options.timeout;
}

ControlClient::ControlClient(Options options)
    : m_options(std::move(options)), m_metrics(std::make_unique<LoopMetrics>())
{
}

Result<std::unique_ptr<ControlClient>> ControlClient::create(Options options)
{
    if (auto path = checkSocketPath(options.socketPath); !path)
        return std::move(path).error();
    std::unique_ptr<ControlClient> client(new ControlClient(std::move(options)));
    auto loop = EventLoop::create("client", EventLoop::kNoIndex, *client->m_metrics);
    if (!loop)
        return std::move(loop).error().within("the client's loop");
    client->m_loop = std::move(*loop);
    client->m_transfers = std::make_unique<Transfers>(*client->m_loop, client->m_options.socketPath,
                                                      client->m_options.author);
    client->m_thread = Thread("arc-client", [loop = client->m_loop.get()] { loop->run(); });
    return client;
}

ControlClient::~ControlClient()
{
    if (m_thread.joinable()) {
        m_loop->post([this] {
            m_transfers.reset();
            m_loop->stop();
        });
        m_thread.join();
    }
}

template <class Request, class Answer>
void ControlClient::call(const OperationRow &row, const Request &what, Callback<Answer> done)
{
    auto encoded = api::encodeRequest(row.path, api::travelsInQuery(row.method), what);
    Transfer transfer {.method = row.method,
                       .path = std::string(api::kPrefix) + encoded.path,
                       .body = std::move(encoded.body),
                       .timeout = timeoutOf(row.name)};
    transfer.done = [done = std::move(done)](Result<std::string> text) {
        if (!text)
            return done(std::move(text).error());
        auto answer = api::fromJson<Answer>(*text, api::Strictness::Answer);
        if (!answer)
            return done(
                Error {ErrorCode::Internal, "the engine's answer: " + answer.error().message()});
        done(std::move(answer));
    };
    m_loop->post([this, transfer = std::move(transfer)]() mutable {
        if (m_transfers) // gone: the client is being destroyed
            m_transfers->start(std::move(transfer));
    });
}

#define OPERATION(NAME, METHOD, PATH, ROLE, REQUEST, ANSWER, VERB, CONFIRM, HELP)                  \
    void ControlClient::NAME(api::REQUEST what, Callback<api::ANSWER> done)                        \
    {                                                                                              \
        call<api::REQUEST, api::ANSWER>(operationRows()[k_##NAME], what, std::move(done));         \
    }
#include "server/control/api/operations.def"

} // namespace arc
