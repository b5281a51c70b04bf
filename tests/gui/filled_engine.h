// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/fake_control.h"

namespace arc::test {

/// Logs as a day leaves them.
void fillLogs(FakeControl &control);
/// Imported certificates in every state, beside the local CA's.
void fillCertificates(FakeControl &control);
/// Both.
void fillDay(FakeControl &control);

} // namespace arc::test
