// SPDX-License-Identifier: Apache-2.0
// HTTPS as its users meet it: curl and openssl against `serve` and a headless engine, certificates
// imported, refused, renewed, undone.
#include "tests/integration/https.h"
#include "tests/integration/program.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>
#include <QtTest>

using namespace arc::test;

class TestHttps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        write(m_site.filePath("index.html"), "<h1>safe</h1>");
        if (QStandardPaths::findExecutable("curl").isEmpty()
            || QStandardPaths::findExecutable("openssl").isEmpty())
            QSKIP("needs curl and openssl");
    }

    void serveSignsACertificateOfItsOwn()
    {
        QTemporaryDir data;
        Served served(m_site.path(), {"--tls-listen", "127.0.0.1:0", "--data-dir", data.path()});
        QVERIFY2(served.isServing(), served.errors());
        const QString url = secureUrl(served.line());
        QVERIFY2(!url.isEmpty(), qPrintable(served.line()));
        const QString root = data.filePath("ca/root.pem");
        for (const char *version : {"--tlsv1.2", "--tlsv1.3"}) {
            const Finished got =
                curl({"--cacert", root, version, "--tls-max", version + 6, url + "/"});
            QVERIFY2(got.out == "<h1>safe</h1>", got.error);
        }
        const Finished byName =
            curl({"--cacert", root, "--resolve", "localhost:" + portOf(url) + ":127.0.0.1",
                  "https://localhost:" + portOf(url) + "/"});
        QVERIFY2(byName.out == "<h1>safe</h1>", byName.error);
        QVERIFY(curl({url + "/"}).exitCode != 0); // nobody else vouches for it
        QVERIFY(curl({"--cacert", root, "--resolve", "example.org:" + portOf(url) + ":127.0.0.1",
                      "https://example.org:" + portOf(url) + "/"})
                    .exitCode
                != 0);
        // Plain HTTP goes on beside it.
        QCOMPARE(http(served.url() + "/").body, QByteArray("<h1>safe</h1>"));
        QCOMPARE(served.stop(), 0);
    }

    void serveTakesACertificateAndRefusesBadOnes()
    {
        QTemporaryDir files;
        const Pem good = makePem(files, "good", "shop.test");
        const Pem weak = makePem(files, "weak", "shop.test", "rsa:1024");
        Served served(m_site.path(),
                      {"--tls-listen", "127.0.0.1:0", "--cert", good.cert, "--key", good.key});
        QVERIFY2(served.isServing(), served.errors());
        const QString port = portOf(secureUrl(served.line()));
        const Finished got =
            curl({"--cacert", good.cert, "--resolve", "shop.test:" + port + ":127.0.0.1",
                  "https://shop.test:" + port + "/"});
        QVERIFY2(got.out == "<h1>safe</h1>", got.error);

        const auto refused = [&](const QStringList &options) {
            const Finished ended = runArcology(
                QStringList {"serve", m_site.path(), "--listen", "127.0.0.1:0"} + options);
            return QByteArray::number(ended.exitCode) + " " + ended.error;
        };
        const QStringList tls {"--tls-listen", "127.0.0.1:0"};
        const QByteArray short1024 =
            refused(tls + QStringList {"--cert", weak.cert, "--key", weak.key});
        QVERIFY2(short1024.startsWith("1 ") || short1024.startsWith("2 "), short1024);
        QVERIFY2(short1024.contains("1024 bits"), short1024);
        const QByteArray foreign =
            refused(tls + QStringList {"--cert", good.cert, "--key", weak.key});
        QVERIFY2(foreign.contains("belongs to another certificate"), foreign);
        QVERIFY(refused(tls + QStringList {"--cert", good.cert}).startsWith("2 "));
        QVERIFY(refused({"--cert", good.cert, "--key", good.key}).contains("--tls-listen"));
        QVERIFY(refused(tls + QStringList {"--cert", "/nowhere", "--key", good.key})
                    .contains("/nowhere"));
        QVERIFY(refused({"--tls-listen", "here"}).contains("--tls-listen"));
    }

    /// Most kernels that tests run on cannot, so this is about saying so, and about all the rest.
    void itIsSaidWhetherTheKernelDoesTlsAndLargeFilesArrive()
    {
        QByteArray large;
        for (int i = 0; large.size() < 10'000'000; ++i)
            large += QByteArray::number(i) + "\n";
        QTemporaryDir site;
        write(site.filePath("index.html"), "<h1>safe</h1>");
        write(site.filePath("large.bin"), large);
        const QByteArray doctor = runArcology({"doctor"}).out;
        const bool isThere = doctor.contains("kernel TLS         Yes: ");
        QVERIFY2(isThere || doctor.contains("kernel TLS         No: "), doctor);
        for (const char *setting : {"auto", "off"}) {
            QTemporaryDir data;
            Served served(site.path(),
                          {"--tls-listen", "127.0.0.1:0", "--data-dir", data.path(), "--set",
                           QString("tls.kernel=") + setting});
            QVERIFY2(served.isServing(), served.errors());
            const QString url = secureUrl(served.line());
            const QStringList common {"--cacert", data.filePath("ca/root.pem"), "--http1.1"};
            const Finished whole = curl(common + QStringList {url + "/large.bin"});
            QVERIFY2(whole.out == large, whole.error);
            const Finished part =
                curl(common + QStringList {"-r", "1000000-8999999", url + "/large.bin"});
            QVERIFY2(part.out == large.mid(1'000'000, 8'000'000), part.error);
            const Finished several =
                curl(common
                     + QStringList {"-w", "%{num_connects}", url + "/large.bin", url + "/",
                                    url + "/large.bin"});
            QVERIFY2(several.out == large + "1<h1>safe</h1>0" + large + "0", several.error);

            const QByteArray log = contentOf(data.filePath("logs/engine.log"));
            QVERIFY2(log.contains(isThere ? "kernel TLS: yes, " : "kernel TLS: no: "), log);
            const QByteArray metrics =
                runArcology({"ctl", "metrics", "--data-dir", data.path()}).out;
            const QByteArray moved = isThere && setting == QByteArray("auto") ? "3" : "0";
            QVERIFY2(metrics.contains("arcology_kernel_tls_connections_total " + moved + "\n"),
                     metrics);
            QCOMPARE(served.stop(), 0);
        }
        const Finished refused = runArcology(
            {"serve", site.path(), "--listen", "127.0.0.1:0", "--set", "tls.kernel=always"});
        QVERIFY2(refused.exitCode == 2 && refused.error.contains("tls.kernel"), refused.error);
    }

    void anAppHearsThatItIsSecure()
    {
        QTemporaryDir app;
        write(app.filePath("app.py"),
              "def application(environ, start_response):\n"
              "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
              "    return [environ['wsgi.url_scheme'].encode()]\n");
        QTemporaryDir data;
        Served served(app.path(),
                      {"--tls-listen", "127.0.0.1:0", "--data-dir", data.path(), "--workers", "1"});
        QVERIFY2(served.isServing(), served.errors());
        const Finished got =
            curl({"--cacert", data.filePath("ca/root.pem"), secureUrl(served.line()) + "/"});
        QVERIFY2(got.out == "https", got.out + got.error);
        QCOMPARE(http(served.url() + "/").body, QByteArray("http"));
    }

    void aNewEngineHasBothListenersAndSitesGetCertificates()
    {
        QTemporaryDir data;
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        QCOMPARE(engine
                     .ctl({"site", "add", m_site.path(), "--name", "shop", "--kind", "static",
                           "--host", "shop.localhost"})
                     .exitCode,
                 0);
        const QString url = secureSite(engine);
        QVERIFY2(url.startsWith("https://shop.localhost:"), qPrintable(url));
        const QString port = portOf(url);
        const QStringList toIt {"--cacert", data.filePath("ca/root.pem"), "--resolve",
                                "shop.localhost:" + port + ":127.0.0.1"};
        const Finished got = curl(toIt + QStringList {url + "/"});
        QVERIFY2(got.out == "<h1>safe</h1>", got.error);

        const Finished list = engine.ctl({"cert", "list"});
        QVERIFY2(list.out.contains("shop.localhost") && list.out.contains("root.pem"), list.out);
        QVERIFY(!list.out.contains("PRIVATE"));
        const QByteArray before = fingerprint(engine, "shop.localhost");
        const Finished renewed = engine.ctl({"cert", "renew"});
        QCOMPARE(renewed.exitCode, 0);
        QVERIFY2(renewed.out.contains("local:shop.localhost: renewed, good until "), renewed.out);
        QVERIFY(fingerprint(engine, "shop.localhost") != before);
        QVERIFY(curl(toIt + QStringList {url + "/"}).out == "<h1>safe</h1>");

        // Redirect and HSTS by choice.
        QCOMPARE(
            engine.ctl({"settings", "set", "tls.redirect=on", "tls.hsts_s=600", "--site", "shop"})
                .exitCode,
            0);
        const QByteArray moved =
            curl({"-i", "-H", "Host: shop.localhost", listenerUrl(engine, "http:") + "/a?b=c"}).out;
        QVERIFY2(moved.startsWith("HTTP/1.1 308"), moved);
        QVERIFY2(
            moved.contains("Location: https://shop.localhost:" + port.toLatin1() + "/a?b=c\r\n"),
            moved);
        QVERIFY(!moved.contains("Strict-Transport-Security"));
        for (const char *version : {"--http1.1", "--http2"}) {
            const QByteArray answer = curl(toIt + QStringList {version, "-i", url + "/"}).out;
            QVERIFY2(answer.toLower().contains("strict-transport-security: max-age=600"), answer);
        }

        // The authority is the same after a restart.
        const QByteArray root = contentOf(data.filePath("ca/root.pem"));
        QCOMPARE(engine.stop(), 0);
        QVERIFY2(engine.start(), engine.errors());
        QCOMPARE(contentOf(data.filePath("ca/root.pem")), root);
        QTRY_VERIFY(curl(toIt + QStringList {url + "/"}).out == "<h1>safe</h1>");
    }

    void anImportedCertificateIsUsedUndoneAndNeverShown()
    {
        QTemporaryDir data;
        QTemporaryDir files;
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        QCOMPARE(engine
                     .ctl({"site", "add", m_site.path(), "--name", "shop", "--kind", "static",
                           "--host", "shop.test"})
                     .exitCode,
                 0);
        const QString url = secureSite(engine);
        QVERIFY(engine.ctl({"status"}).out.contains("no certificate is good for shop.test"));
        const QString resolve = "shop.test:" + portOf(url) + ":127.0.0.1";
        const Pem pem = makePem(files, "one", "shop.test");
        const Pem other = makePem(files, "two", "shop.test");
        const auto works = [&](const Pem &with) {
            return curl({"--cacert", with.cert, "--resolve", resolve, url + "/"}).out
                == "<h1>safe</h1>";
        };
        QVERIFY(!works(pem));

        const Finished mixed =
            engine.ctl({"cert", "import", "shop", "--cert", pem.cert, "--key", other.key});
        QVERIFY(mixed.exitCode != 0);
        QVERIFY2(mixed.error.contains("belongs to another certificate"), mixed.error);
        const Finished imported =
            engine.ctl({"cert", "import", "shop", "--cert", pem.cert, "--key", pem.key});
        QVERIFY2(imported.exitCode == 0, imported.error);
        QVERIFY(works(pem));
        QVERIFY(!engine.ctl({"status"}).out.contains("no certificate"));
        QCOMPARE(engine.ctl({"cert", "import", "shop", "--cert", other.cert, "--key", other.key})
                     .exitCode,
                 0);
        QVERIFY(works(other) && !works(pem));
        QCOMPARE(engine.ctl({"config", "rollback"}).exitCode, 0);
        QVERIFY(works(pem) && !works(other));

        const QByteArray document = engine.ctl({"config", "export"}).out;
        QVERIFY(document.contains("BEGIN CERTIFICATE"));
        QVERIFY(!document.contains("PRIVATE"));
        const QByteArray secret = contentOf(pem.key).split('\n').value(1);
        QVERIFY(secret.size() > 20);
        QDir folder(data.path());
        for (const QString &name : folder.entryList(QDir::Files))
            QVERIFY2(!contentOf(folder.filePath(name)).contains(secret), qPrintable(name));
        for (const QString &name : QDir(folder.filePath("keys")).entryList(QDir::Files))
            QVERIFY2(!contentOf(folder.filePath("keys/" + name)).contains(secret),
                     qPrintable(name));

        // On another machine the document alone is not enough, and nothing is changed by trying.
        QTemporaryDir elsewhere;
        write(files.filePath("document.json"), document);
        EngineProcess second(elsewhere.path());
        QVERIFY2(second.start(), second.errors());
        const Finished refused = second.ctl({"config", "import", files.filePath("document.json")});
        QVERIFY(refused.exitCode != 0);
        QVERIFY2(refused.error.contains("its private key is not in this data directory"),
                 refused.error);

        const Finished used = engine.ctl({"cert", "remove", "shop"});
        QVERIFY(used.exitCode != 0);
        QVERIFY2(used.error.contains("certificate shop is used by shop"), used.error);
        QVERIFY(works(pem));
        QCOMPARE(engine.ctl({"cert", "remove", "shop", "--force"}).exitCode, 0);
        QVERIFY(!works(pem));
        QVERIFY(engine.ctl({"cert", "remove", "shop"}).exitCode != 0);
    }

    void aStoppedSiteSaysSoWhateverCertificateIsShown()
    {
        // Nothing of the engine's own is good for its name, so clients are shown another one.
        QTemporaryDir data;
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        QCOMPARE(engine
                     .ctl({"site", "add", m_site.path(), "--name", "shop", "--kind", "static",
                           "--host", "shop.test"})
                     .exitCode,
                 0);
        const QString url = secureSite(engine);
        const auto ask = [&](const char *version) {
            return curl({"-k", version, "-w", " %{http_code}", "--resolve",
                         "shop.test:" + portOf(url) + ":127.0.0.1", url + "/"})
                .out;
        };
        QCOMPARE(state(engine), QString("serving"));
        for (const char *version : {"--http1.1", "--http2"})
            QTRY_COMPARE(ask(version), QByteArray("<h1>safe</h1> 200"));
        QCOMPARE(engine.ctl({"site", "stop", "shop"}).exitCode, 0);
        for (const char *version : {"--http1.1", "--http2"}) {
            QTRY_VERIFY2(ask(version).endsWith(" 503"), ask(version));
            QVERIFY2(ask(version).contains("This site is stopped."), ask(version));
        }
        // An administrator wants it so: the engine is not worse for it.
        QCOMPARE(state(engine), QString("serving"));
    }

    void theLocalCaSignsWhatIsAskedFor()
    {
        QTemporaryDir data;
        QTemporaryDir files;
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        QCOMPARE(engine
                     .ctl({"site", "add", m_site.path(), "--name", "shop", "--kind", "static",
                           "--host", "shop.localhost"})
                     .exitCode,
                 0);
        const Finished foreign = engine.ctl({"cert", "create", "example.org"});
        QVERIFY(foreign.exitCode != 0);
        QVERIFY2(foreign.error.contains("the local CA does not sign for example.org"),
                 foreign.error);
        const Finished made = engine.ctl(
            {"cert", "create", "shop.localhost", "blog.localhost", "127.0.0.1", "--name", "all"});
        QVERIFY2(made.exitCode == 0, made.error);
        const QByteArray before = fingerprint(engine, "blog.localhost");
        const QString url = secureSite(engine);
        const Finished root = engine.ctl({"cert", "root"});
        QCOMPARE(root.out, contentOf(data.filePath("ca/root.pem")));
        const auto shown = [&] {
            const Finished got = curl({"-v", "--cacert", data.filePath("ca/root.pem"), "--resolve",
                                       "blog.localhost:" + portOf(url) + ":127.0.0.1", "--resolve",
                                       "shop.localhost:" + portOf(url) + ":127.0.0.1", url + "/"});
            return got.out == "<h1>safe</h1>" ? shownDigest(url, "shop.localhost") : got.error;
        };
        QCOMPARE(shown(), before); // the site has no other one
        const Finished renewed = engine.ctl({"cert", "renew", "all"});
        QVERIFY2(renewed.out.startsWith("all: renewed"), renewed.out + renewed.error);
        const QByteArray after = fingerprint(engine, "blog.localhost");
        QVERIFY(after != before);
        QCOMPARE(shown(), after);
        QCOMPARE(engine.ctl({"settings", "set", "tls.local_ca=off"}).exitCode != 0, true);

        // It is in the configuration and needs no key there: another start signs it again.
        QCOMPARE(engine.stop(), 0);
        QVERIFY2(engine.start(), engine.errors());
        QVERIFY(engine.ctl({"cert", "list"}).out.contains("blog.localhost"));
        QCOMPARE(engine.ctl({"config", "rollback"}).exitCode, 0);
        QVERIFY(!engine.ctl({"cert", "list"}).out.contains("blog.localhost"));
    }

    void anEncryptedKeyIsOpenedWithItsPassphrase()
    {
        QTemporaryDir data;
        QTemporaryDir files;
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        const Pem pem = makePem(files, "one", "shop.test");
        const QString locked = files.filePath("locked.pem");
        QCOMPARE(runProgram("openssl",
                            {"pkey", "-in", pem.key, "-aes256", "-passout", "pass:open sesame",
                             "-out", locked})
                     .exitCode,
                 0);
        write(files.filePath("right"), "open sesame\n");
        write(files.filePath("wrong"), "open\n");
        const QStringList import {"cert", "import", "shop", "--cert", pem.cert, "--key", locked};
        const Finished without = engine.ctl(import);
        QVERIFY(without.exitCode != 0);
        QVERIFY2(without.error.contains("has a passphrase"), without.error);
        const Finished wrong =
            engine.ctl(import + QStringList {"--passphrase-file", files.filePath("wrong")});
        QVERIFY(wrong.exitCode != 0);
        QVERIFY2(wrong.error.contains("does not open the private key"), wrong.error);
        const Finished right =
            engine.ctl(import + QStringList {"--passphrase-file", files.filePath("right")});
        QVERIFY2(right.exitCode == 0, right.error);
        const Finished renew = engine.ctl({"cert", "renew", "shop"});
        QCOMPARE(renew.exitCode, 1);
        QVERIFY2(renew.out.contains("shop: not renewed: it was imported"), renew.out);
    }

    void aSiteThatRequiresACertificateHasNoPlainDoor()
    {
        QTemporaryDir data;
        QTemporaryDir files;
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        QCOMPARE(engine
                     .ctl({"site", "add", m_site.path(), "--name", "shop", "--kind", "static",
                           "--host", "shop.localhost"})
                     .exitCode,
                 0);
        const Pem client = makePem(files, "client", "client.test");
        const Finished set = engine.ctl({"settings", "set", "tls.client_certificates=required",
                                         "tls.client_ca=" + client.cert, "--site", "shop"});
        QVERIFY2(set.exitCode == 0, set.error);
        const QString url = secureSite(engine);
        const QStringList toIt {"--cacert", data.filePath("ca/root.pem"), "--resolve",
                                "shop.localhost:" + portOf(url) + ":127.0.0.1"};
        QVERIFY(curl(toIt + QStringList {url + "/"}).exitCode != 0);
        const Finished known =
            curl(toIt + QStringList {"--cert", client.cert, "--key", client.key, url + "/"});
        QVERIFY2(known.out == "<h1>safe</h1>", known.error);
        const QByteArray plain = curl({"-i", "-X", "POST", "-H", "Host: shop.localhost",
                                       listenerUrl(engine, "http:") + "/a?b"})
                                     .out;
        QVERIFY2(plain.startsWith("HTTP/1.1 308"), plain);
        QVERIFY2(plain.contains("Location: " + url.toLatin1() + "/a?b\r\n"), plain);
        QVERIFY(!plain.contains("safe"));
    }

    void lostKeysAreSaidAndImportedAgain()
    {
        QTemporaryDir data;
        QTemporaryDir files;
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        QCOMPARE(engine
                     .ctl({"site", "add", m_site.path(), "--name", "shop", "--kind", "static",
                           "--host", "shop.test"})
                     .exitCode,
                 0);
        const Pem pem = makePem(files, "one", "shop.test");
        const QStringList import {"cert", "import", "shop", "--cert", pem.cert, "--key", pem.key};
        QCOMPARE(engine.ctl(import).exitCode, 0);
        const auto works = [&] {
            const QString url = secureSite(engine);
            return curl({"--cacert", pem.cert, "--resolve",
                         "shop.test:" + portOf(url) + ":127.0.0.1", url + "/"})
                       .out
                == "<h1>safe</h1>";
        };
        QVERIFY(works());
        QCOMPARE(engine.stop(), 0);
        QVERIFY(QDir(data.filePath("keys")).removeRecursively());
        QVERIFY2(engine.start(), engine.errors()); // the rest is served
        const QByteArray said = engine.ctl({"status"}).out;
        QVERIFY2(said.contains("its private key is not in this data directory"), said);
        QVERIFY(!works());
        const Finished again = engine.ctl(import);
        QVERIFY2(again.exitCode == 0, again.error);
        QVERIFY(works());
        QVERIFY(!engine.ctl({"status"}).out.contains("private key"));
    }

    void aCertificateThatHasNotBegunIsRefused()
    {
        QTemporaryDir data;
        QTemporaryDir files;
        const Pem today = makePem(files, "today", "shop.test");
        const QString later = makeDated(files, today, "20450101000000Z", "20480101000000Z");
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        const Finished refused =
            engine.ctl({"cert", "import", "--cert", later, "--key", today.key});
        QVERIFY(refused.exitCode != 0);
        QVERIFY2(refused.error.contains("it begins on 2045-01-01"), refused.error);
        QCOMPARE(engine.ctl({"cert", "import", "--cert", today.cert, "--key", today.key}).exitCode,
                 0);
    }

    void aCertificateThatEndsIsWarnedOf()
    {
        QTemporaryDir data;
        QTemporaryDir files;
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        QCOMPARE(engine
                     .ctl({"site", "add", m_site.path(), "--name", "shop", "--kind", "static",
                           "--host", "shop.test"})
                     .exitCode,
                 0);
        const Pem good = makePem(files, "good", "shop.test");
        const auto shows = [&](const QDateTime &end) {
            // By the document, because an import of one that has ended is refused.
            const QString chain = makeDated(files, good, "20200101000000Z",
                                            end.toUTC().toString("yyyyMMddhhmmss'Z'"));
            QJsonObject document =
                QJsonDocument::fromJson(engine.ctl({"config", "export"}).out).object();
            document["certificates"] = QJsonArray {
                QJsonObject {{"id", "shop"}, {"chain", QString::fromUtf8(contentOf(chain))}}};
            write(files.filePath("document"), QJsonDocument(document).toJson());
            const Finished set = engine.ctl({"config", "import", files.filePath("document")});
            return set.exitCode ? set.error : engine.ctl({"status"}).out;
        };
        QCOMPARE(
            engine.ctl({"cert", "import", "shop", "--cert", good.cert, "--key", good.key}).exitCode,
            0);
        const QByteArray fine = engine.ctl({"status"}).out;
        QVERIFY2(!fine.contains("certificate shop"), fine);
        const QDateTime now = QDateTime::currentDateTimeUtc();
        const QByteArray far = shows(now.addDays(16));
        QVERIFY2(!far.contains("certificate shop"), far);
        const QByteArray soon = shows(now.addDays(12));
        QVERIFY2(soon.contains("certificate shop: it ends on "), soon);
        const QByteArray ended = shows(now.addDays(-1));
        QVERIFY2(ended.contains("certificate shop: it ended on "), ended);
    }

    void sessionsResume()
    {
        QTemporaryDir data;
        Served served(m_site.path(), {"--tls-listen", "127.0.0.1:0", "--data-dir", data.path()});
        QVERIFY2(served.isServing(), served.errors());
        const QString target = secureUrl(served.line()).mid(8);
        for (const QString version : {"-tls1_2", "-tls1_3"}) {
            const QString session = data.filePath("session" + version);
            const QString line = "(printf 'GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: "
                                 "close\\r\\n\\r\\n'; sleep 0.3) | "
                                 "openssl s_client -ign_eof -connect "
                + target + " " + version + " %1 " + session;
            const Finished first = runProgram("sh", {"-c", line.arg("-sess_out")});
            QVERIFY2(first.out.contains("New, TLSv1"), first.out);
            const Finished again = runProgram("sh", {"-c", line.arg("-sess_in")});
            QVERIFY2(again.out.contains("Reused, TLSv1"), again.out);
            QVERIFY(again.out.contains("<h1>safe</h1>"));
        }
    }

private:
    static QString secureSite(const EngineProcess &engine)
    {
        const QJsonArray urls = QJsonDocument::fromJson(engine.ctl({"site", "list", "--json"}).out)
                                    .object()
                                    .value("sites")
                                    .toArray()
                                    .first()
                                    .toObject()
                                    .value("urls")
                                    .toArray();
        for (const QJsonValue &url : urls) {
            if (url.toString().startsWith("https"))
                return url.toString();
        }
        return {};
    }

    static QString state(const EngineProcess &engine)
    {
        return QJsonDocument::fromJson(engine.ctl({"status", "--json"}).out)
            .object()
            .value("state")
            .toString();
    }

    static QByteArray fingerprint(const EngineProcess &engine, const QString &name)
    {
        const QJsonArray all = QJsonDocument::fromJson(engine.ctl({"cert", "list", "--json"}).out)
                                   .object()
                                   .value("certificates")
                                   .toArray();
        for (const QJsonValue &one : all) {
            if (one.toObject().value("names").toArray().contains(name))
                return one.toObject().value("fingerprint").toString().toLatin1();
        }
        return {};
    }

    QTemporaryDir m_site;
};

QTEST_GUILESS_MAIN(TestHttps)
#include "tst_https.moc"
