// SPDX-License-Identifier: Apache-2.0
#include "app/doctor/probes.h"
#include "tests/unit/control/scripted_engine.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace arc;
using namespace arc::test;
using Level = Finding::Level;

namespace {

/// Sets an environment variable for the length of a test.
class Environment {
public:
    Environment(const char *name, const QByteArray &value) : m_name(name), m_before(qgetenv(name))
    {
        qputenv(name, value);
    }
    ~Environment() { qputenv(m_name, m_before); }

private:
    const char *m_name;
    const QByteArray m_before;
};

void writeScript(const QString &path, const QByteArray &text)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
}

bool says(const Finding &finding, const char *text)
{
    return finding.text.find(text) != std::string::npos;
}

} // namespace

class TestDoctor : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string at(const char *name) { return m_folder.filePath(name).toStdString(); }

private Q_SLOTS:
    void everyFindingThatIsNotFineSaysHowToMendIt()
    {
        std::vector<Finding> findings = probePythons();
        for (Finding (*probe)() :
             {&probeOpenat2, &probePidfd, &probeLandlock, &probeKernelTls, &probeCgroup,
              &probeFileLimit, &probePort, &probeRuntimeDir, &probeDisplay})
            findings.push_back(probe());
        for (const Finding &finding : findings) {
            QVERIFY(!finding.name.empty());
            QVERIFY2(finding.text.ends_with('.'), finding.text.c_str());
            QCOMPARE(finding.mend.empty(), finding.level == Level::Ok);
        }
    }

    void onlyInterpretersThatAnswerAreListed()
    {
        writeScript(m_folder.filePath("python3"), "#!/bin/sh\necho CPython 3 11 2\n");
        writeScript(m_folder.filePath("python3.8"), "#!/bin/sh\necho CPython 3 8 10\n");
        writeScript(m_folder.filePath("python3.9"), "#!/bin/sh\necho broken; exit 1\n");
        writeScript(m_folder.filePath("pypy3"), "#!/bin/sh\necho nonsense\n");
        writeScript(m_folder.filePath("python3-config"), "#!/bin/sh\necho CPython 3 11 2\n");
        QFile::link(m_folder.filePath("python3"), m_folder.filePath("python3.11"));
        const Environment path("PATH", m_folder.path().toUtf8() + ":/no/such/folder");
        const auto found = probePythons();
        QCOMPARE(found.size(), size_t {2});
        QVERIFY(says(found[0], "CPython 3.11.2"));
        QCOMPARE(found[0].level, Level::Ok);
        QVERIFY(says(found[1], "CPython 3.8.10"));
        QCOMPARE(found[1].level, Level::Warn);
    }

    void withoutPythonOnlyStaticSitesRemain()
    {
        const Environment path("PATH", "/no/such/folder");
        const auto found = probePythons();
        QCOMPARE(found.size(), size_t {1});
        QCOMPARE(found[0].level, Level::Warn);
    }

    void theDataDirectoryMustBeWritable()
    {
        QCOMPARE(probeDataDir(m_folder.path().toStdString()).level, Level::Ok);
        QVERIFY(says(probeDataDir(at("new/deeper")), "can be made"));
        QVERIFY(!QFile::exists(m_folder.filePath("new"))); // a probe leaves nothing behind
        writeScript(m_folder.filePath("file"), "");
        QCOMPARE(probeDataDir(at("file/below")).level, Level::Fail);
        QCOMPARE(probeDataDir(at("file")).level, Level::Fail);
    }

    void theRuntimeDirectoryMustBeOurs()
    {
        {
            const Environment none("XDG_RUNTIME_DIR", "");
            QCOMPARE(probeRuntimeDir().level, Level::Warn);
        }
        {
            const Environment gone("XDG_RUNTIME_DIR", "/no/such/folder");
            QCOMPARE(probeRuntimeDir().level, Level::Fail);
        }
        const Environment ours("XDG_RUNTIME_DIR", m_folder.path().toUtf8());
        QFile::setPermissions(m_folder.path(),
                              QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        QCOMPARE(probeRuntimeDir().level, Level::Ok);
        QFile::setPermissions(m_folder.path(),
                              QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner
                                  | QFile::ReadOther | QFile::ExeOther);
        QCOMPARE(probeRuntimeDir().level, Level::Warn);
    }

    void aRunningEngineIsAsked()
    {
        QVERIFY(says(probeEngine(m_folder.path().toStdString()), "None runs"));
        std::string status = R"({"version": "0.1.0", "pid": 77, "state": "serving"})";
        ScriptedEngine engine(at("control.sock"),
                              [&](const std::string &) { return ScriptedEngine::json(status); });
        const Finding fine = probeEngine(m_folder.path().toStdString());
        QCOMPARE(fine.level, Level::Ok);
        QVERIFY(says(fine, "pid 77"));
        status = R"({"listeners": [{"address": "127.0.0.1:80", "error": "permission denied"}]})";
        const Finding closed = probeEngine(m_folder.path().toStdString());
        QCOMPARE(closed.level, Level::Warn);
        QVERIFY(says(closed, "127.0.0.1:80 is closed: permission denied"));
        status = "<html>";
        QCOMPARE(probeEngine(m_folder.path().toStdString()).level, Level::Warn);
    }

    void aDisplayThatDoesNotAnswerIsSaid()
    {
        const Environment wayland("WAYLAND_DISPLAY", "");
        const Environment x11("DISPLAY", ":9731");
        QCOMPARE(probeDisplay().level, Level::Warn);
        QVERIFY(says(probeDisplay(), "Nothing answers"));
        const Environment none("DISPLAY", "");
        QVERIFY(says(probeDisplay(), "None"));
    }
};

QTEST_GUILESS_MAIN(TestDoctor)
#include "tst_doctor.moc"
