#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps a folder in step with a Filesync server, both ways. Needs Python 3.9 and nothing else.

    python3 sync.py http://127.0.0.1:8080 ~/Shared            once
    python3 sync.py http://127.0.0.1:8080 ~/Shared --watch 5  again every five seconds
    python3 sync.py http://127.0.0.1:8080 ~/Shared --dry-run  only says what it would do

What changed on one side only goes to the other. What changed on both sides is kept twice: the
server's version under the name, yours as "name (conflict from COMPUTER DATE)". A change wins over a
deletion. Symbolic links are neither followed nor replaced. Notes are kept in FOLDER/.filesync.

Exit codes: 0 in step · 1 something could not be done, and was said · 2 usage.
"""
import argparse
import base64
import datetime
import fcntl
import hashlib
import http.client
import json
import os
import socket
import stat
import sys
import tempfile
import time
import unicodedata
import urllib.parse

NOTES = ".filesync"
CHUNK_BYTES = 4 << 20
PIECE_BYTES = 64 * 1024
ATTEMPTS_MAX = 6
ROUNDS_MAX = 4
RETRY_SECONDS = 0.4
TIMEOUT_SECONDS = 60
JSON_BYTES_MAX = 64 << 20
PASSING = (423, 429, 502, 503, 504)  # asking again may help


class Trouble(Exception):
    """One sentence for the user; the file is left as it is on both sides."""


class Status(Trouble):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


# -- the server ------------------------------------------------------------------------------------

class Server:
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url if "://" in url else "http://" + url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Trouble("“%s” is no address like http://127.0.0.1:8080." % url)
        self.url = "%s://%s%s" % (parts.scheme, parts.netloc, parts.path.rstrip("/"))
        self._kind = (http.client.HTTPSConnection if parts.scheme == "https"
                      else http.client.HTTPConnection)
        self._place = parts.hostname, parts.port
        self._base = parts.path.rstrip("/")

    def ask(self, method, path, body=None, headers=None, take=None):
        """(status, headers, what take() made of the body). Raises Status from 400 on, after asking
        again while that may help. A piece of an upload is never repeated blindly: see upload().
        """
        again = method != "PATCH"
        for attempt in range(ATTEMPTS_MAX):
            try:
                return self._once(method, path, body, headers or {}, take)
            except Status as error:
                if not again or error.status not in PASSING or attempt + 1 == ATTEMPTS_MAX:
                    raise
            except (OSError, http.client.HTTPException) as error:
                if not again or attempt + 1 == ATTEMPTS_MAX:
                    raise Status(0, "%s does not answer: %s" % (self.url, error)) from None
            time.sleep(RETRY_SECONDS * (attempt + 1))
        raise AssertionError("not reached")

    def _once(self, method, path, body, headers, take):
        connection = self._kind(*self._place, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, self._base + path, body, headers)
            answer = connection.getresponse()
            if answer.status >= 400:
                text = answer.read(PIECE_BYTES)
                raise Status(answer.status, reasonOf(answer.status, text))
            if take is None:
                return answer.status, answer.headers, answer.read(JSON_BYTES_MAX)
            return answer.status, answer.headers, take(answer)
        finally:
            connection.close()

    def json(self, method, path, value=None, headers=None):
        body = None
        headers = dict(headers or {})
        if value is not None:
            body = json.dumps(value).encode()
            headers["Content-Type"] = "application/json"
        data = self.ask(method, path, body, headers)[2]
        try:
            return json.loads(data or b"null")
        except ValueError:
            raise Trouble("%s does not speak like a Filesync server." % self.url) from None

    def files(self):
        answer = self.json("GET", "/api/files")
        try:
            return answer["revision"], {file["name"]: file["sha256"] for file in answer["files"]}
        except (TypeError, KeyError):
            raise Trouble("%s is no Filesync server." % self.url) from None

    def filesAfter(self, revision, files):
        """The list after a revision whose list is known: only what changed travels."""
        files = dict(files)
        while True:
            try:
                answer = self.json("GET", "/api/changes?since=%d" % revision)
            except Status as error:
                if error.status == 410:
                    return self.files()
                raise
            for change in answer["changes"]:
                if change["kind"] == "removed":
                    files.pop(change["name"], None)
                else:
                    files[change["name"]] = change["sha256"]
            revision = answer["revision"]
            if not answer["more"]:
                return revision, files

    def download(self, name, sha256, path):
        """Into path, going on where an earlier attempt broke off. The bytes have the checksum."""
        headers = {"If-Match": '"%s"' % sha256}
        have = os.path.getsize(path) if os.path.exists(path) else 0
        if have:
            # Should the file be another one by now, all of it comes.
            headers.update({"Range": "bytes=%d-" % have, "If-Range": '"%s"' % sha256})

        def take(answer):
            with open(path, "ab" if answer.status == 206 else "wb") as file:
                while True:
                    piece = answer.read(PIECE_BYTES)
                    if not piece:
                        break
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())

        try:
            self.ask("GET", fileUrl(name), None, headers, take)
        except Status as error:
            if error.status != 416:  # 416: everything was here already
                raise
        if checksumOf(path) != sha256:
            os.unlink(path)
            raise Trouble("“%s” arrived damaged and was thrown away." % name)

    def upload(self, name, path, size, sha256, condition, notes):
        """In pieces, going on where an earlier attempt broke off."""
        identifier, offset = self._continued(notes.get(sha256))
        if identifier is None:
            made = self.json("POST", "/api/uploads",
                             {"name": name, "size": size, "sha256": sha256})
            identifier, offset = made["id"], 0
            notes[sha256] = identifier
        for attempt in range(ATTEMPTS_MAX):
            with open(path, "rb") as file:
                offset = self._sendPieces(identifier, file, offset, size)
            if offset < size:
                raise Trouble("“%s” became shorter while it was sent." % name)
            try:
                self.json("PUT", "/api/uploads/" + identifier, {"name": name}, condition)
                notes.pop(sha256, None)
                return
            except Status as error:
                if error.status == 412:
                    raise
                if error.status == 422 and attempt == 0:  # damaged on the way: all over again
                    offset = 0
                    continue
                notes.pop(sha256, None)
                raise

    def _continued(self, identifier):
        if identifier is None:
            return None, 0
        try:
            known = self.json("GET", "/api/uploads/" + identifier)
            return identifier, known["offset"]
        except Status as error:
            if error.status == 404:
                return None, 0
            raise

    def _sendPieces(self, identifier, file, offset, size):
        failures = 0
        while offset < size:
            file.seek(offset)
            piece = file.read(CHUNK_BYTES)
            if not piece:
                break
            digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
            try:
                _, headers, _ = self.ask("PATCH", "/api/uploads/" + identifier, piece, {
                    "Upload-Offset": str(offset), "Content-Digest": "sha-256=:%s:" % digest,
                    "Content-Type": "application/octet-stream"})
                offset = int(headers["Upload-Offset"])
                failures = 0
            except Status as error:
                failures += 1
                if error.status not in PASSING + (0, 409, 422) or failures == ATTEMPTS_MAX:
                    raise
                time.sleep(RETRY_SECONDS * failures)
                offset = self._continued(identifier)[1]  # part of the piece may have arrived
        return offset


def reasonOf(status, text):
    try:
        return json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return "The server answered %d." % status


def fileUrl(name):
    return "/files/" + urllib.parse.quote(name)


# -- the folder ------------------------------------------------------------------------------------

def checksumOf(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            piece = file.read(PIECE_BYTES)
            if not piece:
                return digest.hexdigest()
            digest.update(piece)


def signatureOf(info):
    return [info.st_size, info.st_mtime_ns, info.st_ino]


def isSafe(name):
    """Whether a name from the server stays inside the folder. The server checks too, but a client
    believes nobody about where it writes.
    """
    parts = name.split("/")
    return (all(part not in ("", ".", "..") for part in parts) and parts[0].lower() != NOTES
            and "\0" not in name and "\\" not in name)


class Folder:
    def __init__(self, root):
        self.root = os.path.realpath(root)
        self.notes = os.path.join(self.root, NOTES)
        os.makedirs(os.path.join(self.notes, "parts"), exist_ok=True)
        self._lock = open(os.path.join(self.notes, "lock"), "wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble("Another sync.py is at work in %s." % self.root) from None
        try:
            with open(os.path.join(self.notes, "state.json"), encoding="utf-8") as file:
                self.state = json.load(file)
        except (OSError, ValueError):
            self.state = {}

    def close(self):
        self._lock.close()

    def begin(self, server):
        if self.state.get("server") != server:
            # Of another server nothing is known: what is on both sides and equal is in step.
            self.state = {"server": server, "revision": 0, "files": {}, "remote": None,
                          "seen": {}, "uploads": {}}

    def save(self):
        handle, path = tempfile.mkstemp(dir=self.notes)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self.state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path, os.path.join(self.notes, "state.json"))

    def path(self, name):
        return os.path.join(self.root, *name.split("/"))

    def scan(self, complain):
        """name -> (checksum, signature). A file is read again only when its size or time changed.
        """
        found, seen = {}, self.state["seen"]
        for place, folders, names in os.walk(self.root):
            if place == self.root and NOTES in folders:
                folders.remove(NOTES)
            folders[:] = sorted(folder for folder in folders
                                if not os.path.islink(os.path.join(place, folder)))
            for entry in sorted(names):
                path = os.path.join(place, entry)
                name = unicodedata.normalize("NFC", os.path.relpath(path, self.root))
                if os.sep != "/":
                    name = name.replace(os.sep, "/")
                try:
                    info = os.lstat(path)
                    if not stat.S_ISREG(info.st_mode):
                        continue
                    signature = signatureOf(info)
                    known = seen.get(name)
                    sha256 = known[1] if known and known[0] == signature else checksumOf(path)
                    found[name] = sha256, signature
                except OSError as error:
                    raise Trouble("%s cannot be read: %s" % (name, error.strerror)) from None
                except UnicodeError:
                    complain("A file in %s has a name that is no text." % place)
        self.state["seen"] = {name: [signature, sha256]
                              for name, (sha256, signature) in found.items()}
        return found

    def isUnchanged(self, name, local):
        """Whether the file is still what the scan saw; local None: nothing was there."""
        try:
            info = os.lstat(self.path(name))
        except (FileNotFoundError, NotADirectoryError):
            return local is None
        return local is not None and signatureOf(info) == local[1]

    def checkWay(self, name):
        """No part of the way to a file may be a link: it would lead out of the folder."""
        if not isSafe(name):
            raise Trouble("The server names a file “%s”, which is refused." % name)
        place = self.root
        for part in name.split("/"):
            place = os.path.join(place, part)
            if os.path.islink(place):
                raise Trouble("“%s” is not written: %s is a symbolic link." % (name, place))

    def put(self, name, part, local):
        """Moves a finished download in place in one step, unless the place changed meanwhile."""
        self.checkWay(name)
        target = self.path(name)
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise Trouble("“%s” needs a folder where a file is." % name) from None
        if os.path.isdir(target):
            raise Trouble("“%s” is a folder here and a file on the server." % name)
        if not self.isUnchanged(name, local):
            raise Trouble("“%s” changed just now; the next round looks again." % name)
        os.replace(part, target)

    def remove(self, name, local):
        self.checkWay(name)
        if not self.isUnchanged(name, local):
            raise Trouble("“%s” changed just now; the next round looks again." % name)
        os.unlink(self.path(name))
        place = os.path.dirname(self.path(name))
        while place != self.root:
            try:
                os.rmdir(place)
            except OSError:
                return
            place = os.path.dirname(place)

    def setAside(self, name):
        """Renames your version of a file that changed on both sides; returns its new name."""
        folder, slash, leaf = name.rpartition("/")
        stem, dot, ending = leaf.rpartition(".")
        if not stem:
            stem, dot, ending = leaf, "", ""
        mark = "conflict from %s %s" % (socket.gethostname().split(".")[0] or "here",
                                        datetime.date.today().isoformat())
        number = 1
        while True:
            counted = mark if number == 1 else "%s %d" % (mark, number)
            aside = "%s%s%s (%s)%s%s" % (folder, slash, stem, counted, dot, ending)
            try:
                # link() refuses a name that is taken; rename() would replace what has it.
                os.link(self.path(name), self.path(aside))
                return aside
            except FileExistsError:
                number += 1


# -- bringing both in step -------------------------------------------------------------------------

def plan(base, local, remote):
    """(action, name) rows. base is what both sides had when they were last in step."""
    for name in sorted(set(base) | set(local) | set(remote)):
        here = local[name][0] if name in local else None
        there, before = remote.get(name), base.get(name)
        if here == there:
            yield "same", name
        elif here == before or here is None and there != before:
            yield ("remove" if there is None else "download"), name
        elif there == before or there is None:
            yield ("delete" if here is None else "upload"), name
        else:
            yield "conflict", name


class Sync:
    def __init__(self, server, folder, dry=False, out=print):
        self.server, self.folder, self.dry, self.out = server, folder, dry, out
        self.failed = 0
        self.done = 0

    def complain(self, text):
        self.failed += 1
        self.out("! " + text)

    def run(self):
        """Rounds until nothing is left to do; True when both sides are in step."""
        self.folder.begin(self.server.url)
        for _ in range(ROUNDS_MAX):
            self.failed = 0
            busy = self.round()
            if self.dry or not busy:
                break
        return not self.failed and (self.dry or not busy)

    def round(self):
        state = self.folder.state
        if state["remote"] is None:
            revision, remote = self.server.files()
        else:
            revision, remote = self.server.filesAfter(state["revision"], state["remote"])
        local = self.folder.scan(self.complain)
        busy = 0
        for action, name in plan(state["files"], local, remote):
            if action == "same":
                self.agree(name, remote.get(name))
                continue
            busy += 1
            self.out("%-8s %s" % (action, name))
            if self.dry:
                continue
            try:
                getattr(self, action)(name, local.get(name), remote.get(name))
                self.done += 1
            except Status as error:
                if error.status == 0:
                    raise
                if error.status != 412:  # changed meanwhile: the next round sees it
                    self.complain("%s: %s" % (name, error))
            except Trouble as error:
                self.complain(str(error))
            except OSError as error:
                self.complain("%s: %s" % (name, error.strerror or error))
            self.folder.save()
        if not self.dry:
            state["revision"], state["remote"] = revision, remote
            self.folder.save()
        return busy

    def agree(self, name, sha256):
        if sha256 is None:
            self.folder.state["files"].pop(name, None)
        else:
            self.folder.state["files"][name] = sha256

    def download(self, name, local, sha256):
        self.folder.checkWay(name)
        part = os.path.join(self.folder.notes, "parts", sha256)
        self.server.download(name, sha256, part)
        self.folder.put(name, part, local)
        self.agree(name, sha256)

    def remove(self, name, local, _sha256):
        self.folder.remove(name, local)
        self.agree(name, None)

    def upload(self, name, local, sha256):
        condition = {"If-Match": '"%s"' % sha256} if sha256 else {"If-None-Match": "*"}
        self.folder.checkWay(name)
        self.server.upload(name, self.folder.path(name), local[1][0], local[0], condition,
                           self.folder.state["uploads"])
        self.agree(name, local[0])

    def delete(self, name, _local, sha256):
        self.server.json("DELETE", fileUrl(name), None, {"If-Match": '"%s"' % sha256})
        self.agree(name, None)

    def conflict(self, name, local, sha256):
        self.folder.checkWay(name)
        part = os.path.join(self.folder.notes, "parts", sha256)
        self.server.download(name, sha256, part)
        aside = self.folder.setAside(name)
        self.out("         kept as %s" % aside)
        # link() touched neither size nor time, so put() still sees the file of the scan.
        self.folder.put(name, part, local)
        self.agree(name, sha256)


def once(arguments):
    folder = None
    try:
        server = Server(arguments.server)
        if arguments.dry_run and not os.path.isdir(arguments.folder):
            raise Trouble("%s is no folder." % arguments.folder)
        folder = Folder(arguments.folder)
        sync = Sync(server, folder, arguments.dry_run)
        inStep = sync.run()
        if not arguments.dry_run and (sync.done or not arguments.watch):
            print("In step." if inStep else "Not everything could be done.", flush=True)
        return 0 if inStep else 1
    except Trouble as error:
        print("! %s" % error, flush=True)
        return 1
    except OSError as error:
        print("! %s: %s" % (error.filename or arguments.folder, error.strerror), flush=True)
        return 1
    finally:
        if folder:
            folder.close()


def main():
    parser = argparse.ArgumentParser(description="Keeps a folder in step with a Filesync server.")
    parser.add_argument("server", help="its address, like http://127.0.0.1:8080")
    parser.add_argument("folder", help="made when it is not there")
    parser.add_argument("--watch", type=float, metavar="SECONDS", help="again and again")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    arguments = parser.parse_args()
    if arguments.watch is not None and not arguments.watch >= 0.1:
        parser.error("--watch takes 0.1 seconds or more")
    result = once(arguments)
    while arguments.watch:
        time.sleep(arguments.watch)
        result = once(arguments)
    return result


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
