// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/integration/program.h"
#include "tests/integration/stage.h"

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace arc::test {

// What tests of HTTPS need of files, curl and openssl.

QByteArray contentOf(const QString &path);
Finished curl(const QStringList &arguments);

/// A certificate signed by itself, with its key, as PEM files beside each other.
struct Pem {
    QString cert;
    QString key;
};
Pem makePem(const QTemporaryDir &dir, const QString &name, const QString &host,
            const QString &algorithm = "ec");
/// The same name and key with other dates, as PEM.
QString makeDated(const QTemporaryDir &dir, const Pem &pem, const QString &from, const QString &to);

/// The first https address of the line that `serve` prints.
QString secureUrl(const QString &line);
QString portOf(const QString &url);
/// The first address of a running engine that begins so.
QString listenerUrl(const EngineProcess &engine, const char *scheme);

/// SHA-256 in hex of a certificate file, and of what a new client that names this host is shown.
QByteArray digestOf(const QString &file);
QByteArray shownDigest(const QString &url, const QString &name);

} // namespace arc::test
