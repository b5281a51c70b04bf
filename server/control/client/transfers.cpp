// SPDX-License-Identifier: Apache-2.0
#include "server/control/client/transfers.h"

#include "server/base/assert.h"
#include "server/base/version.h"
#include "server/control/api/wire.h"

#include <cerrno>
#include <map>
#include <optional>

#include <curl/curl.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fmt/format.h>

namespace arc {

namespace {

/// Level-triggered interest in a socket of libcurl's, unlike IoEvent: curl reads only as much as it
/// likes per call.
struct SocketEvent {
    event one {};
    bool added = false;
    ~SocketEvent()
    {
        if (added)
            event_del(&one);
    }
};

api::Version ownVersion()
{
    return {api::kApiVersion, kVersion};
}

/// Of the engine that answered; one that does not say it is older than this header.
api::Version versionOf(CURL *easy)
{
    curl_header *header = nullptr;
    const std::string name(api::kVersionHeader);
    std::optional<api::Version> said;
    if (curl_easy_header(easy, name.c_str(), 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        said = api::parseVersion(header->value);
    return said.value_or(api::Version {0, "of an older version"});
}

struct EasyDeleter {
    void operator()(CURL *easy) const noexcept { curl_easy_cleanup(easy); }
};
struct ListDeleter {
    void operator()(curl_slist *list) const noexcept { curl_slist_free_all(list); }
};

} // namespace

struct Transfers::Implementation {
    struct Running {
        Transfer transfer;
        std::unique_ptr<CURL, EasyDeleter> easy;
        std::unique_ptr<curl_slist, ListDeleter> headers;
        std::string answer;
        bool tooLong = false;
    };

    Implementation(EventLoop &ownLoop, std::string path, std::string who);
    ~Implementation();

    void start(Transfer transfer);
    void configure(Running &running);
    void act(curl_socket_t socket, int what) noexcept;
    void reap() noexcept;
    Result<std::string> resultOf(Running &running, CURLcode code) const;
    Error transportError(const Running &running, CURLcode code) const;

    static int onSocket(CURL *, curl_socket_t socket, int what, void *self, void *known) noexcept;
    static int onTimer(CURLM *, long milliseconds, void *self) noexcept;
    static size_t onBytes(char *bytes, size_t size, size_t count, void *running) noexcept;
    static void socketReady(evutil_socket_t socket, short what, void *self) noexcept;
    static void timerFired(evutil_socket_t, short, void *self) noexcept;

    EventLoop &loop;
    const std::string socketPath;
    const std::string authorLine;
    const std::string versionLine;
    CURLM *multi = nullptr;
    event timer {};
    std::map<CURL *, std::unique_ptr<Running>> running;
    std::map<curl_socket_t, SocketEvent> sockets;
};

Transfers::Implementation::Implementation(EventLoop &ownLoop, std::string path, std::string who)
    : loop(ownLoop), socketPath(std::move(path)),
      authorLine(fmt::format("{}: {}", api::kAuthorHeader, api::cleanAuthor(who))),
      versionLine(fmt::format("{}: {}", api::kVersionHeader, api::versionText(ownVersion())))
{
    // Without TLS: every engine is asked through a Unix socket, and OpenSSL made ready is 2 MiB.
    static const CURLcode globalInit = curl_global_init(CURL_GLOBAL_NOTHING);
    ARC_ASSERT(globalInit == CURLE_OK);
    multi = curl_multi_init();
    ARC_ASSERT(multi);
    evtimer_assign(&timer, loop.base(), &timerFired, this);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &onSocket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &onTimer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, kConnectionsMax);
}

Transfers::Implementation::~Implementation()
{
    for (auto &[easy, one] : running)
        curl_multi_remove_handle(multi, easy);
    running.clear();
    curl_multi_cleanup(multi); // closes idle connections, and says so through onSocket()
    event_del(&timer);
}

void Transfers::Implementation::start(Transfer transfer)
{
    if (running.size() >= kTransfersMax)
        return transfer.done(Error {ErrorCode::Full, "too many calls to the engine at one time"});
    auto one = std::make_unique<Running>();
    one->transfer = std::move(transfer);
    one->easy.reset(curl_easy_init());
    ARC_ASSERT(one->easy);
    configure(*one);
    CURL *easy = one->easy.get();
    running.emplace(easy, std::move(one));
    curl_multi_add_handle(multi, easy); // asks for a timer of 0 ms, which begins the work
}

void Transfers::Implementation::configure(Running &one)
{
    CURL *easy = one.easy.get();
    const Transfer &what = one.transfer;
    // The name is never looked up: the address is the socket's path.
    curl_easy_setopt(easy, CURLOPT_URL, ("http://arcology" + what.path).c_str());
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socketPath.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); // whatever http_proxy says
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long {CURL_HTTP_VERSION_1_1});
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(what.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &onBytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &one);

    curl_slist *headers = curl_slist_append(nullptr, authorLine.c_str());
    headers = curl_slist_append(headers, versionLine.c_str());
    headers = curl_slist_append(headers, "Accept: application/json");
    headers = curl_slist_append(
        headers, "Expect:"); // the engine is near: asking first costs more than it saves
    if (!api::travelsInQuery(what.method)) {
        headers = curl_slist_append(headers, "Content-Type: application/json");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(what.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, what.body.c_str());
    }
    one.headers.reset(headers);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    const std::string method(api::methodText(what.method));
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
}

// ---- between curl and the loop

int Transfers::Implementation::onSocket(CURL *, curl_socket_t socket, int what, void *context,
                                        void *) noexcept
{
    auto *self = static_cast<Implementation *>(context);
    if (what == CURL_POLL_REMOVE) {
        self->sockets.erase(socket);
        return 0;
    }
    SocketEvent &entry = self->sockets[socket];
    if (entry.added)
        event_del(&entry.one);
    const auto interest = static_cast<short>((what & CURL_POLL_IN ? EV_READ : 0)
                                             | (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
    event_assign(&entry.one, self->loop.base(), socket, interest, &socketReady, self);
    entry.added = event_add(&entry.one, nullptr) == 0;
    return entry.added ? 0 : -1;
}

int Transfers::Implementation::onTimer(CURLM *, long milliseconds, void *context) noexcept
{
    auto *self = static_cast<Implementation *>(context);
    if (milliseconds < 0) {
        evtimer_del(&self->timer);
        return 0;
    }
    const timeval delay {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    return evtimer_add(&self->timer, &delay);
}

void Transfers::Implementation::socketReady(evutil_socket_t socket, short what,
                                            void *context) noexcept
{
    const int ready =
        (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    static_cast<Implementation *>(context)->act(socket, ready);
}

void Transfers::Implementation::timerFired(evutil_socket_t, short, void *context) noexcept
{
    static_cast<Implementation *>(context)->act(CURL_SOCKET_TIMEOUT, 0);
}

void Transfers::Implementation::act(curl_socket_t socket, int what) noexcept
{
    int stillRunning = 0;
    curl_multi_socket_action(multi, socket, what, &stillRunning);
    reap();
}

size_t Transfers::Implementation::onBytes(char *bytes, size_t size, size_t count,
                                          void *context) noexcept
{
    auto *one = static_cast<Running *>(context);
    if (one->answer.size() + size * count > api::kAnswerBytesMax) {
        one->tooLong = true;
        return 0; // ends the transfer
    }
    one->answer.append(bytes, size * count);
    return size * count;
}

// ---- answers

void Transfers::Implementation::reap() noexcept
{
    int left = 0;
    while (CURLMsg *message = curl_multi_info_read(multi, &left)) {
        if (message->msg != CURLMSG_DONE)
            continue;
        const CURLcode code =
            message->data.result; // `message` is gone after the next call into the multi
        auto node = running.extract(message->easy_handle);
        ARC_ASSERT(!node.empty());
        const std::unique_ptr<Running> one = std::move(node.mapped());
        Result<std::string> result = resultOf(*one, code);
        curl_multi_remove_handle(multi, one->easy.get());
        one->transfer.done(std::move(result)); // may start others
    }
}

Result<std::string> Transfers::Implementation::resultOf(Running &one, CURLcode code) const
{
    if (code != CURLE_OK)
        return transportError(one, code);
    long status = 0;
    curl_easy_getinfo(one.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return api::errorFromAnswer(static_cast<int>(status), one.answer);
    if (auto same = api::checkVersions(versionOf(one.easy.get()), ownVersion()); !same)
        return std::move(same).error();
    return std::move(one.answer);
}

Error Transfers::Implementation::transportError(const Running &one, CURLcode code) const
{
    if (one.tooLong)
        return {
            ErrorCode::Full,
            fmt::format("the answer of the engine is longer than {} bytes", api::kAnswerBytesMax)};
    if (code == CURLE_COULDNT_CONNECT) {
        long systemError = 0;
        curl_easy_getinfo(one.easy.get(), CURLINFO_OS_ERRNO, &systemError);
        if (systemError == EACCES)
            return {ErrorCode::Forbidden,
                    fmt::format("{}: Permission denied; call as the user who started the engine, "
                                "or join the group arcology",
                                socketPath)};
        return {ErrorCode::Unavailable,
                fmt::format("no engine answers at {}; start one with: arcology --headless",
                            socketPath)};
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return {ErrorCode::Unavailable,
                fmt::format("the engine at {} did not answer within {} s", socketPath,
                            (one.transfer.timeout.count() + 999) / 1000)};
    }
    return {ErrorCode::Unavailable,
            fmt::format("the connection to the engine at {} broke: {}", socketPath,
                        curl_easy_strerror(code))};
}

Transfers::Transfers(EventLoop &loop, std::string socketPath, std::string author)
    : m_impl(std::make_unique<Implementation>(loop, std::move(socketPath), std::move(author)))
{
}

Transfers::~Transfers() = default;

void Transfers::start(Transfer transfer)
{
    m_impl->start(std::move(transfer));
}

std::map<std::string, std::string> clientLibraries()
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    std::map<std::string, std::string> libraries {{"libcurl", info->version}};
    const std::string_view tls = info->ssl_version ? info->ssl_version : "";
    if (const size_t slash = tls.find('/'); slash != tls.npos)
        libraries.emplace(tls.substr(0, slash), tls.substr(slash + 1));
    return libraries;
}

} // namespace arc
