// SPDX-License-Identifier: Apache-2.0
// Rows of bad_input_table.cpp: what is misspelt, missing or out of range in the words that are
// given.
#include "tests/integration/bad_input_table.h"

namespace arc::test {

namespace {

constexpr const char *kOneSite = "`serve` has one site, in an engine of its own";
constexpr const char *kNoEditor = "the window offers nothing where this could be typed";

/// What a site is called, and what it is to be.
QList<BadInput> siteWords()
{
    return {
        {.name = "a kind that there is not",
         .make = [](Stage &, const QString &dir) { write(dir + "/bad/index.html", "x"); },
         .cause = "there is no kind bogus",
         .remedy = "it is one of django, flask, fastapi, wsgi, asgi, static",
         .exitCode = 2,
         .serve = {"serve", "{dir}/bad", "--kind", "bogus"},
         .ctl = {"site", "add", "{dir}/bad", "--kind", "bogus"},
         .why = "the window offers only kinds that were recognised"},
        {.name = "a kind that it is not of",
         .make = [](Stage &, const QString &dir) { write(dir + "/bad/index.html", "x"); },
         .cause = "{dir}/bad is no project of the kind flask: Static files was recognised",
         .remedy = "leave the kind out",
         .exitCode = 3,
         .serve = {"serve", "{dir}/bad", "--kind", "flask"},
         .ctl = {"site", "add", "{dir}/bad", "--kind", "flask"},
         .why = "the window offers only kinds that were recognised"},
        {.name = "a name that no site can have",
         .make = [](Stage &, const QString &dir) { write(dir + "/bad/index.html", "x"); },
         .cause = "(arcology|arcology serve): name: \"A b\" must be 1 to 63 of a-z",
         .remedy = "begin with a letter or digit",
         .exitCode = 2,
         .serve = {"serve", "{dir}/bad", "--name", "A b"},
         .ctl = {"site", "add", "{dir}/bad", "--name", "A b"},
         .why = "the window's field takes no such name"},
        {.name = "a second site with the same name",
         .make = [](Stage &, const QString &dir) { write(dir + "/bad/index.html", "x"); },
         .cause = "there is a site shop already",
         .remedy = "choose another name, for instance shop-2",
         .exitCode = 1,
         .ctl = {"site", "add", "{dir}/bad", "--name", "shop"},
         .window = InWindow::ServeNamed,
         .argument = "{dir}/bad shop",
         .why = kOneSite},
        {.name = "a site that is not there",
         .make = [](Stage &, const QString &) {},
         .cause = "there is no site nowhere",
         .remedy = "there are pages, shop",
         .exitCode = 3,
         .ctl = {"site", "restart", "nowhere"},
         .why = "`serve` and the window name no site that is not there"},
    };
}

QList<BadInput> words()
{
    return {
        {.name = "an unknown setting",
         .make = [](Stage &, const QString &) {},
         .cause = "pool.proceses: there is no such setting",
         .remedy = "did you mean pool.processes\\?",
         .exitCode = 2,
         .serve = {"serve", "{site}", "--set", "pool.proceses=4"},
         .ctl = {"settings", "set", "pool.proceses=4"},
         .why = kNoEditor},
        {.name = "a setting far from every other",
         .make = [](Stage &, const QString &) {},
         .cause = "weather: there is no such setting",
         .remedy = "`arcology ctl settings list` names them",
         .exitCode = 2,
         .serve = {"serve", "{site}", "--set", "weather=fine"},
         .ctl = {"settings", "get", "weather"},
         .why = kNoEditor},
        {.name = "a value out of range",
         .make = [](Stage &, const QString &) {},
         .cause = "pool.processes: ",
         .remedy = "outside 0\\.\\.\\d+",
         .exitCode = 2,
         .serve = {"serve", "{site}", "--set", "pool.processes=100000"},
         .ctl = {"settings", "set", "pool.processes=100000", "--app", "shop"},
         .why = "the window tells it while it is typed: tst_settings_page"},
        {.name = "a number of workers that is none",
         .make = [](Stage &, const QString &) {},
         .cause = "arcology serve: --workers many: ",
         .remedy = "number",
         .exitCode = 2,
         .serve = {"serve", "{site}", "--workers", "many"},
         .why = "`ctl` sets pool.processes, the window's fields take numbers only"},
        {.name = "a worker that is no number",
         .make = [](Stage &, const QString &) {},
         .cause = "arcology ctl worker kill: pid: \"abc\" is no whole number from 1",
         .remedy = "`arcology ctl worker kill --help` explains it",
         .exitCode = 2,
         .ctl = {"worker", "kill", "abc"},
         .why = "only `ctl` takes process ids"},
        {.name = "a variable with a name of ours",
         .make = [](Stage &, const QString &) {},
         .cause = "ARCOLOGY_LOOPS: names that begin with ARCOLOGY_ are Arcology's own",
         .remedy = "choose another name",
         .exitCode = 2,
         .serve = {"serve", "{site}", "--env", "ARCOLOGY_LOOPS=2"},
         .ctl = {"app", "env", "set", "shop", "ARCOLOGY_LOOPS=2"},
         .why = "the window tells it while it is typed: tst_pages"},
        {.name = "a line of a .env file that is none",
         .make = [](Stage &, const QString &dir) { write(dir + "/.env", "A=1\nhunter2\n"); },
         .cause = "--env-file: .*/.env: line 2: ",
         .remedy = "must be NAME=VALUE",
         .exitCode = 2,
         .serve = {"serve", "{site}", "--env-file", "{dir}/.env"},
         .ctl = {"app", "env", "set", "shop", "--env-file", "{dir}/.env"},
         .why = "the window tells it while it is typed: tst_pages"},
        {.name = "a variable that is not there",
         .make = [](Stage &, const QString &) {},
         .cause = "--unset-env PLANTED: ",
         .remedy = "site shop has no such variable; it has none of its own",
         .exitCode = 3,
         .ctl = {"site", "edit", "shop", "--unset-env", "PLANTED"},
         .why = "`serve` edits nothing, and the window lists what there is"},
    };
}

/// Verbs and options.
QList<BadInput> verbs()
{
    return {
        {.name = "a verb without ctl",
         .make = [](Stage &, const QString &) {},
         .cause = "arcology: there is no command site",
         .remedy = "did you mean arcology ctl site add\\?",
         .exitCode = 2,
         .serve = {"site", "add", "{site}"},
         .why = "it is no word of `ctl`, and no window opens for it"},
        {.name = "a command that is misspelt",
         .make = [](Stage &, const QString &) {},
         .cause = "arcology: there is no command serv",
         .remedy = "did you mean arcology serve\\?",
         .exitCode = 2,
         .serve = {"serv"},
         .why = "it is no word of `ctl`, and no window opens for it"},
        {.name = "an option of the engine that there is not",
         .make = [](Stage &, const QString &) {},
         .cause = "^arcology: there is no option --colour",
         .remedy = "`arcology --help` lists them",
         .exitCode = 2,
         .serve = {"--headless", "--colour"},
         .why = "`ctl` and the window have their own row of it"},
        {.name = "a state that serving cannot be kept in",
         .make = [](Stage &, const QString &) {},
         .cause = "^arcology keep-serving: state: ",
         .remedy = "on|off",
         .exitCode = 2,
         .serve = {"keep-serving", "maybe"},
         .why = "only a command line has words"},
        {.name = "clusters, in a version without them",
         .make = [](Stage &, const QString &) {},
         .cause = "cluster: this version has no cluster",
         .remedy = "leave it out",
         .exitCode = 2,
         .ctl = {"cluster", "status"},
         .why = "only `ctl` has verbs"},
        {.name = "an unknown option",
         .make = [](Stage &, const QString &) {},
         .cause = "(there is no|unknown) option --colour",
         .remedy = "--help",
         .exitCode = 2,
         .serve = {"serve", "{site}", "--colour", "red"},
         .ctl = {"status", "--colour"},
         .window = InWindow::Program,
         .argument = "--colour"},
        {.name = "an unknown verb",
         .make = [](Stage &, const QString &) {},
         .cause = "arcology ctl site: there is no restrat",
         .remedy = "did you mean restart\\?",
         .exitCode = 2,
         .ctl = {"site", "restrat", "shop"},
         .why = "only `ctl` has verbs"},
    };
}

/// Right words that find no engine, or no room.
QList<BadInput> rightWords()
{
    return {
        {.name = "no engine",
         .make = [](Stage &, const QString &) {},
         .cause = "no engine answers at {dir}/nobody/control.sock",
         .remedy = "start one with: arcology --headless",
         .exitCode = 1,
         .ctl = {"status", "--data-dir", "{dir}/nobody"},
         .why = "`serve` and the window start an engine themselves"},
        {.name = "a full disk",
         .make = [](Stage &, const QString &) {},
         .cause = "the disk is full|File too large",
         .remedy = "free some space",
         .exitCode = 6,
         .serve = {"serve", "{site}", "--listen", "127.0.0.1:0"},
         .ctl = {"settings", "set", "drain_s=7"},
         .window = InWindow::FullDisk,
         .argument = "pages",
         .diskIsFull = true,
         .ctlExitCode = 1},
    };
}

} // namespace

QList<BadInput> badWords()
{
    return siteWords() + words() + verbs() + rightWords();
}

} // namespace arc::test
