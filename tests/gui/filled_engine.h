// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/fake_control.h"

namespace arc::test {

/// Logs as a day leaves them.
void fillLogs(FakeControl &control);
/// Imported certificates in every state, beside the local CA's.
void fillCertificates(FakeControl &control);
/// Workers of "shop" that hung, were replaced, crashed and did not start, the newest first.
void fillWorkerEnds(FakeControl &control);
/// All of them.
void fillDay(FakeControl &control);

} // namespace arc::test
