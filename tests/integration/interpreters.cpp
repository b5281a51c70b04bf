// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/interpreters.h"

#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QSet>

namespace arc::test {

namespace {

/// Its own word for where it lies tells shims and links apart.
constexpr const char *kAsk =
    "import os, sys, platform; assert sys.version_info >= (3, 9); "
    "print(os.path.realpath(sys.executable)); print(platform.python_implementation()); "
    "print('%d.%d' % sys.version_info[:2]); print(sys.version.splitlines()[0])";

QStringList places()
{
    QStringList found {kSystemPython};
    const QStringList names {"python3.9",  "python3.10", "python3.11", "python3.12",
                             "python3.13", "python3.14", "pypy3"};
    for (const QString &folder :
         QString::fromLocal8Bit(qgetenv("PATH")).split(':', Qt::SkipEmptyParts)) {
        for (const QString &name : names)
            found << folder + '/' + name;
    }
    // What pyenv keeps is not on PATH: there is only a shim for the chosen ones.
    const QDir versions(QDir::homePath() + "/.pyenv/versions");
    for (const QString &version : versions.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
        found << versions.filePath(version) + "/bin/python3";
    return found;
}

} // namespace

const QList<Interpreter> &interpretersOfThisMachine()
{
    static const QList<Interpreter> all = [] {
        QList<Interpreter> found;
        QSet<QString> seen;
        for (const QString &place : places()) {
            if (!QFileInfo(place).isExecutable())
                continue;
            QProcess process;
            process.start(place, {"-I", "-c", kAsk});
            if (!process.waitForFinished(30'000) || process.exitCode() != 0)
                continue;
            const QStringList lines =
                QString::fromLocal8Bit(process.readAllStandardOutput()).split('\n');
            if (lines.size() < 4 || seen.contains(lines[0]))
                continue;
            seen.insert(lines[0]);
            found << Interpreter {place == kSystemPython ? place : lines[0], lines[1], lines[2],
                                  lines[3]};
        }
        return found;
    }();
    return all;
}

QStringList interpretersMissingHere()
{
    QStringList missing {"CPython 3.9",  "CPython 3.10", "CPython 3.11",
                         "CPython 3.12", "CPython 3.13", "PyPy"};
    for (const Interpreter &one : interpretersOfThisMachine()) {
        missing.removeOne(one.implementation + ' ' + one.language);
        missing.removeOne(one.implementation);
    }
    return missing;
}

} // namespace arc::test
