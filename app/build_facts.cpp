// SPDX-License-Identifier: Apache-2.0
#include "app/build_facts.h"

#include "server/base/version.h"
#include "server/control/client/transfers.h"
#include "server/http/session/http2_shared.h"
#include "server/loop/event_loop.h"
#include "server/store/database.h"

#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <link.h>
#include <sys/utsname.h>

namespace arc {

namespace {

/// The linker's id of a binary, in hexadecimal: two builds that differ have different ones.
std::string buildIdIn(const char *at, size_t bytes)
{
    constexpr size_t kShownBytes = 8;
    ElfW(Nhdr) note {};
    while (bytes > sizeof note) {
        std::memcpy(&note, at, sizeof note);
        const auto padded = [](size_t n) {
            return (n + 3) & ~size_t {3};
        };
        const size_t name = sizeof note;
        const size_t text = name + padded(note.n_namesz);
        const size_t next = text + padded(note.n_descsz);
        if (next > bytes)
            break;
        if (note.n_type == NT_GNU_BUILD_ID && std::memcmp(at + name, "GNU", 4) == 0) {
            std::string id;
            for (size_t i = 0; i < std::min<size_t>(note.n_descsz, kShownBytes); ++i)
                id += fmt::format("{:02x}", static_cast<unsigned char>(at[text + i]));
            return id;
        }
        at += next;
        bytes -= next;
    }
    return {};
}

int takeBuildId(dl_phdr_info *info, size_t, void *result)
{
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr) &header = info->dlpi_phdr[i];
        if (header.p_type != PT_NOTE)
            continue;
        const std::string id =
            buildIdIn(reinterpret_cast<const char *>(info->dlpi_addr + header.p_vaddr),
                      static_cast<size_t>(header.p_memsz));
        if (!id.empty()) {
            *static_cast<std::string *>(result) = id;
            break;
        }
    }
    return 1; // the program itself comes first; libraries are not asked
}

std::string buildText()
{
    std::string id;
    dl_iterate_phdr(&takeBuildId, &id);
#ifdef NDEBUG
    const char *const kind = "release";
#else
    const char *const kind = "with assertions";
#endif
    const std::string build = fmt::format("{}, compiler {}", kind, __VERSION__);
    return id.empty() ? build : fmt::format("{}, id {}", build, id);
}

std::string systemText()
{
    std::string name;
    std::ifstream file("/etc/os-release");
    for (std::string line; std::getline(file, line);) {
        constexpr std::string_view kKey = "PRETTY_NAME=";
        if (!line.starts_with(kKey))
            continue;
        name = line.substr(kKey.size());
        if (name.size() >= 2 && name.front() == '"' && name.back() == '"')
            name = name.substr(1, name.size() - 2);
    }
    utsname kernel {};
    uname(&kernel);
    const std::string linux =
        fmt::format("{} {} {}", kernel.sysname, kernel.release, kernel.machine);
    return name.empty() ? linux : fmt::format("{}, {}", name, linux);
}

} // namespace

api::About programFacts()
{
    api::About about;
    about.version = kVersion;
    about.build = buildText();
    about.system = systemText();
    about.libraries = clientLibraries(); // libcurl, and OpenSSL as libcurl found it
    about.libraries["SQLite"] = sqliteVersion();
    about.libraries["libevent"] = libeventVersion();
    about.libraries["nghttp2"] = nghttp2Version();
    return about;
}

} // namespace arc
