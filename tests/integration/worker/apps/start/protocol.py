# SPDX-License-Identifier: Apache-2.0
# A module of the app may be called as one of the worker is.
mark = "the app own"


def app(environ, start_response):
    import protocol
    start_response("200 OK", [])
    return [protocol.mark.encode()]
