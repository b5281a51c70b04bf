// SPDX-License-Identifier: Apache-2.0
#include "app/dump_docs.h"

#include "app/ctl/ctl_manual.h"
#include "app/man_page.h"
#include "server/config/manual.h"
#include "server/control/api/openapi.h"
#include "server/detect/detect.h"
#include "server/metrics/metrics.h"

#include <fstream>
#include <string>

#include <fmt/format.h>

namespace arc {

int dumpDocsMain(int argc, char **argv)
{
    if (argc != 2) {
        fmt::print(stderr, "arcology --dump-docs DIR: name one folder\n");
        return 2;
    }
    const struct {
        const char *name;
        std::string text;
    } pages[] = {{"settings.md", settingsManual()},
                 {"metrics.md", metricsManual()},
                 {"ctl.md", ctlManual()},
                 {"openapi.json", openApiDocument()},
                 {"arcology.1", manPage()}};
    for (const auto &page : pages) {
        const std::string path = fmt::format("{}/{}", argv[1], page.name);
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file << page.text;
        if (!file.flush()) {
            fmt::print(stderr, "arcology --dump-docs: {} cannot be written\n", path);
            return 1;
        }
    }
    return 0;
}

int dumpWorkersMain(int argc, char **argv)
{
    if (argc != 2) {
        fmt::print(stderr, "arcology --dump-workers DIR: name one folder\n");
        return 2;
    }
    const auto written = installPythonFiles(argv[1]);
    if (!written) {
        fmt::print(stderr, "arcology --dump-workers: {}\n", written.error().message());
        return 1;
    }
    return 0;
}

} // namespace arc
