// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/bad_input_table.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QTest>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc::test {

namespace {

constexpr const char *kOneSite = "`serve` has one site, in an engine of its own";
constexpr const char *kNoEditor = "the window offers nothing where this could be typed";

void writeProgram(const QString &path, const QByteArray &text)
{
    write(path, text);
    QFile::setPermissions(path,
                          QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner | QFile::ReadOther
                              | QFile::ExeOther);
}

/// An app whose module begins with `text`.
auto appThat(const QByteArray &text)
{
    return [text](Stage &, const QString &dir) {
        write(dir + "/bad/app.py",
              text + "\ndef application(environ, start_response):\n    return []\n");
        write(dir + "/bad/requirements.txt", "arcology-planted\n");
    };
}

auto interpreterThat(const QByteArray &script)
{
    return [script](Stage &, const QString &dir) {
        writeProgram(dir + "/python", script);
    };
}

auto document(const QByteArray &text)
{
    return [text](Stage &stage, const QString &dir) {
        QByteArray filledIn = text;
        filledIn.replace("{port}", QByteArray::number(stage.heldPort()));
        write(dir + "/config.json", filledIn);
    };
}

/// The database of a data directory, spoilt.
void spoilDatabase(Stage &stage, const QString &dir, const std::function<void(QByteArray &)> &spoil)
{
    stage.copyDataDir(dir + "/data");
    QFile file(dir + "/data/arcology.db");
    QVERIFY(file.open(QIODevice::ReadWrite));
    QByteArray bytes = file.readAll();
    spoil(bytes);
    file.seek(0);
    file.write(bytes);
    file.resize(bytes.size());
}

auto databaseThat(std::function<void(QByteArray &)> spoil)
{
    return [spoil = std::move(spoil)](Stage &stage, const QString &dir) {
        spoilDatabase(stage, dir, spoil);
    };
}

const QStringList kServeBad {"serve",       "{dir}/bad", "--listen",
                             "127.0.0.1:0", "--entry",   "app:application"};
const QStringList kAddBad {"site", "add",     "{dir}/bad",      "--name",
                           "bad",  "--entry", "app:application"};
const QStringList kServePython {"serve",       "{site}",   "--listen",
                                "127.0.0.1:0", "--python", "{dir}/python"};
const QStringList kEditPython {"site", "edit", "shop", "--python", "{dir}/python"};
const QStringList kServeData {"serve",       "{site}",     "--listen",
                              "127.0.0.1:0", "--data-dir", "{dir}/data"};
const QStringList kCtlData {"status", "--data-dir", "{dir}/data"};
const QStringList kHeadless {"--headless", "--data-dir", "{dir}/data", "--config",
                             "{dir}/config.json"};
const QStringList kImport {"config", "import", "{dir}/config.json"};
constexpr const char *kOther =
    "choose another interpreter, for instance /usr/bin/python3 \\(CPython";

QList<BadInput> folders()
{
    return {
        {.name = "a folder that is no project",
         .make = [](Stage &,
                    const QString &dir) { write(dir + "/bad/script.py", "print('no app')"); },
         .cause = "is not a project|No project was recognised",
         .remedy = "name the entry point, or serve it as files|files can be served as they are",
         .exitCode = 3,
         .serve = {"serve", "{dir}/bad", "--listen", "127.0.0.1:0", "--data-dir", "{dir}/new"},
         .ctl = {"site", "add", "{dir}/bad"},
         .window = InWindow::Drop,
         .argument = "{dir}/bad"},
        {.name = "a target that does not exist",
         .make = [](Stage &, const QString &) {},
         .cause = "{dir}/none does not exist",
         .remedy = "(name|choose) the folder of a project",
         .exitCode = 3,
         .serve = {"serve", "{dir}/none", "--data-dir", "{dir}/new"},
         .ctl = {"site", "add", "{dir}/none"},
         .window = InWindow::Drop,
         .argument = "{dir}/none"},
        {.name = "a file instead of a folder",
         .make = [](Stage &, const QString &dir) { write(dir + "/app.py", "x = 1"); },
         .cause = "{dir}/app.py is not a folder",
         .remedy = "name the folder it lies in",
         .exitCode = 3,
         .serve = {"serve", "{dir}/app.py"},
         .ctl = {"site", "add", "{dir}/app.py"},
         .why = "the window takes the folder of a file that is dropped, and says so"},
        {.name = "a folder that may not be read",
         .make =
             [](Stage &, const QString &dir) {
                 write(dir + "/closed/index.html", "secret");
                 QFile::setPermissions(dir + "/closed", QFile::Permissions());
             },
         .cause = "the user \\w+ may not read {dir}/closed",
         .remedy =
             "give that user the right to \\(chmod, setfacl\\), or start Arcology as the user "
             "who owns it",
         .exitCode = 1,
         .serve = {"serve", "{dir}/closed"},
         .ctl = {"site", "add", "{dir}/closed"},
         .window = InWindow::Drop,
         .argument = "{dir}/closed",
         .asGuest = true},
    };
}

/// Projects that are recognised, with an app file nobody can import.
QList<BadInput> brokenApps()
{
    return {
        {.name = "an app that Python cannot parse",
         .make =
             [](Stage &, const QString &dir) {
                 write(dir + "/bad/app.py",
                       "from flask import Flask\napp = Flask(__name__)\n\ndef front(:\n");
                 write(dir + "/bad/index.html", "pages that must not hide it");
             },
         .cause = "app.py line 4: invalid syntax",
         .remedy = "mend it, name another entry point, or serve the folder as files|files can be "
                   "served as they are",
         .exitCode = 3,
         .serve = {"serve", "{dir}/bad", "--listen", "127.0.0.1:0"},
         .ctl = {"site", "add", "{dir}/bad"},
         .window = InWindow::Drop,
         .argument = "{dir}/bad"},
        {.name = "an app that may not be read",
         .make =
             [](Stage &, const QString &dir) {
                 write(dir + "/bad/app.py", "from flask import Flask\napp = Flask(__name__)\n");
                 QFile::setPermissions(dir + "/bad/app.py", QFile::Permissions());
             },
         .cause = "app.py cannot be read: permission denied",
         .remedy = "mend it, name another entry point, or serve the folder as files",
         .exitCode = 3,
         .serve = {"serve", "{dir}/bad", "--listen", "127.0.0.1:0"},
         .ctl = {"site", "add", "{dir}/bad"},
         .why = "rights mean nothing to the root whose window a test opens",
         .asGuest = true},
    };
}

QList<BadInput> apps()
{
    return {
        {.name = "an import error",
         .make = appThat("from json import planted_name"),
         .cause = "ImportError: cannot import name 'planted_name'",
         .remedy = "\\(app.py line 1\\)",
         .exitCode = 4,
         .serve = kServeBad,
         .ctl = kAddBad,
         .window = InWindow::Serve,
         .argument = "{dir}/bad",
         .staysAsFailed = true},
        {.name = "a package that is not installed",
         .make = appThat("import arcology_planted.inner"),
         .cause = "No module named 'arcology_planted' \\(app.py line 1\\)",
         .remedy = "install it with: .*pip install -r {dir}/bad/requirements.txt",
         .exitCode = 4,
         .serve = kServeBad,
         .ctl = kAddBad,
         .window = InWindow::Serve,
         .argument = "{dir}/bad",
         .staysAsFailed = true},
        {.name = "an app that ends while it is imported",
         .make = appThat("raise SystemExit(3)"),
         .cause = "import app ended the program with exit code 3",
         .remedy = "only under if __name__ == '__main__'",
         .exitCode = 4,
         .serve = kServeBad,
         .ctl = kAddBad,
         .window = InWindow::Serve,
         .argument = "{dir}/bad",
         .staysAsFailed = true},
        {.name = "an entry point that names no attribute",
         .make = appThat("other = 1"),
         .cause = "entry: \"app\" must be MODULE:ATTRIBUTE",
         .remedy = "for instance app:app",
         .exitCode = 2,
         .serve = {"serve", "{dir}/bad", "--entry", "app"},
         .ctl = {"site", "edit", "shop", "--entry", "app"},
         .why = kNoEditor},
        {.name = "an edit to an entry point that is not there",
         .make = [](Stage &, const QString &) {},
         .cause = "the new release did not start: .*module app has no attribute nothing",
         .remedy = "the old one still serves; nothing was changed",
         .exitCode = 4,
         .ctl = {"site", "edit", "shop", "--entry", "app:nothing"},
         .why = "`serve` edits nothing; the window takes back what it applied, in tst_window"},
        {.name = "an entry point that is not there",
         .make = appThat("other = 1"),
         .cause = "module app has no attribute nothing",
         .remedy = "the entry point may be app:application",
         .exitCode = 4,
         .serve = {"serve", "{dir}/bad", "--listen", "127.0.0.1:0", "--entry", "app:nothing"},
         .ctl = {"site", "add", "{dir}/bad", "--name", "bad", "--entry", "app:nothing"},
         .why = kNoEditor,
         .staysAsFailed = true},
    };
}

QList<BadInput> interpreters()
{
    const auto row = [](const char *name, std::function<void(Stage &, const QString &)> make,
                        const char *cause, InWindow window) {
        return BadInput {.name = name,
                         .make = std::move(make),
                         .cause = cause,
                         .remedy = kOther,
                         .exitCode = 2,
                         .serve = kServePython,
                         .ctl = kEditPython,
                         .window = window,
                         .argument = "{dir}/python"};
    };
    return {
        row(
            "an interpreter that is not there", [](Stage &, const QString &) {},
            "{dir}/python does not exist", InWindow::Edit),
        row(
            "an interpreter that is not executable",
            [](Stage &, const QString &dir) { write(dir + "/python", "#!/bin/sh\n"); },
            "{dir}/python is not executable", InWindow::Interpreter),
        row(
            "an interpreter that is a folder",
            [](Stage &, const QString &dir) { QDir().mkpath(dir + "/python"); },
            "{dir}/python is a folder, not an interpreter", InWindow::Edit),
        row("a program that is no Python", interpreterThat("#!/bin/sh\necho hello\n"),
            "{dir}/python does not answer as a Python interpreter does", InWindow::Interpreter),
        row("a program that fails", interpreterThat("#!/bin/sh\nexit 3\n"),
            "{dir}/python does not answer as a Python interpreter does", InWindow::Edit),
        row("Python 2",
            interpreterThat("#!/bin/sh\n[ \"$1\" = -I ] && exit 2\n"
                            "echo arcology-python CPython 2.7.18 -\n"),
            "{dir}/python is Python 2.7.18, but apps need 3.9 or newer", InWindow::Interpreter),
        row("a Python that is too old",
            interpreterThat("#!/bin/sh\necho arcology-python CPython 3.8.20 -\n"),
            "{dir}/python is Python 3.8.20, but apps need 3.9 or newer", InWindow::Edit),
        {.name = "an interpreter that is not on PATH",
         .make = [](Stage &, const QString &) {},
         .cause = "python3.planted is on no folder of PATH",
         .remedy = "name the interpreter with its whole path",
         .exitCode = 2,
         .serve = {"serve", "{site}", "--python", "python3.planted"},
         .ctl = {"site", "edit", "shop", "--python", "python3.planted"},
         .why = "the window's dialog gives whole paths"},
    };
}

QList<BadInput> addresses()
{
    return {
        {.name = "a port in use",
         .make =
             document(R"({"format":1,"listeners":[{"id":"http","address":"127.0.0.1:{port}"}]})"),
         .cause = "127.0.0.1:{port} is in use by [^ ]+ \\(pid {pid}\\)",
         .remedy = "choose another address, or end that program",
         .exitCode = 5,
         .serve = {"serve", "{site}", "--listen", "127.0.0.1:{port}", "--data-dir", "{dir}/new"},
         .ctl = kImport,
         .window = InWindow::Import,
         .argument = "{dir}/config.json"},
        {.name = "an address of another computer",
         .make =
             document(R"({"format":1,"listeners":[{"id":"http","address":"203.0.113.7:8080"}]})"),
         .cause = "203.0.113.7:8080 is no address of this computer",
         .remedy = "`ip address` lists those",
         .exitCode = 2,
         .serve = {"serve", "{site}", "--listen", "203.0.113.7:8080"},
         .ctl = kImport,
         .window = InWindow::Import,
         .argument = "{dir}/config.json"},
        {.name = "a data directory with a name too long for its socket",
         .make = [](Stage &, const QString &) {},
         .cause = "l/control.sock: \\d+ bytes, but a socket's path may have 107",
         .remedy = "choose a shorter data directory",
         .exitCode = 2,
         .serve = {"serve", "{site}", "--data-dir", "{dir}/" + QString(100, 'l')},
         .ctl = {"status", "--data-dir", "{dir}/" + QString(100, 'l')},
         .window = InWindow::Program,
         .argument = "--data-dir {dir}/" + QString(100, 'l')},
    };
}

/// As an engine would; until this test ends.
void holdLock(const QString &file)
{
    const int lock = ::open(file.toUtf8().constData(), O_RDWR | O_CLOEXEC);
    struct flock whole { };
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    QCOMPARE(::fcntl(lock, F_OFD_SETLK, &whole), 0);
}

BadInput dataRow(const char *name, std::function<void(Stage &, const QString &)> make,
                 const char *cause, const char *remedy)
{
    return {.name = name,
            .make = std::move(make),
            .cause = cause,
            .remedy = remedy,
            .exitCode = 6,
            .serve = kServeData,
            .ctl = kCtlData,
            .window = InWindow::Start,
            .argument = "{dir}/data"};
}

QList<BadInput> databases()
{
    constexpr const char *kRepair =
        "bring back the engine's own copy with `arcology doctor --repair --data-dir";
    constexpr const char *kRestore = "put a copy of yours in its place, or move it away to begin "
                                     "with an empty configuration";
    BadInput guest = dataRow(
        "a database that may not be opened",
        [](Stage &stage, const QString &dir) {
            stage.copyDataDir(dir + "/data");
            for (const char *name :
                 {"/data", "/data/arcology.db", "/data/lock", "/data/run", "/data/logs"}) {
                if (::geteuid() == 0)
                    QCOMPARE(::chown((dir + name).toUtf8().constData(), 65534, 65534), 0);
            }
            QFile::setPermissions(dir + "/data/arcology.db", QFile::Permissions());
        },
        "arcology.db: Permission denied", "give the file back to the engine's user");
    guest.asGuest = true;
    guest.window = InWindow::Nowhere;
    guest.why = "what the window starts says the same as `serve`, and rights mean nothing to root";
    return {
        dataRow("a database with a spoilt head", databaseThat([](QByteArray &bytes) {
                    bytes.replace(0, 100, QByteArray(100, 'x'));
                }),
                "arcology.db: is damaged or not a database of Arcology", kRepair),
        dataRow("a database cut off",
                databaseThat([](QByteArray &bytes) { bytes.truncate(bytes.size() / 2 + 100); }),
                "arcology.db: is damaged", kRepair),
        dataRow("a database with a spoilt page", databaseThat([](QByteArray &bytes) {
                    bytes.replace(4096 + 8, 4000, QByteArray(4000, char(0xa5)));
                }),
                "arcology.db: is damaged", kRepair),
        dataRow(
            "a damaged database without a copy",
            [](Stage &stage, const QString &dir) {
                spoilDatabase(stage, dir, [](QByteArray &bytes) {
                    bytes.replace(0, 100, QByteArray(100, 'x'));
                });
                QVERIFY(QFile::remove(dir + "/data/arcology.db.backup"));
            },
            "arcology.db: is damaged or not a database of Arcology", kRestore),
        dataRow("a database of a newer version", databaseThat([](QByteArray &bytes) {
                    bytes[63] = 77; // user_version, the last byte of four
                }),
                "arcology.db: was written by a newer Arcology \\(schema 77, this one knows \\d+\\)",
                "start that version again, or choose another data directory"),
        guest,
    };
}

QList<BadInput> dataDirectories()
{
    return {
        dataRow(
            "a file instead of a data directory",
            [](Stage &, const QString &dir) { write(dir + "/data", "a file"); },
            "{dir}/data: Not a directory", "choose another data directory"),
        dataRow(
            "a data directory of somebody else",
            [](Stage &, const QString &dir) {
                QDir().mkpath(dir + "/data");
                if (::geteuid() == 0)
                    QCOMPARE(::chown((dir + "/data").toUtf8().constData(), 65534, 65534), 0);
                else // only root can give folders away: this one is root's
                    QVERIFY(QDir().rmdir(dir + "/data") && QFile::link("/usr", dir + "/data"));
            },
            "{dir}/data belongs to \\w+",
            "start Arcology as \\w+, or choose another data directory"),
        dataRow(
            "a data directory in use",
            [](Stage &, const QString &dir) {
                write(dir + "/data/lock", QByteArray::number(::getpid()) + '\n');
                holdLock(dir + "/data/lock");
            },
            "{dir}/data is in use by another engine \\(pid {pid}\\)",
            "stop it, or choose another data directory"),
    };
}

QList<BadInput> documents()
{
    const auto row = [](const char *name, const QByteArray &text, const char *cause,
                        const char *remedy) {
        return BadInput {.name = name,
                         .make = document(text),
                         .cause = cause,
                         .remedy = remedy,
                         .exitCode = 2,
                         .serve = kHeadless,
                         .ctl = kImport,
                         .window = InWindow::Import,
                         .argument = "{dir}/config.json"};
    };
    BadInput none = row("a document that is not there", "", "{dir}/none.json: No such file",
                        "name a file that `arcology ctl config export` printed");
    none.exitCode = 3;
    none.serve.last() = "{dir}/none.json";
    none.ctl.last() = "{dir}/none.json";
    none.window = InWindow::Nowhere;
    none.why = "the window's dialog gives files that are there";
    return {
        row("a document with an unknown key",
            R"({"format":1,"sites":[{"id":"a","routes":[],"colour":"red"}]})",
            "sites\\[0\\].colour: unknown key", "\\(known here: .*hosts, id, .*routes"),
        row("a document with a wrong type",
            R"({"format":1,"sites":[{"id":"a","routes":[],"enabled":"yes"}]})",
            "sites\\[0\\].enabled: ", "must be true or false"),
        row("a document that is no JSON", R"({"format":1,"sites":[)",
            "document: ", "JSON|line|byte"),
        row("a document with a setting that does not exist",
            R"({"format":1,"settings":{"pool.proceses":4}})",
            "settings.pool.proceses: there is no such setting", "did you mean pool.processes\\?"),
        row("a document with a value out of range",
            R"({"format":1,"settings":{"pool.processes":100000}})",
            "settings.pool.processes: ", "outside 0\\.\\.\\d+"),
        row("a document that trusts a proxy by its name",
            R"({"format":1,"settings":{"http.trusted_proxies":"10.0.0.0/8 proxy.example"}})",
            "settings.http.trusted_proxies: \"proxy.example\"",
            "write 10.0.0.0/8, fd00::/8 or unix"),
        row("a document with a masked value that is not stored",
            R"({"format":1,"apps":[{"id":"a","root":"/srv/a","entry":"a:b","interface":"wsgi",)"
            R"x("python":"/usr/bin/python3","env":{"TOKEN":"(masked)"}}]})x",
            "apps\\[0\\].env.TOKEN: \"\\(masked\\)\" stands for a value that is not stored here",
            "write the value, or leave it out"),
        none,
    };
}

QList<BadInput> certificates()
{
    const auto row = [](const char *name, const QStringList &files, const char *cause,
                        const char *remedy, int exitCode) {
        return BadInput {.name = name,
                         .make =
                             [](Stage &, const QString &dir) {
                                 write(dir + "/text.pem", "nothing of a certificate");
                             },
                         .cause = cause,
                         .remedy = remedy,
                         .exitCode = exitCode,
                         .serve = QStringList {"serve", "{site}", "--listen", "127.0.0.1:0",
                                               "--tls-listen", "127.0.0.1:0"}
                             + files,
                         .ctl = QStringList {"cert", "import"} + files,
                         .why = kNoEditor};
    };
    BadInput plain =
        row("a certificate without HTTPS", {"--cert", "{dir}/text.pem", "--key", "{dir}/text.pem"},
            "--cert: ", "say with --tls-listen where HTTPS answers", 2);
    plain.serve.remove(4, 2);
    plain.ctl.clear();
    return {
        row("a certificate without its key", {"--cert", "{dir}/text.pem"},
            "--cert requires --key|--key is required", "--help` explains it", 2),
        row("a certificate that is not there",
            {"--cert", "{dir}/none.pem", "--key", "{dir}/text.pem"},
            "--cert: {dir}/none.pem: No such file", "name a PEM file", 3),
        row("a certificate that is none", {"--cert", "{dir}/text.pem", "--key", "{dir}/text.pem"},
            "certificate: there is no certificate in it",
            "a PEM file begins with -----BEGIN CERTIFICATE-----", 2),
        plain,
    };
}

} // namespace

const QList<BadInput> &badInputs()
{
    static const QList<BadInput> all = folders() + brokenApps() + apps() + interpreters()
        + addresses() + databases() + dataDirectories() + documents() + certificates() + badWords();
    return all;
}

QStringList filled(const Stage &stage, const QString &dir, QStringList words)
{
    for (QString &word : words) {
        word.replace("{dir}", dir);
        word.replace("{site}", stage.siteFolder());
        word.replace("{port}", QString::number(stage.heldPort()));
        word.replace("{pid}", QString::number(QCoreApplication::applicationPid()));
    }
    return words;
}

QString lacks(const BadInput &row, const Stage &stage, const QString &dir, const QString &text)
{
    for (const char *part : {row.cause, row.remedy}) {
        const QString pattern = filled(stage, dir, {QString::fromUtf8(part)}).first();
        if (!QRegularExpression(pattern).match(text).hasMatch())
            return QString("\"%1\" is not in: %2").arg(pattern, text);
    }
    return {};
}

} // namespace arc::test
