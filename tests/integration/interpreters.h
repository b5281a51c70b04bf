// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

namespace arc::test {

/// A Python 3.9 or newer that this machine has.
struct Interpreter {
    QString path;           ///< to start it with
    QString implementation; ///< "CPython", "PyPy"
    QString language;       ///< "3.11"
    QString version;        ///< sys.version up to its first line's end
};

constexpr const char *kSystemPython = "/usr/bin/python3";

/// Each once, the system's first: on PATH, and where pyenv keeps those it has built.
const QList<Interpreter> &interpretersOfThisMachine();
/// Of those that Arcology promises to run ("CPython 3.9" to "CPython 3.13", "PyPy"): what is not
/// here, and so is not tried.
QStringList interpretersMissingHere();

} // namespace arc::test
