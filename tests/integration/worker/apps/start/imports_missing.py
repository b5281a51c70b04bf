# SPDX-License-Identifier: Apache-2.0
import module_that_is_not_there
