// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/service_manager.h"
#include "test_paths.h"

#include <QDeadlineTimer>
#include <QDir>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace arc::test {

namespace {

constexpr int kFirstFd = 3; // as sd_listen_fds(3) says
constexpr int kDescriptorsMax = 253;

/// The same socket, whatever its number: systemd asks kcmp(2).
bool isSame(int a, int b)
{
    const auto cookie = [](int fd) {
        quint64 value = 0;
        socklen_t length = sizeof value;
        return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &length) == 0 ? value : 0;
    };
    return cookie(a) != 0 && cookie(a) == cookie(b);
}

quint16 portOf(int socket)
{
    sockaddr_in address {};
    socklen_t length = sizeof address;
    getsockname(socket, reinterpret_cast<sockaddr *>(&address), &length);
    return ntohs(address.sin_port);
}

QList<char *> pointersTo(QList<QByteArray> &texts)
{
    QList<char *> pointers;
    for (QByteArray &text : texts)
        pointers << text.data();
    return pointers << nullptr;
}

} // namespace

ServiceManager::ServiceManager()
{
    QDir().mkpath(m_directory.filePath("run"));
    m_notify = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    const QByteArray path = m_directory.filePath("notify").toUtf8();
    std::memcpy(address.sun_path, path.constData(), size_t(path.size()));
    if (bind(m_notify, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
        qFatal("cannot bind the notify socket");
    m_receiver = Thread("notify", [this] { receive(); });
}

ServiceManager::~ServiceManager()
{
    kill9();
    m_quit = true;
    m_receiver.join();
    for (const Stored &stored : m_stored)
        ::close(stored.fd);
    ::close(m_notify);
    if (m_unitSocket >= 0)
        ::close(m_unitSocket);
}

quint16 ServiceManager::openSocketUnit()
{
    m_unitSocket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(m_unitSocket, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0
        || listen(m_unitSocket, 128) != 0)
        return 0;
    return portOf(m_unitSocket);
}

bool ServiceManager::start(const QStringList &arguments)
{
    QList<int> descriptors;
    QByteArrayList names;
    if (m_unitSocket >= 0) {
        descriptors << m_unitSocket;
        names << "unknown";
    }
    {
        std::scoped_lock lock(m_mutex);
        for (const Stored &stored : m_stored) {
            descriptors << stored.fd;
            names << stored.name;
        }
    }
    m_ready = m_stopping = false;
    m_beats = 0;

    QList<QByteArray> argv {ARC_BINARY};
    for (const QString &argument : arguments)
        argv << argument.toUtf8();
    QList<QByteArray> environment;
    for (char **entry = environ; *entry; ++entry)
        environment << *entry;
    environment << "NOTIFY_SOCKET=" + m_directory.filePath("notify").toUtf8()
                << "STATE_DIRECTORY=" + stateDirectory().toUtf8()
                << "RUNTIME_DIRECTORY=" + m_directory.filePath("run").toUtf8();
    if (watchdogMs > 0)
        environment << "WATCHDOG_USEC=" + QByteArray::number(watchdogMs * 1000);
    if (!descriptors.isEmpty())
        environment << "LISTEN_FDS=" + QByteArray::number(descriptors.size())
                    << "LISTEN_FDNAMES=" + names.join(':');
    QByteArray listenPid(32, '\0');
    environment << listenPid;
    const QList<char *> argvPointers = pointersTo(argv);
    const QList<char *> environmentPointers = pointersTo(environment);
    char *const pidText = environment.last().data();

    const pid_t pid = ::fork();
    if (pid == 0) { // only what is safe between fork and exec
        std::snprintf(pidText, 32, "LISTEN_PID=%d", ::getpid());
        for (int &fd : descriptors) // out of the way of the numbers they shall get
            fd = ::fcntl(fd, F_DUPFD_CLOEXEC, kFirstFd + kDescriptorsMax);
        for (int i = 0; i < descriptors.size(); ++i)
            ::dup2(descriptors[i], kFirstFd + i);
        ::execve(ARC_BINARY, argvPointers.data(), environmentPointers.data());
        ::_exit(127);
    }
    m_pid = pid;
    return pid > 0;
}

bool ServiceManager::waitReady()
{
    QDeadlineTimer deadline(60000);
    while (!m_ready && !deadline.hasExpired()) {
        if (::waitpid(pid_t(m_pid), nullptr, WNOHANG) != 0) {
            m_pid = -1;
            return false;
        }
        QTest::qWait(5);
    }
    return m_ready;
}

int ServiceManager::wait(int timeoutMs)
{
    QDeadlineTimer deadline(timeoutMs);
    int status = 0;
    while (::waitpid(pid_t(m_pid), &status, WNOHANG) == 0) {
        if (deadline.hasExpired())
            return -1;
        QTest::qWait(5);
    }
    m_pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int ServiceManager::stop()
{
    if (m_pid < 0)
        return -1;
    ::kill(pid_t(m_pid), SIGTERM);
    return wait(60000);
}

void ServiceManager::kill9()
{
    if (m_pid < 0)
        return;
    ::kill(pid_t(m_pid), SIGKILL);
    wait(10000);
}

void ServiceManager::receive()
{
    while (!m_quit) {
        pollfd one {.fd = m_notify, .events = POLLIN, .revents = 0};
        if (::poll(&one, 1, 50) <= 0)
            continue;
        QByteArray text(4096, '\0');
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kDescriptorsMax)];
        iovec vector {.iov_base = text.data(), .iov_len = size_t(text.size())};
        msghdr message {};
        message.msg_iov = &vector;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t size = ::recvmsg(m_notify, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size < 0)
            continue;
        QList<int> descriptors;
        for (cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
            if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
                continue;
            const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (size_t i = 0; i < count; ++i) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
                descriptors << fd;
            }
        }
        take(text.left(size), descriptors);
    }
}

void ServiceManager::take(const QByteArray &message, const QList<int> &descriptors)
{
    const QByteArrayList lines = message.split('\n');
    QByteArray name = "stored"; // as systemd calls what has no name
    for (const QByteArray &line : lines) {
        if (line.startsWith("FDNAME="))
            name = line.mid(7);
    }
    std::scoped_lock lock(m_mutex);
    for (const QByteArray &line : lines) {
        if (line.startsWith("STATUS="))
            m_status = line.mid(7);
    }
    if (lines.contains("FDSTOREREMOVE=1")) {
        m_stored.removeIf(
            [&](const Stored &stored) { return stored.name == name && ::close(stored.fd) == 0; });
    }
    for (const int fd : descriptors) {
        const bool isKnown = std::any_of(m_stored.begin(), m_stored.end(),
                                         [fd](const Stored &one) { return isSame(one.fd, fd); });
        if (lines.contains("FDSTORE=1") && !isKnown)
            m_stored << Stored {name, fd};
        else
            ::close(fd);
    }
    m_ready = m_ready || lines.contains("READY=1");
    m_stopping = m_stopping || lines.contains("STOPPING=1");
    if (lines.contains("WATCHDOG=1"))
        ++m_beats;
}

QByteArray ServiceManager::status() const
{
    std::scoped_lock lock(m_mutex);
    return m_status;
}

QStringList ServiceManager::storedNames() const
{
    return allStoredNames().filter(QRegularExpression("^[^@]")); // "@": the engine's own
}

QStringList ServiceManager::allStoredNames() const
{
    std::scoped_lock lock(m_mutex);
    QStringList names;
    for (const Stored &stored : m_stored) {
        if (!names.contains(QString::fromUtf8(stored.name)))
            names << QString::fromUtf8(stored.name);
    }
    return names;
}

QList<quint16> ServiceManager::storedPorts(const QString &name) const
{
    std::scoped_lock lock(m_mutex);
    QList<quint16> ports;
    for (const Stored &stored : m_stored) {
        if (stored.name == name.toUtf8())
            ports << portOf(stored.fd);
    }
    return ports;
}

} // namespace arc::test
