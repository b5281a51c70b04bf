// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/stage.h"

#include "server/base/thread.h"
#include "test_paths.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <csignal>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace arc::test {

namespace {

constexpr const char *kApp = "import os\n"
                             "def application(environ, start_response):\n"
                             "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
                             "    return [b'pid %d' % os.getpid()]\n";

/// What an engine makes wherever it tries to start; an app's byte code.
bool isTrace(const QString &path)
{
    for (const char *part : {"/__pycache__", "/lock", "/logs", "/run", "/control.sock"}) {
        if (path.contains(QLatin1String(part)))
            return true;
    }
    return false;
}

QByteArray digest(const QFileInfo &info)
{
    QFile file(info.filePath());
    if (!info.isFile() || info.size() > 10'000'000 || !file.open(QIODevice::ReadOnly))
        return "-";
    return QCryptographicHash::hash(file.readAll(), QCryptographicHash::Sha1).toHex();
}

} // namespace

Stage::Stage()
{
    // A user without rights must be able to walk in.
    QFile::setPermissions(m_dir.path(),
                          QFile::permissions(m_dir.path()) | QFile::ReadGroup | QFile::ExeGroup
                              | QFile::ReadOther | QFile::ExeOther);
    QDir(m_dir.path()).mkpath("tmp");
    QFile::setPermissions(path("tmp"), QFile::Permissions(0x7777));
    qputenv("TMPDIR", path("tmp").toUtf8()); // what `serve` makes there must be gone again
    m_holder.listen(QHostAddress::LocalHost);
}

Stage::~Stage()
{
    if (m_guest.state() != QProcess::NotRunning) {
        m_guest.terminate();
        m_guest.waitForFinished(20000);
    }
}

QString Stage::start()
{
    write(siteFolder() + "/app.py", kApp);
    write(path("pages/index.html"), "pages are here");
    m_engine = std::make_unique<EngineProcess>(dataDir());
    if (!m_engine->start())
        return QString::fromUtf8(m_engine->errors());
    for (const QStringList &words :
         {QStringList {"site", "add", path("pages")},
          QStringList {"site", "add", siteFolder(), "--set", "pool.processes=2"}}) {
        const Finished added = m_engine->ctl(words);
        if (added.exitCode != 0)
            return QString::fromUtf8(added.out + added.error);
    }
    const Finished listed = m_engine->ctl({"site", "list", "--json"});
    const QJsonArray sites = QJsonDocument::fromJson(listed.out).object().value("sites").toArray();
    for (const QJsonValue &site : sites) {
        const QString url = site.toObject().value("urls").toArray().first().toString();
        (site.toObject().value("id") == "pages" ? m_filesUrl : m_appUrl) = url;
    }
    return {};
}

QString Stage::makeFolder(const QString &name)
{
    const QString folder = path("rows/" + name);
    QDir().mkpath(folder);
    return folder;
}

void Stage::copyDataDir(const QString &to) const
{
    // A start and a stop of its own: the one that serves holds its file open.
    EngineProcess other(to);
    QVERIFY2(other.start(), other.errors());
    QCOMPARE(other.ctl({"settings", "set", "drain_s=3"}).exitCode, 0);
    QCOMPARE(other.stop(), 0);
    QVERIFY(QFile::exists(to + "/arcology.db"));
}

void Stage::fillDisk(bool full)
{
    rlimit limit {};
    const auto pid = static_cast<pid_t>(m_engine->pid());
    QCOMPARE(::prlimit(pid, RLIMIT_FSIZE, nullptr, &limit), 0);
    limit.rlim_cur = full ? 1 : limit.rlim_max;
    QCOMPARE(::prlimit(pid, RLIMIT_FSIZE, &limit, nullptr), 0);
}

QStringList Stage::picture(const QString &folder)
{
    QStringList picture;
    const HttpAnswer files = http(m_filesUrl + "/");
    picture << QString("files %1 %2").arg(files.status).arg(QString::fromUtf8(files.body));
    const HttpAnswer app = http(m_appUrl + "/");
    picture << QString("app %1").arg(app.status);
    const QJsonObject workers =
        QJsonDocument::fromJson(m_engine->ctl({"worker", "list", "--json"}).out).object();
    for (const QJsonValue &pool : workers.value("pools").toArray()) {
        for (const QJsonValue &worker : pool.toObject().value("workers").toArray())
            picture << QString("worker %1").arg(worker.toObject().value("pid").toInteger());
    }
    picture << QString::fromUtf8(m_engine->ctl({"config", "export"}).out);
    for (const QString &place : {folder, path("tmp")}) {
        QDirIterator it(place, QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden,
                        QDirIterator::Subdirectories);
        QStringList lines;
        while (it.hasNext()) {
            it.next();
            if (!isTrace(it.filePath()))
                lines << it.filePath() + ' ' + QString::fromLatin1(digest(it.fileInfo()));
        }
        lines.sort();
        picture += lines;
    }
    return picture;
}

QStringList Stage::asGuest()
{
    constexpr const char *kNobody = "65534";
    if (::geteuid() != 0)
        return {};
    return {"setpriv", QString("--reuid=%1").arg(kNobody), QString("--regid=%1").arg(kNobody),
            "--clear-groups"};
}

QString Stage::guestProgram()
{
    if (!m_guestProgram.isEmpty())
        return m_guestProgram;
    m_guestProgram = ARC_BINARY;
    QStringList words = asGuest() + QStringList {m_guestProgram, "--version"};
    if (runProgram(words.takeFirst(), words).exitCode == 0)
        return m_guestProgram;
    m_guestProgram = path("arcology"); // the tree it was built in may be closed to others
    QFile::copy(ARC_BINARY, m_guestProgram);
    QFile::setPermissions(m_guestProgram,
                          QFile::ReadOwner | QFile::ExeOwner | QFile::ReadOther | QFile::ExeOther);
    return m_guestProgram;
}

QString Stage::startGuest()
{
    if (m_guest.state() != QProcess::NotRunning)
        return {};
    QDir().mkpath(path("guest"));
    if (::geteuid() == 0 && ::chown(path("guest").toUtf8().constData(), 65534, 65534) != 0)
        return "chown failed";
    QStringList words = asGuest() + QStringList {guestProgram(), "--headless", "--data-dir",
                                                 guestDataDir(), "--set",      "ops.listen=off"};
    m_guest.start(words.takeFirst(), words);
    QDeadlineTimer deadline(20000);
    while (!deadline.hasExpired()) {
        if (runArcology({"ctl", "status", "--socket", guestDataDir() + "/control.sock"}).exitCode
            == 0)
            return {};
        if (m_guest.state() == QProcess::NotRunning)
            break;
        m_guest.waitForFinished(20);
    }
    return QString::fromUtf8(m_guest.readAllStandardError());
}

Finished Stage::guest(const QStringList &words)
{
    QStringList all = asGuest() + QStringList {guestProgram()} + words;
    return runProgram(all.takeFirst(), all);
}

struct OtherEngine::Implementation {
    int listening = -1;
    int quit = ::eventfd(0, EFD_CLOEXEC);
    Thread thread;
    QByteArray answer;

    void work()
    {
        pollfd waits[2] = {{listening, POLLIN, 0}, {quit, POLLIN, 0}};
        while (::poll(waits, 2, -1) > 0 && !waits[1].revents) {
            const int client = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
            char buffer[16384];
            if (client >= 0 && ::read(client, buffer, sizeof buffer) > 0) {
                [[maybe_unused]] const auto sent =
                    ::write(client, answer.constData(), static_cast<size_t>(answer.size()));
            }
            ::close(client);
        }
    }
};

OtherEngine::OtherEngine(const QString &socketPath, QByteArray header)
    : m_impl(std::make_unique<Implementation>())
{
    m_impl->answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + header
        + "Content-Length: 2\r\nConnection: close\r\n\r\n{}";
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    const QByteArray name = socketPath.toUtf8();
    memcpy(address.sun_path, name.constData(),
           std::min<size_t>(static_cast<size_t>(name.size()), sizeof address.sun_path - 1));
    m_impl->listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(m_impl->listening, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0
        || ::listen(m_impl->listening, 16) != 0)
        qFatal("cannot listen at %s", name.constData());
    m_impl->thread = Thread("stage", [impl = m_impl.get()] { impl->work(); });
}

OtherEngine::~OtherEngine()
{
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(m_impl->quit, &one, sizeof one);
    m_impl->thread.join();
    ::close(m_impl->listening);
    ::close(m_impl->quit);
}

} // namespace arc::test
