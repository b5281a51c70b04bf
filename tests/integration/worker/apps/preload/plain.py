# SPDX-License-Identifier: Apache-2.0
import gc
import json
import os
import random
import sys

IMPORTER = os.getpid()


def sockets():
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink("/proc/self/fd/" + name)
        except OSError:  # that of the listing
            continue
        if target.startswith(("socket:", "pipe:")) and name != "0":
            found.append(target)
    return found


def app(environ, start_response):
    path = environ["PATH_INFO"]
    body = b"fine"
    if path == "/":
        body = json.dumps({
            "pid": os.getpid(), "group": os.getpgid(0), "importer": IMPORTER,
            "random": random.random(), "collects": gc.isenabled(), "sockets": sockets(),
            "frozen": gc.get_freeze_count() if hasattr(gc, "get_freeze_count") else 0,
        }).encode()
    elif path == "/print":
        print("to standard output")
        print("to standard error", file=sys.stderr)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
