// SPDX-License-Identifier: Apache-2.0
// What is decided in a handshake: certificate, protocol, resumption; and that
// configurations change under open connections.
#include "server/tls/ticket_keys.h"
#include "tests/support/http_under_test.h"
#include "tests/support/tls_under_test.h"

#include <QtTest>

#include <sys/socket.h>

using namespace arc;

namespace {

Route hello()
{
    return makeRoute("/", [](Exchange &exchange) {
        exchange.respond({.status = 200, .headers = {}}, Chunk::constant("hello"));
    });
}

std::string get(std::string_view host)
{
    return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

/// The status line of the next answer, whose body is read, too.
std::string ask(TlsClient &client, std::string_view host)
{
    if (!client.write("GET / HTTP/1.1\r\nHost: " + std::string(host)
                      + "\r\nConnection: close\r\n\r\n"))
        return {};
    return client.readAll().substr(9, 3);
}

using Contexts = std::shared_ptr<const TlsContexts>;

} // namespace

class TestTlsHandshakes : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theNameChoosesTheCertificate_data()
    {
        QTest::addColumn<std::string>("name");
        QTest::addColumn<std::string>("shown");
        const auto row = [](const char *name, const char *shown) {
            QTest::addRow("\"%s\"", name) << std::string(name) << std::string(shown);
        };
        row("a.test", "one");
        row("A.TEST", "one");
        row("b.test", "one");
        row("x.wild.test", "two");
        row("exact.wild.test", "three");
        row("wild.test", "default");
        row("unknown.test", "default");
        row("", "default");
    }
    void theNameChoosesTheCertificate()
    {
        QFETCH(std::string, name);
        QFETCH(std::string, shown);
        const auto one = m_ca.sign("one", "DNS:a.test,DNS:b.test");
        const auto two = m_ca.sign("two", "DNS:*.wild.test");
        const auto three = m_ca.sign("three", "DNS:exact.wild.test");
        const auto other = m_ca.sign("default", "DNS:localhost");
        HttpUnderTest server({.routes = {hello()}, .tls = [&] {
                                  return contextsOf({endpoint("one", {"a.test", "b.test"}, one),
                                                     endpoint("two", {"*.wild.test"}, two),
                                                     endpoint("three", {"exact.wild.test"}, three),
                                                     endpoint("", {}, other)});
                              }});
        TlsClient client(connectTo(server.port()), {.name = name});
        QVERIFY2(client.shakeHands(), client.error().c_str());
        QCOMPARE(client.peerName(), shown);
    }

    void aListenerWithoutAnyCertificateRefuses()
    {
        HttpUnderTest server({.routes = {hello()}, .tls = [] {
                                  return contextsOf({});
                              }});
        TlsClient client(connectTo(server.port()), {.name = "a.test"});
        QVERIFY(!client.shakeHands());
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t {0});
    }

    void theProtocolIsChosenByAlpn()
    {
        const auto one = m_ca.sign("one", "DNS:a.test");
        HttpUnderTest server({.routes = {hello()}, .tls = [&] {
                                  return contextsOf({endpoint("test", {}, one)});
                              }});
        TlsClient http(connectTo(server.port()),
                       {.protocols = "\x03"
                                     "foo\x08http/1.1"});
        QVERIFY(http.shakeHands());
        QCOMPARE(http.protocol(), std::string("http/1.1"));
        TlsClient none(connectTo(server.port()), {});
        QVERIFY(none.shakeHands());
        QCOMPARE(none.protocol(), std::string());
        QCOMPARE(ask(none, "a.test"), std::string("200"));
        TlsClient foreign(connectTo(server.port()),
                          {.protocols = "\x04"
                                        "smtp"});
        QVERIFY(!foreign.shakeHands());
        QVERIFY2(foreign.error().find("no application protocol") != std::string::npos,
                 foreign.error().c_str());
    }

    void ahandshakeThatTakesTooLongIsClosed()
    {
        const auto one = m_ca.sign("one", "DNS:a.test");
        HttpUnderTest server({.routes = {hello()}, .tls = [&] {
                                  return contextsOf({endpoint("test", {}, one)});
                              }});
        const FileDescriptor silent = connectTo(server.port());
        const FileDescriptor dripping = connectTo(server.port());
        QVERIFY(::send(dripping.get(), "\x16\x03\x01", 3, 0) == 3);
        TlsClient done(connectTo(server.port()), {});
        QVERIFY(done.shakeHands());
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t {3});
        server.onLoop([](HttpLoop &http) { http.loop().skipAhead(std::chrono::seconds(6)); });
        QVERIFY(::send(dripping.get(), "\x02", 1, 0) == 1); // moves nothing
        server.onLoop([](HttpLoop &http) { http.loop().skipAhead(std::chrono::seconds(5)); });
        char byte = 0;
        QCOMPARE(::recv(silent.get(), &byte, 1, 0), ssize_t {0});
        QVERIFY(::recv(dripping.get(), &byte, 1, 0) <= 0);
        QTRY_COMPARE(server.loopMetrics().tlsFailed.read(), int64_t {2});
        QCOMPARE(ask(done, "a.test"), std::string("200"));
    }

    void aNewConfigurationConcernsNewConnectionsOnly()
    {
        const auto before = m_ca.sign("before", "DNS:a.test");
        const auto after = m_ca.sign("after", "DNS:a.test");
        HttpUnderTest server({.routes = {hello()}, .tls = [&] {
                                  return contextsOf({endpoint("test", {}, before)});
                              }});
        TlsClient open(connectTo(server.port()), {});
        QVERIFY(open.shakeHands());
        QVERIFY(open.write(get("a.test")));
        QVERIFY(open.readUntil("hello").starts_with("HTTP/1.1 200"));
        // One that has connected but not said hello gets the new one.
        FileDescriptor waiting = connectTo(server.port());
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t {2});
        server.useTls([&] { return contextsOf({endpoint("test", {}, after)}); });
        server.publish({hello()}, {});
        TlsClient late(std::move(waiting), {});
        QVERIFY(late.shakeHands());
        QCOMPARE(late.peerName(), std::string("after"));
        TlsClient fresh(connectTo(server.port()), {});
        QVERIFY(fresh.shakeHands());
        QCOMPARE(fresh.peerName(), std::string("after"));
        QCOMPARE(ask(open, "a.test"), std::string("200"));
    }

    void ticketsAreGoodOnEveryLoopUntilTheirKeyIsGone_data()
    {
        QTest::addColumn<int>("version");
        QTest::newRow("TLS 1.2") << TLS1_2_VERSION;
        QTest::newRow("TLS 1.3") << TLS1_3_VERSION;
    }
    void ticketsAreGoodOnEveryLoopUntilTheirKeyIsGone()
    {
        QFETCH(int, version);
        const auto one = m_ca.sign("one", "DNS:a.test");
        HttpUnderTest server({.routes = {hello()}, .loops = 2, .tls = [&] {
                                  return contextsOf({endpoint("test", {}, one)});
                              }});
        std::shared_ptr<const TicketKeys> keys;
        const auto rotate = [&] {
            keys = TicketKeys::make(keys.get()).value();
            for (size_t i = 0; i < 2; ++i)
                server.onLoop([&](HttpLoop &http) { http.useTicketKeys(keys); }, i);
        };
        rotate();
        TlsClient first(connectTo(server.port()), {.version = version});
        QVERIFY(first.shakeHands());
        QCOMPARE(ask(first, "a.test"), std::string("200"));
        SSL_SESSION *session = first.session();
        const auto resumes = [&] {
            TlsClient next(connectTo(server.port()), {.version = version, .resumes = session});
            return next.shakeHands() && next.wasResumed() && ask(next, "a.test") == "200";
        };
        // The kernel spreads connections over the loops; all of them must know the key.
        for (int i = 0; i < 16; ++i)
            QVERIFY(resumes());
        QVERIFY(server.loopMetrics(0).tlsResumed.read() > 0);
        QVERIFY(server.loopMetrics(1).tlsResumed.read() > 0);
        rotate();
        QVERIFY(resumes());
        rotate();
        QVERIFY(resumes());
        rotate();
        QVERIFY(!resumes());
        SSL_SESSION_free(session);
    }

    void aHostThatTheCertificateDoesNotCoverIsMisdirected()
    {
        const auto own = m_ca.sign("one", "DNS:a.test,DNS:*.wild.test");
        HttpUnderTest server({.routes = {hello()}, .tls = [&] {
                                  return contextsOf({endpoint("other", {}, own)});
                              }});
        const auto status = [&](const char *name, const char *host) {
            TlsClient client(connectTo(server.port()), {.name = name});
            return client.shakeHands() ? ask(client, host) : std::string("refused");
        };
        QCOMPARE(status("a.test", "a.test"), std::string("200"));
        QCOMPARE(status("a.test", "x.wild.test"), std::string("200"));
        QCOMPARE(status("a.test", "c.test"), std::string("421"));
        QCOMPARE(status("", "c.test"), std::string("200"));          // it claimed no name
        QCOMPARE(status("127.0.0.1", "c.test"), std::string("200")); // that is none
        QCOMPARE(status("::1", "c.test"), std::string("200"));
        QCOMPARE(status("1.test", "c.test"), std::string("421"));
    }

    void hstsIsSaidOverTlsOnly()
    {
        const auto own = m_ca.sign("one", "DNS:a.test");
        Settings settings;
        settings.tlsHsts = std::chrono::seconds(3600);
        HttpUnderTest server({.routes = {hello()}, .settings = settings, .tls = [&] {
                                  return contextsOf({endpoint("test", {}, own)});
                              }});
        TlsClient client(connectTo(server.port()), {});
        QVERIFY(client.shakeHands());
        QVERIFY(client.write("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"));
        QVERIFY(client.readAll().find("Strict-Transport-Security: max-age=3600\r\n")
                != std::string::npos);
        HttpUnderTest plain({.routes = {hello()}, .settings = settings});
        const FileDescriptor socket = connectTo(plain.port());
        const std::string request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
        QVERIFY(::send(socket.get(), request.data(), request.size(), 0) > 0);
        std::string answer(4096, '\0');
        answer.resize(
            static_cast<size_t>(::recv(socket.get(), answer.data(), answer.size(), MSG_WAITALL)));
        QVERIFY(answer.starts_with("HTTP/1.1 200"));
        QVERIFY(answer.find("Strict-Transport") == std::string::npos);
    }

    void renegotiationIsRefused()
    {
        const auto own = m_ca.sign("one", "DNS:a.test");
        HttpUnderTest server({.routes = {hello()}, .tls = [&] {
                                  return contextsOf({endpoint("test", {}, own)});
                              }});
        TlsClient client(connectTo(server.port()), {.version = TLS1_2_VERSION});
        QVERIFY(client.shakeHands());
        QCOMPARE(SSL_renegotiate(client.ssl()), 1);
        SSL_do_handshake(client.ssl());
        client.readAll();
        QCOMPARE(server.loopMetrics().tlsHandshakes.read(), int64_t {1});
    }

private:
    const TestCa m_ca;
};

QTEST_GUILESS_MAIN(TestTlsHandshakes)
#include "tst_tls_handshakes.moc"
