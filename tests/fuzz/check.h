// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/assert.h"

/// A promise of the code under fuzzing; libFuzzer keeps the input that breaks it.
#define FUZZ_CHECK(expression) ARC_ASSERT(expression)
