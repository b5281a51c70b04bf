// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/rules.h"

#include <QDir>
#include <QRegularExpression>
#include <QSet>

namespace arc::tidy {

namespace {

struct Arrow {
    const char *module;
    const char *mayInclude; // modules, separated by blanks; "server/" is implied
    const char *thirdParty; // beginnings of header names
};

// The table of ARCHITECTURE.md. A module may always include its own folder.
constexpr Arrow kArrows[] = {
    {"server/base", "", "fmt/ tl/"},
    {"server/config", "jobs/syntax base", "nlohmann/"},
    {"server/metrics", "base", ""},
    {"server/loop", "metrics base", "event2/"},
    {"server/net", "loop metrics base", ""},
    {"server/tls", "net loop metrics config base", "openssl/"},
    {"server/secrets", "config base", "openssl/"},
    {"server/releases", "secrets base", "openssl/ nlohmann/"},
    {"server/certs", "secrets tls store config base", "openssl/"},
    {"server/http", "http/coding net tls loop metrics config base", "nghttp2/ xxhash.h"},
    {"server/http/coding", "http loop metrics config base", "isa-l/ libdeflate.h zstd.h brotli/"},
    {"server/http/websocket", "http base", "openssl/ zlib.h"},
    {"server/detect", "base", "nlohmann/"},
    {"server/jobs/syntax", "base", "date/"},
    {"server/workers", "http http/coding http/websocket net loop detect metrics config base",
     "nlohmann/"},
    {"server/jobs", "jobs/syntax workers loop config metrics base", ""},
    {"server/store", "config base", "sqlite3.h nlohmann/"},
    {"server/observe", "loop metrics config base", "spdlog/ re2/ xxhash.h"},
    {"server/control/api", "config metrics base", "nlohmann/"},
    {"server/control/client", "control/api loop config metrics base", "curl/ nlohmann/ event2/"},
    {"server/control",
     "control/api jobs jobs/syntax workers detect observe loop config metrics base", "nlohmann/"},
    {"server/admin", "control/api http net loop config metrics base", "nlohmann/"},
    {"server/core", "*", "systemd/"},
    {"gui", "control/api config metrics base", "Q"},
    {"app", "* gui", "CLI/ nlohmann/ Q sys/"},
};

/// The row of the deepest folder that contains a file.
const Arrow *rowOf(const QString &path)
{
    const Arrow *best = nullptr;
    for (const Arrow &row : kArrows) {
        const QString folder = QString(row.module) + "/";
        if (path.startsWith(folder) && (!best || qstrlen(row.module) > qstrlen(best->module)))
            best = &row;
    }
    return best;
}

/// A header that belongs to a library (not to the language or the system).
bool isThirdParty(const QString &header)
{
    static const char *const kLibraries[] = {
        "fmt/",   "tl/",     "nlohmann/",    "event2/",  "nghttp2/", "openssl/", "sqlite3.h",
        "curl/",  "spdlog/", "CLI/",         "xxhash.h", "systemd/", "re2/",     "isa-l/",
        "zstd.h", "brotli/", "libdeflate.h", "zlib.h",   "date/",    "Q"};
    for (const char *library : kLibraries) {
        if (header.startsWith(library))
            return true;
    }
    return false;
}

bool beginsWithAny(const QString &header, const char *prefixes)
{
    for (const QString &prefix : QString(prefixes).split(' ', Qt::SkipEmptyParts)) {
        if (header.startsWith(prefix))
            return true;
    }
    return false;
}

bool isAllowedInclude(const Arrow &row, const QString &header)
{
    const QString own = QString(row.module) + "/";
    const Arrow *target = rowOf(header);
    if (!target)
        return false;
    const QString module = target->module;
    if (module == row.module || header.startsWith(own))
        return true;
    for (const QString &allowed : QString(row.mayInclude).split(' ', Qt::SkipEmptyParts)) {
        if ((allowed == "*" && module.startsWith("server/")) || module == "server/" + allowed
            || module == allowed)
            return true;
    }
    return false;
}

struct Ban {
    const char *pattern;
    const char *instead;
    const char *exempt; // paths where it is the implementation of the replacement
};

const Ban kBans[] = {
    {"\\bstd::thread\\b", "arc::Thread", "server/base/thread"},
    {"\\b(sleep_for|usleep|nanosleep)\\s*\\(", "a Timer, or a wait on a condition with a deadline",
     ""},
    {"\\bstd::sto(i|l|ul|ll|ull|f|d)\\b", "parseUnsigned(), parseSigned(), parseDouble()", ""},
    {"\\batoi\\s*\\(", "parseUnsigned()", ""},
    {"\\bQEventLoop\\b", "a callback", ""},
    {"\\bcatch\\s*\\(\\s*\\.\\.\\.", "catch what you know", ""},
    {"\\b(sprintf|strcpy|strcat|gets)\\s*\\(", "fmt::format()", ""},
    {"(?<![.>])\\bsystem\\s*\\(", "AppCommand or posix_spawn",
     "server/net/socket_address"}, // not SocketAddress::system()
    {"\\bstd::regex\\b", "a hand-written scan", ""},
};

/// A test that reads as `name(` at the left edge, a body and a closing brace at the left edge.
void checkFunctions(const SourceFile &file, QStringList &findings)
{
    constexpr int kFunctionLinesMax = 70;
    int opened = -1;
    for (qsizetype i = 0; i < file.lines.size(); ++i) {
        if (file.lines[i] == "{")
            opened = static_cast<int>(i);
        if (file.lines[i] == "}" && opened >= 0) {
            const int length = static_cast<int>(i) - opened - 1;
            // The cases of a test are a table.
            const bool isTable = opened > 0 && file.lines[opened - 1].contains("_data()");
            if (length > kFunctionLinesMax && !isTable)
                findings << QString("%1:%2: a function of %3 lines; %4 is the most: split it by "
                                    "responsibility")
                                .arg(file.path)
                                .arg(opened + 1)
                                .arg(length)
                                .arg(kFunctionLinesMax);
            opened = -1;
        }
    }
}

} // namespace

QStringList checkArrows(const std::vector<SourceFile> &files)
{
    static const QRegularExpression include(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
    QStringList findings;
    for (const SourceFile &file : files) {
        const Arrow *row = rowOf(file.path);
        if (!file.isCode() || !row)
            continue;
        for (qsizetype i = 0; i < file.lines.size(); ++i) {
            const auto match = include.match(file.lines[i]);
            if (!match.hasMatch())
                continue;
            const QString header = match.captured(2);
            const bool ours = match.captured(1) == "\"" && header.contains('/');
            const bool generated = header.endsWith(".moc");
            if (ours && !isAllowedInclude(*row, header)) {
                findings << QString(
                                "%1:%2: %3 may not include %4 (see the table in ARCHITECTURE.md)")
                                .arg(file.path)
                                .arg(i + 1)
                                .arg(row->module, header);
            } else if (!ours && !generated && isThirdParty(header)
                       && !beginsWithAny(header, row->thirdParty)
                       && !beginsWithAny(header, "fmt/ tl/")) {
                findings << QString("%1:%2: %3 is not for %4")
                                .arg(file.path)
                                .arg(i + 1)
                                .arg(header, row->module);
            }
        }
    }
    return findings;
}

QStringList checkSizes(const std::vector<SourceFile> &files)
{
    constexpr qsizetype kFileLinesMax = 600;
    constexpr qsizetype kMainLinesMax = 150;
    constexpr qsizetype kColumnsMax = 100;
    QStringList findings;
    for (const SourceFile &file : files) {
        const bool python = file.path.endsWith(".py");
        if (!file.isCode() && !python)
            continue;
        const qsizetype most = file.path == "app/main.cpp" ? kMainLinesMax : kFileLinesMax;
        if (file.lines.size() > most)
            findings << QString("%1: %2 lines; %3 is the most")
                            .arg(file.path)
                            .arg(file.lines.size())
                            .arg(most);
        if (!file.isCode())
            continue;
        checkFunctions(file, findings);
        for (qsizetype i = 0; i < file.lines.size(); ++i) {
            // A string literal cannot always be broken; code can.
            if (file.lines[i].size() > kColumnsMax && !file.lines[i].contains('"'))
                findings << QString("%1:%2: %3 columns; %4 is the most")
                                .arg(file.path)
                                .arg(i + 1)
                                .arg(file.lines[i].size())
                                .arg(kColumnsMax);
        }
    }
    return findings;
}

QStringList checkBannedCalls(const std::vector<SourceFile> &files)
{
    QStringList findings;
    for (const SourceFile &file : files) {
        if (!file.isCode() || file.path.startsWith("tests/tidy/"))
            continue;
        for (const Ban &ban : kBans) {
            if (*ban.exempt && beginsWithAny(file.path, ban.exempt))
                continue;
            const QRegularExpression pattern(ban.pattern);
            for (qsizetype i = 0; i < file.lines.size(); ++i) {
                if (pattern.match(codeOf(file.lines[i])).hasMatch())
                    findings << QString("%1:%2: %3; use %4")
                                    .arg(file.path)
                                    .arg(i + 1)
                                    .arg(file.lines[i].trimmed(), ban.instead);
            }
        }
        for (qsizetype i = 0; i < file.lines.size(); ++i) {
            const QString code = codeOf(file.lines[i]);
            if (file.path.endsWith(".h") && code.contains("using namespace"))
                findings << QString("%1:%2: using namespace in a header").arg(file.path).arg(i + 1);
            if (file.path.startsWith("server/")
                && code.contains(QRegularExpression("#\\s*include\\s*<Q")))
                findings << QString("%1:%2: Qt under server/").arg(file.path).arg(i + 1);
        }
    }
    return findings;
}

QStringList checkLicenceLines(const std::vector<SourceFile> &files)
{
    QStringList findings;
    for (const SourceFile &file : files) {
        if (file.path.startsWith("resources/samples/") || file.path.endsWith("requirements.txt")
            || (file.path.endsWith(".txt") && !file.path.endsWith("CMakeLists.txt")))
            continue;
        const QString marker = "SPDX-License-Identifier: Apache-2.0";
        const bool first = !file.lines.isEmpty() && file.lines.first().contains(marker);
        const bool second = file.lines.size() > 1 && file.lines.first().startsWith("#!")
            && file.lines[1].contains(marker);
        if (!first && !second)
            findings << file.path + ": the first line must be \"" + marker + "\" in a comment";
    }
    return findings;
}

QStringList checkEverySourceIsBuilt(const std::vector<SourceFile> &files)
{
    static const QRegularExpression separators("[^A-Za-z0-9_./-]+");
    QSet<QString> built; // paths, and "folder/stem" for names that a loop completes
    for (const SourceFile &file : files) {
        if (!file.path.endsWith("CMakeLists.txt"))
            continue;
        const QString folder = file.path.left(file.path.lastIndexOf('/') + 1);
        for (const QString &line : file.lines) {
            for (QString name : line.split(separators, Qt::SkipEmptyParts)) {
                if (name.startsWith('/')) { // behind ${CMAKE_SOURCE_DIR}
                    built.insert(name.mid(1));
                    continue;
                }
                built.insert(QDir::cleanPath(folder + name));
                built.insert(name);
                built.insert("tests/" + name); // the include folder of tests
            }
        }
    }
    // A test's name may be completed by a loop ("tst_${name}.cpp"), its helpers stand behind a
    // variable.
    const auto isNamedInPart = [&](const QString &path) {
        const QString name = path.mid(path.lastIndexOf('/') + 1);
        const QString folder = path.left(path.lastIndexOf('/') + 1);
        const QString stem = name.left(name.lastIndexOf('.'));
        for (qsizetype at = stem.indexOf('_'); at >= 0; at = stem.indexOf('_', at + 1)) {
            if (built.contains(folder + stem.mid(at + 1)))
                return true;
        }
        return built.contains(name);
    };
    QStringList findings;
    for (const SourceFile &file : files) {
        const QString stem = file.path.left(file.path.lastIndexOf('.'));
        if (!(file.path.endsWith(".cpp") || file.path.endsWith(".c")) || built.contains(file.path)
            || built.contains(stem))
            continue;
        if (!file.isTest() || !isNamedInPart(file.path))
            findings << file.path + ": stands in no CMakeLists.txt";
    }
    return findings;
}

} // namespace arc::tidy
