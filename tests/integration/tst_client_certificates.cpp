// SPDX-License-Identifier: Apache-2.0
// What apps hear of a client's certificate: curl with one, against Flask and FastAPI.
#include "tests/integration/https.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>
#include <QtTest>

using namespace arc::test;

namespace {

constexpr auto kFlask = R"(
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.get("/")
def show():
    shown = {key: value for key, value in request.environ.items()
             if key.startswith(("SSL_", "HTTP_SSL", "HTTP_X_SSL"))}
    return jsonify(verified=shown.get("SSL_CLIENT_VERIFY", ""),
                   subject=shown.get("SSL_CLIENT_S_DN", ""),
                   certificate=shown.get("SSL_CLIENT_CERT", ""),
                   serial=shown.get("SSL_CLIENT_M_SERIAL", ""),
                   fingerprint=shown.get("SSL_CLIENT_FINGERPRINT", ""),
                   claimed=[key for key in shown if key.startswith("HTTP_")])
)";

constexpr auto kFastApi = R"(
from fastapi import FastAPI, Request

app = FastAPI()


@app.get("/")
async def show(request: Request):
    tls = request.scope.get("extensions", {}).get("tls")
    chain = (tls or {}).get("client_cert_chain", [])
    return {"verified": "" if tls is None else "SUCCESS" if chain else "NONE",
            "subject": (tls or {}).get("client_cert_name") or "",
            "certificate": chain[0] if chain else "",
            "claimed": [name for name in request.headers if "ssl" in name]}
)";

QJsonObject parsed(const Finished &got)
{
    return QJsonDocument::fromJson(got.out).object();
}

} // namespace

class TestClientCertificates : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (QStandardPaths::findExecutable("curl").isEmpty()
            || QStandardPaths::findExecutable("openssl").isEmpty())
            QSKIP("needs curl and openssl");
    }

    void anAppHearsWhoAsks_data()
    {
        QTest::addColumn<QByteArray>("source");
        QTest::addColumn<QString>("module");
        QTest::newRow("Flask") << QByteArray(kFlask) << "flask";
        QTest::newRow("FastAPI") << QByteArray(kFastApi) << "fastapi";
    }
    void anAppHearsWhoAsks()
    {
        QFETCH(QByteArray, source);
        QFETCH(QString, module);
        if (runProgram("/usr/bin/python3", {"-c", "import " + module}).exitCode != 0)
            QSKIP("needs the framework");
        QTemporaryDir files;
        QTemporaryDir app;
        write(app.filePath("app.py"), source);
        const Pem client = makePem(files, "client", "ann.test");
        const Pem foreign = makePem(files, "foreign", "eve.test");
        Served served(app.path(),
                      {"--tls-listen", "127.0.0.1:0", "--data-dir", files.filePath("data"),
                       "--workers", "1", "--python", "/usr/bin/python3", "--set",
                       "tls.client_certificates=optional", "--set",
                       "tls.client_ca=" + client.cert});
        QVERIFY2(served.isServing(), served.errors());
        const QStringList plain {"--cacert", files.filePath("data/ca/root.pem"),
                                 secureUrl(served.line()) + "/"};
        const auto as = [&](const Pem &who, const QStringList &options = {}) {
            return curl(plain + QStringList {"--cert", who.cert, "--key", who.key} + options);
        };
        const QStringList claims {"-H", "SSL-Client-Verify: SUCCESS",
                                  "-H", "X-SSL-Client-S-DN: CN=root",
                                  "-H", "Ssl_Client_Verify: SUCCESS"};

        for (const char *version : {"--http1.1", "--http2"}) {
            const Finished known = as(client, claims + QStringList {version});
            const QJsonObject told = parsed(known);
            QVERIFY2(told.value("verified") == "SUCCESS", known.out + known.error);
            QCOMPARE(told.value("subject").toString(), QString("CN=ann.test"));
            QCOMPARE(told.value("certificate").toString().toUtf8(), contentOf(client.cert));
            QVERIFY2(told.value("claimed").toArray().isEmpty(), known.out);

            const Finished nobody = curl(plain + claims + QStringList {version});
            QCOMPARE(parsed(nobody).value("verified").toString(), QString("NONE"));
            QCOMPARE(parsed(nobody).value("subject").toString(), QString());
            QVERIFY2(parsed(nobody).value("claimed").toArray().isEmpty(), nobody.out);
        }
        if (module == "flask") {
            const QJsonObject told = parsed(as(client));
            const Finished expected = runProgram(
                "openssl",
                {"x509", "-in", client.cert, "-noout", "-serial", "-fingerprint", "-sha256"});
            QVERIFY(expected.out.contains("serial=" + told.value("serial").toString().toLatin1()));
            QByteArray hex = expected.out.trimmed().split('=').last();
            QCOMPARE(told.value("fingerprint").toString().toLatin1(),
                     hex.replace(":", "").toLower());
        }
        const Finished stranger = as(foreign);
        QVERIFY2(stranger.exitCode != 0 && stranger.out.isEmpty(), stranger.out);
        // Over plain HTTP nobody can be verified, whatever is claimed.
        const Finished open = curl(claims + QStringList {served.url() + "/"});
        QCOMPARE(parsed(open).value("verified").toString(), QString());
        QVERIFY(!parsed(open).isEmpty());
        QVERIFY2(parsed(open).value("claimed").toArray().isEmpty(), open.out);
        QCOMPARE(served.stop(), 0);
    }

    void aSiteThatAsksForNoneHearsNothing()
    {
        QTemporaryDir files;
        QTemporaryDir app;
        write(app.filePath("app.py"),
              "def application(environ, start_response):\n"
              "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
              "    return [repr([key for key in environ if 'SSL' in key]).encode()]\n");
        Served served(app.path(),
                      {"--tls-listen", "127.0.0.1:0", "--data-dir", files.filePath("data"),
                       "--workers", "1"});
        QVERIFY2(served.isServing(), served.errors());
        const Pem client = makePem(files, "client", "ann.test");
        const Finished got =
            curl({"--cacert", files.filePath("data/ca/root.pem"), "--cert", client.cert, "--key",
                  client.key, secureUrl(served.line()) + "/"});
        QVERIFY2(got.out == "[]", got.out + got.error);
    }
};

QTEST_GUILESS_MAIN(TestClientCertificates)
#include "tst_client_certificates.moc"
