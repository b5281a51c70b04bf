# SPDX-License-Identifier: Apache-2.0
"""The pages and the API over HTTP. What may be asked, and how it is refused, is all here."""
import errno
import os
from datetime import datetime, timezone

from flask import (Blueprint, Flask, current_app, jsonify, make_response, render_template, request,
                   send_file, url_for)
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_etags

from . import index
from .conditions import Refused, checkConditions, hasCondition
from .names import BadName, checkedName
from .store import FILE_BYTES_MAX, Store

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = os.path.dirname(HERE)
CHUNK_BYTES = 4 << 20   # what the page and sync.py send at a time
RECENT_CHANGES = 8
pages = Blueprint("pages", __name__)

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
                               "img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
                               "form-action 'self'; frame-ancestors 'none'",
}


def create_app(folder=None, starter=os.path.join(SAMPLE, "starter")):
    app = Flask(__name__)
    app.config["STORE"] = Store(folder or os.environ.get("FILESYNC_DATA")
                                or os.path.join(SAMPLE, "data"), starter)
    app.register_blueprint(pages)
    app.register_error_handler(Refused, refused)
    app.register_error_handler(BadName, lambda error: refused(Refused(400, str(error))))
    app.register_error_handler(HTTPException, httpError)
    app.register_error_handler(OSError, diskError)
    app.after_request(secured)
    app.add_template_filter(sizeText, "size")
    app.add_template_filter(lambda at: isoTime(at)[:16].replace("T", " "), "when")
    app.add_template_filter(isoTime, "iso")
    return app


def store():
    return current_app.config["STORE"]


def secured(answer):
    for name, value in SECURITY.items():
        answer.headers.setdefault(name, value)
    return answer


def refused(refusal):
    answer = jsonify(error=refusal.text, **refusal.more)
    answer.status_code = refusal.status
    if "offset" in refusal.more:
        answer.headers["Upload-Offset"] = refusal.more["offset"]
    if refusal.status == 423:
        answer.headers["Retry-After"] = "1"
    return answer


def httpError(error):
    if error.response is not None or 300 <= error.code < 400:
        return error
    wantsPage = request.accept_mimetypes.best_match(["application/json", "text/html"])
    if wantsPage == "text/html" and request.method in ("GET", "HEAD") \
            and not request.path.startswith("/api/"):
        return render_template("error.html", error=error), error.code
    answer = make_response(jsonify(error=error.description), error.code)
    answer.headers.extend({name: value for name, value in error.get_headers()
                           if name in ("Allow", "Content-Range")})
    return answer


def diskError(error):
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return refused(Refused(507, "The disk is full."))
    raise error


def sizeText(size):
    if size < 1000:
        return "%d B" % size
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.5 or unit == "GB":
            return ("%.1f %s" if size < 9.95 else "%.0f %s") % (size, unit)


def isoTime(at):
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


# -- pages -----------------------------------------------------------------------------------------

@pages.get("/")
def front():
    with store().index.open() as database:
        database.execute("BEGIN")
        files = index.listing(database)
        revision = index.latestRevision(database)
        recent = database.execute("SELECT * FROM change ORDER BY revision DESC LIMIT ?",
                                  (RECENT_CHANGES,)).fetchall()
    answer = make_response(render_template(
        "files.html", files=files, revision=revision, recent=recent, chunk=CHUNK_BYTES,
        largest=FILE_BYTES_MAX, total=sum(row["size"] for row in files)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.get("/sync.py")
def client():
    return send_file(os.path.join(SAMPLE, "sync.py"), mimetype="text/x-python",
                     as_attachment=True, conditional=True)


# -- files -----------------------------------------------------------------------------------------

@pages.get("/files/<path:name>")
def download(name):
    """A strong tag is the content's checksum, so a range can be joined to what a client has."""
    with store().index.open() as database:
        row = index.fileNamed(database, checkedName(name))
    if row is None:
        raise Refused(404, "There is no file of this name.")
    if "If-Match" in request.headers or "If-Unmodified-Since" in request.headers:
        checkConditions({key: value for key, value in request.headers
                         if key in ("If-Match", "If-Unmodified-Since")}, row)
    if isKnown(row["sha256"]):
        answer = make_response("", 304)
        answer.set_etag(row["sha256"])
        answer.last_modified = int(row["modified"])
        answer.headers["Cache-Control"] = "no-cache"
        return answer
    path = store().objectPath(row["sha256"])
    if not store().isStored(row["sha256"]):
        # Replaced between the two looks, and the old content is gone.
        raise Refused(503, "The file is just being replaced; ask again.")
    answer = send_file(path, as_attachment=True, download_name=name.rpartition("/")[2],
                       conditional=True, etag=row["sha256"], last_modified=int(row["modified"]))
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def isKnown(tag):
    """Whether the client has this version. Werkzeug would send a range of it all the same."""
    known = parse_etags(request.headers.get("If-None-Match"))
    return known.star_tag or known.contains_weak(tag)


@pages.put("/files/<path:name>")
def put(name):
    if "Content-Range" in request.headers:  # RFC 9110, section 14.5
        raise Refused(400, "Pieces go to /api/uploads, not into a file.")
    answer, name, sha256 = store().putStream(name, request.stream, request.content_length,
                                             request.headers)
    return stored(answer, name, sha256)


@pages.delete("/files/<path:name>")
def delete(name):
    if not hasCondition(request.headers):
        raise Refused(428, "Say with If-Match which version you mean.")
    return jsonify(revision=store().delete(name, request.headers))


def stored(answer, name, sha256):
    revision, isNew, _before = answer
    reply = jsonify(name=name, sha256=sha256, revision=revision)
    reply.status_code = 201 if isNew else 200
    reply.headers["ETag"] = '"%s"' % sha256
    reply.headers["Location"] = url_for("pages.download", name=name)
    return reply


# -- the list, and what changed --------------------------------------------------------------------

def described(row):
    return {"name": row["name"], "size": row["size"], "sha256": row["sha256"],
            "modified": isoTime(row["modified"]), "revision": row["revision"]}


@pages.get("/api/files")
def files():
    with store().index.open() as database:
        database.execute("BEGIN")
        revision = index.latestRevision(database)
        rows = index.listing(database)
    answer = jsonify(revision=revision, files=[described(row) for row in rows])
    return tagged(answer, "files-%d" % revision)


@pages.get("/api/changes")
def changes():
    try:
        since = int(request.args.get("since", "0"))
    except ValueError:
        since = -1
    if not 0 <= since < 1 << 62:
        raise Refused(400, "“since” is the revision that the last answer gave.")
    with store().index.open() as database:
        database.execute("BEGIN")
        found = index.changesSince(database, since)
    if found is None:
        raise Refused(410, "That revision is not known any more; list all files again.")
    rows, latest = found
    upTo = rows[-1]["revision"] if rows else latest
    answer = jsonify(revision=upTo, latest=latest, more=upTo < latest, changes=[
        {"revision": row["revision"], "name": row["name"], "kind": row["kind"],
         "sha256": row["sha256"], "size": row["size"], "at": isoTime(row["at"])} for row in rows])
    return tagged(answer, "changes-%d-%d" % (since, latest))


def tagged(answer, tag):
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "no-cache"
    return answer.make_conditional(request)


# -- uploads in pieces -----------------------------------------------------------------------------

def jsonBody():
    """An object. Other types are refused: a form of a foreign page cannot send this one."""
    if request.mimetype != "application/json":
        raise Refused(415, "The body is application/json.")
    value = request.get_json(silent=True)
    if not isinstance(value, dict):
        raise Refused(400, "The body is one JSON object.")
    return value


@pages.post("/api/uploads")
def begin():
    body = jsonBody()
    identifier = store().begin(body.get("name"), body.get("size"), body.get("sha256"))
    answer = jsonify(id=identifier, offset=0, chunk=CHUNK_BYTES)
    answer.status_code = 201
    answer.headers["Location"] = url_for("pages.upload", identifier=identifier)
    answer.headers["Upload-Offset"] = 0
    return answer


@pages.get("/api/uploads/<identifier>")
def upload(identifier):
    row, offset = store().upload(identifier)
    answer = jsonify(id=identifier, name=row["name"], size=row["size"], offset=offset,
                     finished=row["stored_name"] is not None)
    answer.headers["Upload-Offset"] = offset
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.patch("/api/uploads/<identifier>")
def append(identifier):
    try:
        offset = int(request.headers["Upload-Offset"])
    except (KeyError, ValueError):
        raise Refused(400, "Upload-Offset tells where the piece belongs.") from None
    offset = store().append(identifier, offset, request.stream, request.headers)
    answer = make_response("", 204)
    answer.headers["Upload-Offset"] = offset
    return answer


@pages.put("/api/uploads/<identifier>")
def finish(identifier):
    return stored(*store().finish(identifier, jsonBody().get("name"), request.headers))


@pages.delete("/api/uploads/<identifier>")
def drop(identifier):
    store().drop(identifier)
    return "", 204

