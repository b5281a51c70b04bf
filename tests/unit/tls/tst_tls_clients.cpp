// SPDX-License-Identifier: Apache-2.0
// Certificates of clients: who is asked for one, when it is looked at, and who may not go round it.
#include "server/base/client_facts.h"
#include "server/tls/ticket_keys.h"
#include "tests/support/http_under_test.h"
#include "tests/support/tls_under_test.h"

#include <QTemporaryFile>
#include <QtTest>

#include <algorithm>

#include <sys/socket.h>

using namespace arc;

namespace {

Settings trustingProxies()
{
    Settings settings;
    settings.proxiesTrusted = "127.0.0.1";
    settings.forwardedFields = "x-forwarded";
    return settings;
}

Route hello()
{
    return makeRoute("/", [](Exchange &exchange) {
        exchange.respond({.status = 200, .headers = {}}, Chunk::constant("hello"));
    });
}

/// Answers with what the engine would tell an app of its client.
Route factsRoute()
{
    return makeRoute("/", [](Exchange &exchange) {
        const ClientFacts *facts = exchange.clientFacts();
        std::string told = !facts ? "[nothing]"
            : facts->isVerified   ? "[" + facts->subject + "|" + facts->commonName + "]"
                                  : "[none]";
        exchange.respond({.status = 200, .headers = {}}, Chunk::own(std::move(told)));
    });
}

std::string told(TlsClient &client, const std::string &fields = {})
{
    client.write("GET / HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\n");
    const std::string answer = client.readUntil("]");
    return answer.substr(std::min(answer.rfind('['), answer.size()));
}

/// The status of the next answer; a client of TLS 1.3 learns here that it was refused.
std::string ask(TlsClient &client, std::string_view host, const std::string &fields = {})
{
    client.write("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\nConnection: close\r\n"
                 + fields + "\r\n");
    const std::string answer = client.readAll();
    return answer.starts_with("HTTP/1.1 ") ? answer.substr(9, 3) : std::string("refused");
}

} // namespace

class TestTlsClients : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void clientCertificatesAreAskedForAsTheSiteWants()
    {
        const auto own = m_ca.sign("one", "DNS:a.test");
        const TestCa clients("Client CA");
        const auto known = clients.sign("known", "DNS:client");
        const auto foreign = TestCa("Other CA").sign("foreign", "DNS:client");
        QTemporaryFile ca;
        QVERIFY(ca.open());
        ca.write(clients.pem().c_str());
        ca.flush();
        const auto made = [&](ClientCertificates choice) {
            TlsEndpoint asks = *endpoint("test", {"a.test"}, own);
            asks.clients = choice;
            asks.clientCaFile = ca.fileName().toStdString();
            return contextsOf(
                {std::make_shared<const TlsEndpoint>(std::move(asks)), endpoint("", {}, own)});
        };
        ClientCertificates choice = ClientCertificates::Required;
        HttpUnderTest server({.routes = {hello()}, .tls = [&] {
                                  return made(choice);
                              }});
        const auto status = [&](std::shared_ptr<const TlsIdentity> identity,
                                const char *name = "a.test") {
            TlsClient client(connectTo(server.port()),
                             {.name = name, .version = TLS1_2_VERSION, .identity = identity});
            return client.shakeHands() ? ask(client, "a.test") : std::string("refused");
        };
        QCOMPARE(status(known), std::string("200"));
        QCOMPARE(status(nullptr), std::string("refused"));
        QCOMPARE(status(foreign), std::string("refused"));
        choice = ClientCertificates::Optional;
        server.publish({hello()}, {});
        QCOMPARE(status(known), std::string("200"));
        QCOMPARE(status(nullptr), std::string("200"));
        QCOMPARE(status(foreign), std::string("refused"));
    }

    void aClientCertificateIsLookedAtEachTime_data()
    {
        QTest::addColumn<int>("version");
        QTest::addColumn<ClientCertificates>("choice");
        QTest::newRow("1.2 required") << TLS1_2_VERSION << ClientCertificates::Required;
        QTest::newRow("1.3 required") << TLS1_3_VERSION << ClientCertificates::Required;
        QTest::newRow("1.2 optional") << TLS1_2_VERSION << ClientCertificates::Optional;
        QTest::newRow("1.3 optional") << TLS1_3_VERSION << ClientCertificates::Optional;
        QTest::newRow("1.2 off") << TLS1_2_VERSION << ClientCertificates::Off;
        QTest::newRow("1.3 off") << TLS1_3_VERSION << ClientCertificates::Off;
    }
    void aClientCertificateIsLookedAtEachTime()
    {
        // Its CA may be replaced and it may end; who resumes would show it never again.
        QFETCH(int, version);
        QFETCH(ClientCertificates, choice);
        const auto own = m_ca.sign("one", "DNS:a.test");
        const TestCa clients("Client CA");
        const auto known = clients.sign("known", "DNS:client");
        QTemporaryFile ca;
        QVERIFY(ca.open());
        const TestCa others("Other CA");
        ca.write(clients.pem().c_str());
        ca.flush();
        TlsEndpoint asks = *endpoint("test", {"a.test"}, own);
        asks.clients = choice;
        asks.clientCaFile = ca.fileName().toStdString();
        const auto made = [&] {
            return contextsOf({std::make_shared<const TlsEndpoint>(asks), endpoint("", {}, own)});
        };
        HttpUnderTest server({.routes = {hello()}, .tls = made});
        server.onLoop([keys = TicketKeys::make(nullptr).value()](HttpLoop &http) {
            http.useTicketKeys(keys);
        });
        TlsClient first(connectTo(server.port()),
                        {.name = "a.test", .version = version, .identity = known});
        QVERIFY2(first.shakeHands(), first.error().c_str());
        QCOMPARE(ask(first, "a.test"), std::string("200"));
        SSL_SESSION *session = first.session();
        ca.resize(0);
        ca.seek(0);
        ca.write(others.pem().c_str());
        ca.flush();
        server.publish({hello()}, {});
        TlsClient next(
            connectTo(server.port()),
            {.name = "a.test", .version = version, .identity = known, .resumes = session});
        const std::string status = next.shakeHands() ? ask(next, "a.test") : "refused";
        const bool isOff = choice == ClientCertificates::Off;
        QCOMPARE(status == "200", isOff);
        QCOMPARE(next.wasResumed(), isOff);
        SSL_SESSION_free(session);
    }

    void aBadFileOfClientAuthoritiesIsRefused_data()
    {
        QTest::addColumn<std::string>("text");
        QTest::addColumn<QString>("says");
        std::string many;
        for (int i = 0; i <= 200; ++i)
            many += m_ca.pem();
        std::string claims = m_ca.pem();
        claims.insert(claims.find('\n') + 1,
                      "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
                      "00112233445566778899AABBCCDDEEFF\n\n");
        QTest::newRow("empty") << std::string() << "no certificate in it";
        QTest::newRow("text") << std::string("hello") << "no certificate in it";
        QTest::newRow("a key") << m_ca.sign("one", "DNS:a.test")->keyPem << "no certificate in it";
        QTest::newRow("cut") << m_ca.pem() + m_ca.pem().substr(0, 200) << "is damaged";
        QTest::newRow("with a passphrase") << claims << "no certificate in it";
        QTest::newRow("too many") << many << "more than 200";
        QTest::newRow("too large") << std::string(2'000'000, 'x') << "no PEM file";
    }
    void aBadFileOfClientAuthoritiesIsRefused()
    {
        QFETCH(std::string, text);
        QFETCH(QString, says);
        QTemporaryFile ca;
        QVERIFY(ca.open());
        ca.write(text.data(), static_cast<qint64>(text.size()));
        ca.flush();
        TlsEndpoint asks = *endpoint("test", {"a.test"}, m_ca.sign("one", "DNS:a.test"));
        asks.clients = ClientCertificates::Required;
        asks.clientCaFile = ca.fileName().toStdString();
        const auto checked = TlsContexts::check({}, asks);
        QVERIFY(!checked);
        const QString message = QString::fromStdString(checked.error().message());
        QVERIFY2(message.contains(says), qPrintable(message));
        asks.clientCaFile = "/dev/zero";
        QVERIFY(!TlsContexts::check({}, asks));
    }

    void whoWasNotAskedForACertificateIsMisdirected()
    {
        const auto own = m_ca.sign("one", "DNS:a.test,DNS:b.test");
        Settings settings;
        settings.tlsClients = "required";
        settings.tlsClientCa = "/ca.pem";
        Route route = hello();
        HttpUnderTest server({.routes = {std::move(route)}, .settings = settings, .tls = [&] {
                                  return contextsOf({endpoint("other", {}, own)});
                              }});
        TlsClient client(connectTo(server.port()), {.name = "b.test"});
        QVERIFY(client.shakeHands());
        QCOMPARE(ask(client, "a.test"), std::string("421"));
        TlsClient nameless(connectTo(server.port()), {});
        QVERIFY(nameless.shakeHands());
        QCOMPARE(ask(nameless, "a.test"), std::string("421"));
    }

    void aConnectionFromBeforeIsNoWayRoundACertificate()
    {
        const auto own = m_ca.sign("one", "DNS:a.test");
        HttpUnderTest server({.routes = {hello()}, .tls = [&] {
                                  return contextsOf({endpoint("test", {}, own)});
                              }});
        TlsClient client(connectTo(server.port()), {.name = "a.test"});
        QVERIFY(client.shakeHands());
        QVERIFY(client.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"));
        QVERIFY(client.readUntil("hello").starts_with("HTTP/1.1 200"));
        Settings settings;
        settings.tlsClients = "required";
        settings.tlsClientCa = "/ca.pem";
        server.publish({hello()}, settings);
        QCOMPARE(ask(client, "a.test"), std::string("421"));
    }

    void onlyTheSiteThatAskedHearsOfACertificate()
    {
        const auto own = m_ca.sign("one", "DNS:a.test");
        const TestCa clients("Client CA");
        QTemporaryFile ca;
        QVERIFY(ca.open());
        ca.write(clients.pem().c_str());
        ca.flush();
        Settings settings;
        settings.tlsClients = "optional";
        settings.tlsClientCa = ca.fileName().toStdString();
        TlsEndpoint asks = *endpoint("test", {"a.test"}, own);
        asks.clients = ClientCertificates::Optional;
        asks.clientCaFile = settings.tlsClientCa;
        HttpUnderTest server({.routes = {factsRoute()}, .settings = settings, .tls = [&] {
                                  return contextsOf({std::make_shared<const TlsEndpoint>(asks),
                                                     endpoint("", {}, own)});
                              }});
        TlsClient known(connectTo(server.port()),
                        {.name = "a.test", .identity = clients.sign("ann", "DNS:client")});
        QVERIFY2(known.shakeHands(), known.error().c_str());
        QCOMPARE(told(known), std::string("[CN=ann,O=Arcology local CA|ann]"));
        QCOMPARE(told(known), std::string("[CN=ann,O=Arcology local CA|ann]"));
        TlsClient nobody(connectTo(server.port()), {.name = "a.test"});
        QVERIFY(nobody.shakeHands());
        QCOMPARE(told(nobody), std::string("[none]"));
        // Nobody vouched for it before the authorities that the site trusts now.
        Settings others = settings;
        others.tlsClientCa = "/others.pem";
        server.publish({factsRoute()}, others);
        QCOMPARE(told(known), std::string("[nothing]"));
        others.tlsClients = "off";
        server.publish({factsRoute()}, others);
        QCOMPARE(told(known), std::string("[nothing]"));
    }

    void otherAuthoritiesInTheSameFileEndWhatTheOldOnesProved_data()
    {
        QTest::addColumn<std::string>("choice");
        QTest::newRow("optional") << std::string("optional");
        QTest::newRow("required") << std::string("required");
    }
    void otherAuthoritiesInTheSameFileEndWhatTheOldOnesProved()
    {
        QFETCH(std::string, choice);
        const auto own = m_ca.sign("one", "DNS:a.test");
        const TestCa clients("Client CA");
        QTemporaryFile ca;
        const auto write = [&ca](const std::string &text) {
            ca.resize(0);
            ca.seek(0);
            ca.write(text.c_str());
            ca.flush();
        };
        QVERIFY(ca.open());
        write(clients.pem());
        Settings settings;
        settings.tlsClients = choice;
        settings.tlsClientCa = ca.fileName().toStdString();
        TlsEndpoint asks = *endpoint("test", {}, own);
        asks.clients = clientCertificatesFromName(choice);
        asks.clientCaFile = settings.tlsClientCa;
        HttpUnderTest server({.routes = {factsRoute()}, .settings = settings, .tls = [&] {
                                  return contextsOf({std::make_shared<const TlsEndpoint>(asks)});
                              }});
        TlsClient known(connectTo(server.port()),
                        {.name = "a.test", .identity = clients.sign("ann", "DNS:client")});
        QVERIFY2(known.shakeHands(), known.error().c_str());
        const std::string ann = "[CN=ann,O=Arcology local CA|ann]";
        QCOMPARE(told(known), ann);
        write("Of our partners.\n" + clients.pem());
        server.publish({factsRoute()}, settings);
        QCOMPARE(told(known), ann); // read again, and the same
        write(TestCa("Other CA").pem());
        server.publish({factsRoute()}, settings);
        known.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
        const std::string last = known.readAll(); // so that the client comes anew
        QVERIFY2(last.find("\r\nConnection: close\r\n") != last.npos, last.c_str());
        if (choice == "required")
            QVERIFY2(last.starts_with("HTTP/1.1 421 "), last.c_str());
        else
            QVERIFY2(last.ends_with("[nothing]"), last.c_str());
    }

    void theCertificateOfAProxyIsNotThatOfItsClient()
    {
        const auto own = m_ca.sign("one", "DNS:a.test");
        const TestCa clients("Client CA");
        QTemporaryFile ca;
        QVERIFY(ca.open());
        ca.write(clients.pem().c_str());
        ca.flush();
        Settings settings = trustingProxies();
        settings.tlsClients = "required";
        settings.tlsClientCa = ca.fileName().toStdString();
        TlsEndpoint asks = *endpoint("test", {}, own);
        asks.clients = ClientCertificates::Required;
        asks.clientCaFile = settings.tlsClientCa;
        HttpUnderTest server({.routes = {factsRoute()}, .settings = settings, .tls = [&] {
                                  return contextsOf({std::make_shared<const TlsEndpoint>(asks)});
                              }});
        TlsClient proxy(connectTo(server.port()),
                        {.name = "a.test", .identity = clients.sign("proxy", "DNS:proxy")});
        QVERIFY2(proxy.shakeHands(), proxy.error().c_str());
        const std::string proxysOwn = "[CN=proxy,O=Arcology local CA|proxy]";
        QCOMPARE(told(proxy), proxysOwn); // it asks by itself, as for its health check
        for (const char *field : {"X-Forwarded-For: 192.0.2.7\r\n", "X-Forwarded-Proto: https\r\n",
                                  "X-Forwarded-Host: a.test\r\n", "X-Forwarded-For: unknown\r\n"})
            QCOMPARE(told(proxy, field), std::string("[nothing]"));
        QCOMPARE(told(proxy), proxysOwn); // each request for itself
        settings.proxiesTrusted.clear();  // what a stranger writes changes nothing
        server.publish({factsRoute()}, settings);
        TlsClient stranger(connectTo(server.port()),
                           {.name = "a.test", .identity = clients.sign("proxy", "DNS:proxy")});
        QVERIFY2(stranger.shakeHands(), stranger.error().c_str());
        QCOMPARE(told(stranger, "X-Forwarded-For: 192.0.2.7\r\n"), proxysOwn);
    }

    void aProxyNamesItselfOneHostAndAsksForAnother()
    {
        const auto own = m_ca.sign("one", "DNS:inner.test");
        const std::string forwarded = "X-Forwarded-Host: a.test\r\n";
        const auto status = [&](const Settings &settings, const std::string &fields) {
            HttpUnderTest server({.routes = {hello()}, .settings = settings, .tls = [&] {
                                      return contextsOf({endpoint("other", {}, own)});
                                  }});
            TlsClient proxy(connectTo(server.port()), {.name = "inner.test"});
            return proxy.shakeHands() ? ask(proxy, "inner.test", fields) : std::string("refused");
        };
        Settings settings = trustingProxies();
        QCOMPARE(status(settings, forwarded), std::string("200"));
        QCOMPARE(status(settings, "X-Forwarded-Host: a/test\r\n"), std::string("200")); // no host
        settings.tlsClients = "required"; // of which the name is not the question
        settings.tlsClientCa = "/ca.pem";
        QCOMPARE(status(settings, forwarded), std::string("421"));
        HttpUnderTest server({.routes = {hello()}, .tls = [&] {
                                  return contextsOf({endpoint("other", {}, own)});
                              }});
        TlsClient stranger(connectTo(server.port()), {.name = "inner.test"});
        QVERIFY(stranger.shakeHands());
        QCOMPARE(ask(stranger, "a.test", "X-Forwarded-Host: inner.test\r\n"), std::string("421"));
    }

    void plainHttpIsNoWayRoundACertificate_data()
    {
        QTest::addColumn<std::string>("clients");
        QTest::addColumn<std::string>("status");
        QTest::newRow("required") << std::string("required") << std::string("403");
        QTest::newRow("optional") << std::string("optional") << std::string("200");
        QTest::newRow("off") << std::string("off") << std::string("200");
    }
    void plainHttpIsNoWayRoundACertificate()
    {
        QFETCH(std::string, clients);
        QFETCH(std::string, status);
        Settings settings;
        settings.tlsClients = clients;
        settings.tlsClientCa = "/ca.pem";
        HttpUnderTest server({.routes = {hello()}, .settings = settings});
        const FileDescriptor socket = connectTo(server.port());
        const std::string request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
        QVERIFY(::send(socket.get(), request.data(), request.size(), 0) > 0);
        std::string answer(4096, '\0');
        answer.resize(static_cast<size_t>(
            std::max<ssize_t>(0, ::recv(socket.get(), answer.data(), answer.size(), MSG_WAITALL))));
        QCOMPARE(answer.substr(9, 3), status);
        QCOMPARE(answer.find("hello") != answer.npos, status == "200");
    }

private:
    const TestCa m_ca;
};

QTEST_GUILESS_MAIN(TestTlsClients)
#include "tst_tls_clients.moc"
