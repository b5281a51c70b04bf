# SPDX-License-Identifier: Apache-2.0
import gc

gc.disable()


def app(_environ, start_response):
    start_response("200 OK", [])
    return [str(gc.isenabled()).encode()]
