// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/integration/stage.h"

#include <QList>
#include <QRegularExpression>
#include <QStringList>

#include <functional>

namespace arc::test {

/// How a situation comes about in the window. `argument` of the row says the rest.
enum class InWindow {
    Nowhere,     ///< it cannot; `why` says so
    Drop,        ///< a folder is dropped: what its sheet, or the window, says
    Serve,       ///< a folder is dropped and Serve is pressed: why it did not start
    ServeNamed,  ///< the same, under the name after the blank
    Interpreter, ///< a folder is dropped and another interpreter is chosen for it
    Edit,        ///< the interpreter of a served app is edited
    Import,      ///< a configuration document is imported
    Start,       ///< the window starts the engine of a data directory
    Attach,      ///< the window finds an engine at a socket
    FullDisk,    ///< a site is stopped while no file can grow
    Program,     ///< words of the command line, told before there is a window
};

/// One thing that goes wrong, in all the places where it can. Words may name {dir} (of the row),
/// {site} (a project that works), {pid} and {port} (of this test and one it holds).
struct BadInput {
    const char *name;
    std::function<void(Stage &, const QString &dir)> make; ///< before anything is asked
    const char *cause;                                     ///< regular expressions of one sentence
    const char *remedy;
    int exitCode;
    QStringList serve; ///< the whole command line, `serve` or `--headless`; empty: see why
    QStringList ctl;
    InWindow window = InWindow::Nowhere;
    QString argument = {};
    const char *why = ""; ///< why a place is left out
    /// The app is added and fails: the site stays, to be mended or removed.
    bool staysAsFailed = false;
    /// Rights mean nothing to root: this is done by a user without any.
    bool asGuest = false;
    /// What `ctl` is asked for while no file of the engine can grow.
    bool diskIsFull = false;
    int ctlExitCode = -1; ///< where it differs from exitCode
};

const QList<BadInput> &badInputs();
/// Those of them that are about words (bad_input_words.cpp).
QList<BadInput> badWords();

/// The row's words with {dir}, {site}, {port}, {pid} filled in.
QStringList filled(const Stage &stage, const QString &dir, QStringList words);
/// What is missing of a row's sentence in a text; empty: nothing. It must be one line.
QString lacks(const BadInput &row, const Stage &stage, const QString &dir, const QString &text);

} // namespace arc::test
