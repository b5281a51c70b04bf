# SPDX-License-Identifier: Apache-2.0
"""The requests that a new worker answers before it is READY (pool.warm_up): what the application
loads with its first ones is then loaded, and one that fails keeps the worker from serving.
"""
import contextvars
import io
import threading
import traceback
from urllib.parse import unquote_to_bytes, urlsplit

from .loader import LoadError

AGENT = "Arcology-Warm-Up"
WHOLE = range(200, 400)  # what a probe takes for an answer that is as it should be


class Target:
    """One of pool.warm_up: a path, asked for at the address its site has, or a whole URL."""

    def __init__(self, text, origin):
        self.text = text
        url = urlsplit(origin + text if text.startswith("/") else text)
        self.scheme = url.scheme
        self.authority = url.netloc
        self.host = url.hostname or ""
        self.port = url.port or (443 if url.scheme == "https" else 80)
        self.rawPath = url.path or "/"
        self.path = unquote_to_bytes(self.rawPath)
        self.query = url.query

    def judge(self, status, error=None, trace=""):
        """Raises where this was no answer as it should be. status 0: there was none."""
        if error is not None:
            raise LoadError("the warm-up request GET %s failed: %s"
                            % (self.text, describe(error)), trace)
        if status == 0:
            raise LoadError("the warm-up request GET %s got no answer" % self.text)
        if status not in WHOLE:
            raise LoadError("the warm-up request GET %s was answered %d, not 200 to 399"
                            % (self.text, status))


def describe(error):
    text = str(error)
    return "%s: %s" % (type(error).__name__, text) if text else type(error).__name__


def targets(hello):
    told = hello["warm_up"]
    try:
        return [Target(text, told["origin"]) for text in told["requests"]]
    except ValueError as error:  # an address that the engine took for one
        raise LoadError("pool.warm_up: %s" % error) from None


# -- WSGI ------------------------------------------------------------------------------------------

def wsgi(application, template, hello, report, watcher):
    """In a thread, as requests are: what the application keeps for each thread goes with it."""
    for target in targets(hello):
        report.enter("warm-up " + target.text)
        found = {}
        thread = threading.Thread(target=callWsgi, name="warm-up", daemon=True,
                                  args=(application, template, target, found, watcher))
        thread.start()
        thread.join()
        target.judge(found.get("status", 0), found.get("error"), found.get("trace", ""))
        report.done()


def callWsgi(application, template, target, found, watcher):
    if watcher is not None:
        watcher.startsHere()

    def startResponse(status, headers, excInfo=None):
        found["status"] = int(status[:3])
        return lambda chunk: None

    # in a context of its own, as the request of a thread is
    contextvars.copy_context().run(answerWsgi, application, environFor(template, target),
                                   startResponse, found)


def answerWsgi(application, environ, startResponse, found):
    result = None
    try:
        result = application(environ, startResponse)
        for _chunk in result:
            pass
    except BaseException as error:  # whatever it is, this worker must not serve
        found.update(error=error, trace=traceback.format_exc())
    try:
        if hasattr(result, "close"):
            result.close()
    except BaseException as error:
        found.setdefault("error", error)
        found.setdefault("trace", traceback.format_exc())


def environFor(template, target):
    uri = target.rawPath + ("?" + target.query if target.query else "")
    return dict(template, REQUEST_METHOD="GET", PATH_INFO=target.path.decode("latin-1"),
                QUERY_STRING=target.query, REQUEST_URI=uri, RAW_URI=uri,
                SERVER_PROTOCOL="HTTP/1.1", SERVER_NAME=target.host,
                SERVER_PORT=str(target.port), REMOTE_ADDR="127.0.0.1", REMOTE_PORT="0",
                HTTP_HOST=target.authority, HTTP_USER_AGENT=AGENT, HTTP_ACCEPT="*/*",
                **{"wsgi.url_scheme": target.scheme, "wsgi.input": io.BytesIO(),
                   "arcology.request_id": "", "arcology.queue_seconds": 0.0})


# -- ASGI ------------------------------------------------------------------------------------------

def asgi(loop, application, state, hello, report):
    for target in targets(hello):
        report.enter("warm-up " + target.text)
        status, error, trace = loop.run_until_complete(callAsgi(application, state, target))
        target.judge(status, error, trace)
        report.done()


async def callAsgi(application, state, target):
    """(status, error, its trace)"""
    import asyncio
    answer = {"status": 0, "ended": asyncio.get_running_loop().create_future(), "asked": False}

    async def receive():
        if not answer["asked"]:
            answer["asked"] = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await answer["ended"]
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
        elif message["type"] == "http.response.pathsend" \
                or message["type"] == "http.response.body" and not message.get("more_body"):
            if not answer["ended"].done():
                answer["ended"].set_result(None)

    try:
        await application(scopeFor(state, target), receive, send)
    except BaseException as error:
        return answer["status"], error, traceback.format_exc()
    finally:
        if not answer["ended"].done():
            answer["ended"].set_result(None)
    return answer["status"], None, ""


def scopeFor(state, target):
    from .asgi import VERSIONS  # with asyncio, which a WSGI worker does without
    headers = [("host", target.authority), ("user-agent", AGENT), ("accept", "*/*")]
    return {"type": "http", "asgi": VERSIONS,
            "http_version": "1.1", "method": "GET", "scheme": target.scheme,
            "path": target.path.decode("utf-8", "replace"),
            "raw_path": target.rawPath.encode("latin-1", "replace"),
            "query_string": target.query.encode("latin-1", "replace"), "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1", "replace"))
                        for name, value in headers],
            "client": ("127.0.0.1", 0), "server": (target.host, target.port),
            "state": state.copy(), "extensions": {}}
