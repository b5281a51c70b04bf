// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/program.h"
#include "test_paths.h"

#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTcpSocket>
#include <QTest>
#include <QUrl>

#include <csignal>

namespace arc::test {

namespace {

/// Reads into `buffer` until `enough` says so; false at the deadline or the end.
template <class Enough>
bool readUntil(QTcpSocket &socket, QByteArray &buffer, QDeadlineTimer &deadline, Enough enough)
{
    while (!enough()) {
        if (!socket.waitForReadyRead(static_cast<int>(deadline.remainingTime()))
            && socket.bytesAvailable() == 0)
            return false;
        buffer += socket.readAll();
    }
    return true;
}

void parseHead(const QByteArray &head, HttpAnswer &answer)
{
    const QList<QByteArray> lines = head.split('\n');
    answer.status = lines.first().split(' ').value(1).toInt();
    for (qsizetype i = 1; i < lines.size(); ++i) {
        const qsizetype colon = lines[i].indexOf(':');
        const QByteArray name = lines[i].left(colon).toLower();
        const QByteArray value = lines[i].mid(colon + 1).trimmed();
        answer.headers.insert(name, value);
        if (name == "set-cookie")
            answer.cookies << value.split(';').first();
    }
}

/// The body of a chunked message, or nothing while it is not complete.
bool takeChunked(const QByteArray &raw, QByteArray &body)
{
    body.clear();
    for (qsizetype at = 0;;) {
        const qsizetype end = raw.indexOf("\r\n", at);
        if (end < 0)
            return false;
        bool ok = false;
        const qsizetype size = raw.mid(at, end - at).split(';').first().toLongLong(&ok, 16);
        if (!ok || raw.size() < end + 2 + size + 2)
            return false;
        if (size == 0)
            return true;
        body += raw.mid(end + 2, size);
        at = end + 2 + size + 2;
    }
}

} // namespace

HttpAnswer http(const QString &text, const HttpAsk &ask)
{
    HttpAnswer answer;
    const QUrl url(text);
    QDeadlineTimer deadline(ask.timeoutMs);
    QTcpSocket socket;
    // Browsers know *.localhost; not every resolver does.
    const QString host = url.host().endsWith(".localhost") ? "127.0.0.1" : url.host();
    socket.connectToHost(host, static_cast<quint16>(url.port(80)));
    if (!socket.waitForConnected(ask.timeoutMs)) {
        answer.error = socket.errorString();
        return answer;
    }
    QByteArray target = url.path(QUrl::FullyEncoded).toLatin1();
    if (target.isEmpty())
        target = "/";
    if (url.hasQuery())
        target += "?" + url.query(QUrl::FullyEncoded).toLatin1();
    QByteArray head = ask.method + " " + target
        + " HTTP/1.1\r\nHost: " + (ask.host.isEmpty() ? url.authority().toLatin1() : ask.host)
        + "\r\nConnection: close\r\n";
    for (const auto &[name, value] : ask.headers)
        head += name + ": " + value + "\r\n";
    if (!ask.body.isEmpty() || ask.method == "POST")
        head += "Content-Length: " + QByteArray::number(ask.body.size()) + "\r\n";
    socket.write(head + "\r\n" + ask.body);

    QByteArray buffer;
    if (!readUntil(socket, buffer, deadline, [&] { return buffer.contains("\r\n\r\n"); })) {
        answer.error = "no head: " + socket.errorString() + " " + buffer;
        return answer;
    }
    const qsizetype headEnd = buffer.indexOf("\r\n\r\n");
    parseHead(buffer.left(headEnd), answer);
    buffer = buffer.mid(headEnd + 4);
    const QByteArray length = answer.headers.value("content-length");
    if (ask.method == "HEAD" || answer.status == 204 || answer.status == 304)
        return answer;
    bool complete = false;
    if (answer.headers.value("transfer-encoding") == "chunked")
        complete =
            readUntil(socket, buffer, deadline, [&] { return takeChunked(buffer, answer.body); });
    else if (!length.isEmpty())
        complete = readUntil(socket, buffer, deadline,
                             [&] { return buffer.size() >= length.toLongLong(); });
    else
        complete = !readUntil(socket, buffer, deadline, [] { return false; });
    if (answer.headers.value("transfer-encoding") != "chunked")
        answer.body = buffer;
    if (!complete)
        answer.error = "the body is not complete";
    return answer;
}

void write(const QString &path, const QByteArray &text)
{
    QVERIFY(QDir().mkpath(QFileInfo(path).path()));
    QFile file(path);
    QVERIFY2(file.open(QIODevice::WriteOnly), qPrintable(path));
    file.write(text);
}

Finished runProgram(const QString &program, const QStringList &arguments, const QString &folder,
                    int timeoutMs)
{
    QProcess process;
    if (!folder.isEmpty())
        process.setWorkingDirectory(folder);
    process.start(program, arguments);
    Finished finished;
    if (!process.waitForFinished(timeoutMs)) {
        finished.error = "did not end: " + process.errorString().toUtf8();
        process.kill();
        process.waitForFinished();
    } else {
        finished.exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    }
    finished.out = process.readAllStandardOutput();
    finished.error += process.readAllStandardError();
    return finished;
}

Finished runArcology(const QStringList &arguments, int timeoutMs)
{
    return runProgram(ARC_BINARY, arguments, {}, timeoutMs);
}

Served::Served(const QString &folder, const QStringList &options)
{
    m_process.start(ARC_BINARY, QStringList {"serve", folder, "--listen", "127.0.0.1:0"} + options);
    QDeadlineTimer deadline(60000);
    while (!deadline.hasExpired() && !m_process.canReadLine()
           && m_process.state() != QProcess::NotRunning)
        m_process.waitForReadyRead(200);
    m_line = QString::fromUtf8(m_process.readLine()).trimmed();
    static const QRegularExpression address("(http://[0-9.:]+)");
    m_url = address.match(m_line).captured(1);
}

Served::~Served()
{
    stop();
}

QByteArray Served::errors()
{
    m_errors += m_process.readAllStandardError();
    return m_errors;
}

QList<qint64> Served::workers() const
{
    QList<qint64> pids {m_process.processId()};
    for (qsizetype i = 0; i < pids.size(); ++i) {
        QFile children(QString("/proc/%1/task/%1/children").arg(pids[i]));
        if (!children.open(QIODevice::ReadOnly))
            continue; // it has just ended
        for (const QByteArray &pid : children.readAll().split(' ')) {
            if (pid.toLongLong() > 0)
                pids << pid.toLongLong();
        }
    }
    pids.removeFirst();
    return pids;
}

int Served::stop()
{
    if (m_process.state() == QProcess::NotRunning)
        return m_process.exitCode();
    m_process.terminate();
    if (!m_process.waitForFinished(30000)) {
        m_process.kill();
        m_process.waitForFinished();
        return -1;
    }
    return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
}

EngineProcess::EngineProcess(QString dataDir) : m_dataDir(std::move(dataDir))
{
}

EngineProcess::~EngineProcess()
{
    stop();
}

bool EngineProcess::start()
{
    m_process.start(ARC_BINARY, {"--headless", "--data-dir", m_dataDir, "--set", "ops.listen=off"});
    QDeadlineTimer deadline(20000);
    while (!deadline.hasExpired()) {
        if (ctl({"status"}).exitCode == 0)
            return true;
        if (m_process.state() == QProcess::NotRunning)
            return false;
        m_process.waitForFinished(20);
    }
    return false;
}

void EngineProcess::kill9()
{
    m_process.kill();
    m_process.waitForFinished();
}

int EngineProcess::stop()
{
    if (m_process.state() == QProcess::NotRunning)
        return m_process.exitCode();
    m_process.terminate();
    if (!m_process.waitForFinished(30000)) {
        m_process.kill();
        m_process.waitForFinished();
        return -1;
    }
    return m_process.exitCode();
}

Finished EngineProcess::ctl(const QStringList &arguments, int timeoutMs) const
{
    // Options of ctl come last, except that what follows "--" belongs to the command it runs.
    QStringList all {"ctl"};
    const qsizetype dashes = arguments.indexOf("--");
    all += dashes < 0 ? arguments : arguments.mid(0, dashes);
    all += {"--data-dir", m_dataDir};
    if (dashes >= 0)
        all += arguments.mid(dashes);
    return runArcology(all, timeoutMs);
}

} // namespace arc::test
