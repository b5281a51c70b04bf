// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace arc {

/// What one probe found. Ok: as it should be; Warn: something works less well or not at all; Fail:
/// serving cannot work.
struct Finding {
    enum class Level { Ok, Warn, Fail };
    std::string name;
    Level level = Level::Ok;
    std::string text;
    std::string mend; ///< what an administrator can do; empty with Ok
};

// Each probe tries the thing itself on this machine, blocks for at most some seconds, and leaves
// nothing behind.

std::vector<Finding> probePythons();
Finding probeOpenat2();
Finding probePidfd();
Finding probeLandlock();
Finding probeKernelTls();
Finding probeCgroup();
Finding probeFileLimit();
Finding probePort();
Finding probeDataDir(const std::string &dataDir);
Finding probeRuntimeDir();
Finding probeEngine(const std::string &dataDirOption);
Finding probeDisplay();

/// Value of an environment variable; empty when it is not set.
std::string environmentText(const char *name);

} // namespace arc
