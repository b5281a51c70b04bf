# SPDX-License-Identifier: Apache-2.0
import json
import os
import sys

VALUE = 5


class Holder:
    pass


def app(environ, start_response):
    main = sys.modules["__main__"]
    start_response("200 OK", [])
    return [json.dumps({
        "cwd": os.getcwd(), "path0": sys.path[0], "argv": sys.argv, "stdin": sys.stdin.read(),
        "main": [main.__name__, getattr(main, "__file__", None)],
        "protocol": "protocol" in sys.modules,
        "ours": [name for name in sys.path if "resources" in name]}).encode()]


def create_app(configuration=None):
    return app


def needsMore(configuration):
    return app


def make_app():
    return None


holder = Holder()
holder.inner = Holder()
holder.inner.app = app
