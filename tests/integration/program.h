// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QHash>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace arc::test {

/// An HTTP answer as received, header names in lower case. status 0: no answer, `error` says why.
struct HttpAnswer {
    int status = 0;
    QHash<QByteArray, QByteArray> headers; ///< the last of equal names, but see cookies
    QList<QByteArray> cookies;             ///< name=value of each Set-Cookie
    QByteArray body;
    QString error;
};

struct HttpAsk {
    QByteArray method = "GET";
    QList<QPair<QByteArray, QByteArray>> headers;
    QByteArray body;
    QByteArray host; ///< the Host header, when it is not the authority of the URL
    int timeoutMs = 20000;
};

/// One request on a connection of its own. `url`: http://host:port/path.
HttpAnswer http(const QString &url, const HttpAsk &ask = {});

/// Makes the folders above it, too; what a file held before is gone.
void write(const QString &path, const QByteArray &text);

/// Runs a program to its end; output is both streams.
struct Finished {
    int exitCode = -1;
    QByteArray out;
    QByteArray error;
};
Finished runProgram(const QString &program, const QStringList &arguments,
                    const QString &folder = {}, int timeoutMs = 60000);
Finished runArcology(const QStringList &arguments, int timeoutMs = 60000);

/// `arcology serve ...` on a free port, ended by SIGTERM at the latest when destroyed.
class Served {
public:
    Served(const QString &folder, const QStringList &options = {});
    ~Served();

    bool isServing() const { return !m_url.isEmpty(); }
    QString url() const { return m_url; } ///< without a trailing slash
    QString line() const { return m_line; }
    QByteArray errors();
    qint64 pid() const { return m_process.processId(); }
    /// Pids of the worker processes now; with --preload also of what they are forked from.
    QList<qint64> workers() const;
    /// SIGTERM and wait; the exit code, or -1.
    int stop();

private:
    QProcess m_process;
    QString m_line;
    QString m_url;
    QByteArray m_errors;
};

/// A headless engine on a data directory of the test's, with listener port 0.
class EngineProcess {
public:
    explicit EngineProcess(QString dataDir);
    ~EngineProcess();

    bool start(); ///< true once `ctl status` answers
    void kill9();
    void terminate() { m_process.terminate(); } ///< SIGTERM; does not wait
    bool isRunning() const { return m_process.state() != QProcess::NotRunning; }
    /// SIGTERM and wait; the exit code, or -1.
    int stop();
    qint64 pid() const { return m_process.processId(); }
    Finished ctl(const QStringList &arguments, int timeoutMs = 60000) const;
    QByteArray errors() { return m_process.readAllStandardError(); }

private:
    const QString m_dataDir;
    QProcess m_process;
};

} // namespace arc::test
