# SPDX-License-Identifier: Apache-2.0
import os
import socket

connection = socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))


def app(_environ, start_response):
    start_response("200 OK", [])
    return [b"served"]
