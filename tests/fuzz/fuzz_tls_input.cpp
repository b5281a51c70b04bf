// SPDX-License-Identifier: Apache-2.0
// Bytes of a client that is no TLS client, in portions, against TlsStream: whatever comes, the
// stream ends or waits, and the loop's state is ready for the next connection.
#include "server/base/file_descriptor.h"
#include "server/certs/signing.h"
#include "server/tls/tls_loop.h"
#include "server/tls/tls_stream.h"
#include "tests/fuzz/check.h"

#include <array>
#include <cstdint>
#include <cstdlib>

#include <openssl/err.h>
#include <sys/socket.h>

using namespace arc;

namespace {

std::shared_ptr<const TlsContexts> makeContexts()
{
    const KeyPtr key = std::move(makeEcKey().value());
    const X509Ptr certificate =
        std::move(signCertificate({.commonName = "fuzz",
                                   .nowUnix = 1'700'000'000,
                                   .days = 10'000,
                                   .extensions = {{NID_subject_alt_name, "DNS:a.test"}}},
                                  key.get(), nullptr, nullptr)
                      .value());
    auto identity = std::make_shared<TlsIdentity>();
    identity->id = "fuzz";
    identity->names = {"a.test"};
    identity->chainPem = certificatePem(certificate.get());
    identity->keyPem = privateKeyPem(key.get());
    auto any = std::make_shared<TlsEndpoint>();
    any->identity = identity;
    auto named = std::make_shared<TlsEndpoint>(*any);
    named->hosts = {"a.test", "*.wild.test"};
    auto config = std::make_shared<TlsConfig>();
    config->endpoints = {any, named};
    return TlsContexts::build(std::move(config)).value();
}

struct World {
    LoopMetrics metrics;
    TlsLoop loop {metrics};
    std::string listener = "https";
    std::array<char, 64 * 1024> into {};

    World()
    {
        loop.use(makeContexts());
        loop.use(TicketKeys::make(nullptr).value());
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static World world;
    int ends[2] {};
    if (size < 1 || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        return 0;
    const FileDescriptor server(ends[0]);
    const FileDescriptor client(ends[1]);
    const size_t portion = size_t {1} + data[0];
    ++data;
    --size;
    TlsStream stream(world.loop, world.listener);
    FUZZ_CHECK(stream.isValid());
    bool ended = false;
    for (size_t at = 0; at < size && !ended; at += portion) {
        const size_t step = std::min(portion, size - at);
        if (::send(client.get(), data + at, step, MSG_NOSIGNAL) != static_cast<ssize_t>(step))
            break;
        const TlsStream::Received got = stream.receive(server.get(), world.into);
        FUZZ_CHECK(got.bytes <= world.into.size());
        FUZZ_CHECK(got.bytes == 0
                   || stream.isWritable()); // nobody without a handshake says anything
        ended = got.hasEnded;
        FUZZ_CHECK(ERR_peek_error() == 0);
        while (::recv(client.get(), world.into.data(), world.into.size(), 0) > 0) { }
    }
    FUZZ_CHECK(stream.isHandshaking() || ended);
    return 0;
}
