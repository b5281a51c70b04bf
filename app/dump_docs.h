// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

/// `arcology --dump-docs DIR`: writes the pages that are made from tables: settings.md, metrics.md,
/// openapi.json.
int dumpDocsMain(int argc, char **argv);

/// `arcology --dump-workers DIR`: writes the worker package of this build to DIR/<build id>, for
/// packages.
int dumpWorkersMain(int argc, char **argv);

} // namespace arc
