// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/https.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QtTest>

namespace arc::test {

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

Finished curl(const QStringList &arguments)
{
    return runProgram("curl", QStringList {"-sS", "-m", "20"} + arguments);
}

Pem makePem(const QTemporaryDir &dir, const QString &name, const QString &host,
            const QString &algorithm)
{
    const Pem pem {dir.filePath(name + ".crt"), dir.filePath(name + ".pem")};
    QStringList arguments {"req",         "-x509",   "-nodes",
                           "-days",       "30",      "-subj",
                           "/CN=" + host, "-addext", "subjectAltName=DNS:" + host,
                           "-keyout",     pem.key,   "-out",
                           pem.cert};
    if (algorithm == "ec")
        arguments << "-newkey"
                  << "ec"
                  << "-pkeyopt"
                  << "ec_paramgen_curve:P-256";
    else
        arguments << "-newkey" << algorithm;
    const Finished made = runProgram("openssl", arguments);
    if (made.exitCode != 0)
        qFatal("openssl: %s", made.error.constData());
    return pem;
}

QString makeDated(const QTemporaryDir &dir, const Pem &pem, const QString &from, const QString &to)
{
    const QString made = dir.filePath("dated.crt");
    QFile::remove(made);
    write(dir.filePath("ca.cnf"),
          "[ca]\ndefault_ca=one\n[one]\ndatabase=" + dir.filePath("index").toUtf8()
              + "\nnew_certs_dir=" + dir.path().toUtf8()
              + "\nrand_serial=yes\ndefault_md=sha256\npolicy=any\ncopy_extensions=copy\n"
                "unique_subject=no\n[any]\ncommonName=supplied\n");
    write(dir.filePath("index"), "");
    const Finished asked =
        runProgram("openssl",
                   {"x509", "-x509toreq", "-in", pem.cert, "-signkey", pem.key, "-copy_extensions",
                    "copy", "-out", dir.filePath("request")});
    const Finished ended =
        runProgram("openssl",
                   {"ca", "-batch", "-notext", "-config", dir.filePath("ca.cnf"), "-selfsign",
                    "-keyfile", pem.key, "-startdate", from, "-enddate", to, "-in",
                    dir.filePath("request"), "-out", made});
    if (asked.exitCode != 0 || ended.exitCode != 0)
        qFatal("openssl: %s%s", asked.error.constData(), ended.error.constData());
    return made;
}

QString secureUrl(const QString &line)
{
    static const QRegularExpression address("(https://[0-9.:]+)");
    return address.match(line).captured(1);
}

QString portOf(const QString &url)
{
    return url.section(':', 2, 2);
}

QByteArray digestOf(const QString &file)
{
    QByteArray line =
        runProgram("openssl", {"x509", "-in", file, "-noout", "-fingerprint", "-sha256"}).out;
    return line.trimmed().split('=').last().replace(":", "").toLower();
}

QByteArray shownDigest(const QString &url, const QString &name)
{
    QTemporaryDir dir;
    const QString file = dir.filePath("shown.pem");
    runProgram("sh",
               {"-c",
                "openssl s_client -connect 127.0.0.1:" + portOf(url) + " -servername " + name
                    + " </dev/null 2>/dev/null | openssl x509 -out " + file});
    return digestOf(file);
}

QString listenerUrl(const EngineProcess &engine, const char *scheme)
{
    const QJsonArray listeners = QJsonDocument::fromJson(engine.ctl({"status", "--json"}).out)
                                     .object()
                                     .value("listeners")
                                     .toArray();
    for (const QJsonValue &listener : listeners) {
        const QString url = listener.toObject().value("url").toString();
        if (url.startsWith(QLatin1String(scheme)))
            return url;
    }
    return {};
}

} // namespace arc::test
