# SPDX-License-Identifier: Apache-2.0
import os
import socket

ours, theirs = socket.socketpair()
socket.setdefaulttimeout(0.1)


def app(_environ, start_response):
    start_response("200 OK", [])
    return [str(os.get_blocking(ours.fileno())).encode()]
