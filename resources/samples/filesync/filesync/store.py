# SPDX-License-Identifier: Apache-2.0
"""Contents and uploads on disk, and how they get into the index.

A content lies under its SHA-256, so its file never changes once it is there, and a name that a user
chose never touches the file system. Killing a process at any moment leaves at most an upload that
can be continued, or a content that no name has yet.
"""
import base64
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import time

from . import index
from .conditions import Refused, checkConditions
from .names import checkedName

FILE_BYTES_MAX = 1 << 30
STORE_BYTES_MAX = 4 << 30
FREE_BYTES_MIN = 64 << 20   # the disk is shared with others
FILES_MAX = 20000
UPLOADS_MAX = 200
UPLOAD_SECONDS = 24 * 3600  # an upload that nobody finished is forgotten after that
PIECE_BYTES = 64 * 1024
ID_BYTES = 16


class Store:
    def __init__(self, folder, starter=None):
        self.folder = folder
        self._objects = os.path.join(folder, "objects")
        self._uploads = os.path.join(folder, "uploads")
        for path in (self._objects, self._uploads):
            os.makedirs(path, mode=0o700, exist_ok=True)
        # Workers start together; one of them makes the index.
        with open(os.path.join(folder, "lock"), "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.index = index.Index(os.path.join(folder, "index.sqlite3"))
            if starter:
                self._addStarter(starter)

    def _addStarter(self, starter):
        """The first files, once: who removes them has removed them."""
        with self.index.open() as database:
            if index.latestRevision(database):
                return
        for place, folders, names in os.walk(starter):
            folders.sort()
            for file in sorted(names):
                path = os.path.join(place, file)
                with open(path, "rb") as stream:
                    self.putStream(os.path.relpath(path, starter), stream, None, {})

    # -- contents ----------------------------------------------------------------------------------

    def objectPath(self, sha256):
        return os.path.join(self._objects, sha256[:2], sha256)

    def isStored(self, sha256):
        """Whether the content is there as a plain file: a link somebody planted is not followed."""
        try:
            return stat.S_ISREG(os.lstat(self.objectPath(sha256)).st_mode)
        except FileNotFoundError:
            return False

    def _adopt(self, path, sha256):
        """Moves a finished file among the contents. Inside the write transaction only: there nobody
        else can find that no name has this content, and remove it.
        """
        target = self.objectPath(sha256)
        if self.isStored(sha256):
            os.unlink(path)
            return
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        os.replace(path, target)
        syncFolder(os.path.dirname(target))

    def _removeUnused(self, sha256):
        with self.index.change() as database:
            used = database.execute("SELECT 1 FROM file WHERE sha256=? LIMIT 1", (sha256,))
            if used.fetchone() is None and self.isStored(sha256):
                os.unlink(self.objectPath(sha256))

    # -- files -------------------------------------------------------------------------------------

    def put(self, database, name, path, sha256, size, headers):
        """Gives the content at path a name, when the conditions hold. Returns (revision, whether
        the name is new, checksum of what it held before).
        """
        row = index.fileNamed(database, name)
        if row is not None and row["sha256"] == sha256:
            # What the client wants is already so: also when it asks again after a lost answer.
            unlinkQuietly(path)
            return row["revision"], False, None
        checkConditions(headers, row)
        clash = index.clashOf(database, name)
        if clash is not None:
            raise Refused(409, "“%s” is in the way: a name cannot be file and folder." % clash)
        count, total = database.execute("SELECT count(*), coalesce(sum(size), 0) FROM file"
                                        ).fetchone()
        if row is None and count >= FILES_MAX:
            raise Refused(507, "The store holds %d files, which is the most." % count)
        if total + size - (row["size"] if row else 0) > STORE_BYTES_MAX:
            raise Refused(507, "The store is full: it holds %d MiB." % (STORE_BYTES_MAX >> 20))
        if os.path.exists(path) or not self.isStored(sha256):
            self._adopt(path, sha256)
        revision = index.recordFile(database, name, sha256, size)
        return revision, row is None, row["sha256"] if row else None

    def putStream(self, name, stream, size, headers):
        """A whole file in one request."""
        name = checkedName(name)
        if size is not None and size > FILE_BYTES_MAX:
            raise Refused(413, tooLarge())
        with self.index.open() as database:
            row = index.fileNamed(database, name)
        if row is None or row["size"] != size:  # else it may be the same content once more
            checkConditions(headers, row)       # before the body is read for nothing
        self._checkDisk(size or 0)
        path = os.path.join(self._uploads, "put-" + secrets.token_hex(ID_BYTES))
        digest, count = hashlib.sha256(), 0
        try:
            with open(path, "xb") as file:
                for piece in pieces(stream):
                    count += len(piece)
                    if count > FILE_BYTES_MAX:
                        raise Refused(413, tooLarge())
                    digest.update(piece)
                    file.write(piece)
                syncFile(file)
            if size is not None and count != size:
                raise Refused(400, "The body ended after %d of %d bytes." % (count, size))
            checkDigest(headers, digest)
            sha256 = digest.hexdigest()
            with self.index.change() as database:
                answer = self.put(database, name, path, sha256, count, headers)
        finally:
            unlinkQuietly(path)
        self._forget(answer[2])
        return answer, name, sha256

    def delete(self, name, headers):
        name = checkedName(name)
        with self.index.change() as database:
            row = index.fileNamed(database, name)
            if row is None:
                raise Refused(404, "There is no file of this name.")
            checkConditions(headers, row)
            revision = index.removeFile(database, name)
        self._forget(row["sha256"])
        return revision

    def _forget(self, sha256):
        if sha256:
            self._removeUnused(sha256)

    # -- uploads in pieces -------------------------------------------------------------------------

    def partPath(self, identifier):
        return os.path.join(self._uploads, identifier + ".part")

    def begin(self, name, size, sha256):
        name = checkedName(name)
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise Refused(400, "“size” is the file's size in bytes.")
        if size > FILE_BYTES_MAX:
            raise Refused(413, tooLarge())
        if sha256 is not None and not isChecksum(sha256):
            raise Refused(400, "“sha256” is 64 hexadecimal digits.")
        self._checkDisk(size)
        self.removeStale()
        identifier = secrets.token_hex(ID_BYTES)
        with self.index.change() as database:
            (count,) = database.execute(
                "SELECT count(*) FROM upload WHERE stored_name IS NULL").fetchone()
            if count >= UPLOADS_MAX:
                raise Refused(429, "%d uploads are open, which is the most." % count)
            os.close(os.open(self.partPath(identifier), os.O_CREAT | os.O_EXCL | os.O_WRONLY,
                             0o600))
            database.execute("INSERT INTO upload VALUES(?,?,?,?,?,NULL,NULL)",
                             (identifier, name, size, sha256, time.time()))
        return identifier

    def upload(self, identifier):
        """Its row, and how many bytes are here. What is on disk counts: a worker that was killed
        between two pieces has left exactly that.
        """
        with self.index.open() as database:
            row = database.execute("SELECT * FROM upload WHERE id=?", (identifier,)).fetchone()
        if row is None:
            raise Refused(404, "There is no such upload.")
        if row["stored_name"] is not None:
            return row, row["size"]
        try:
            return row, os.stat(self.partPath(identifier)).st_size
        except FileNotFoundError:  # moved among the contents, but never recorded
            return row, row["size"] if row["sha256"] and self.isStored(row["sha256"]) else 0

    def append(self, identifier, offset, stream, headers):
        """Adds a piece at offset; returns the new offset. What arrived before a connection broke
        stays.
        """
        row, _here = self.upload(identifier)
        if row["stored_name"] is not None:
            raise Refused(409, "This upload is finished.", offset=row["size"])
        with self._locked(identifier) as file:
            here = file.seek(0, os.SEEK_END)
            if offset != here:
                raise Refused(409, "The upload is at byte %d." % here, offset=here)
            digest = hashlib.sha256()
            for piece in pieces(stream):
                if here + len(piece) > row["size"]:
                    file.truncate(offset)
                    raise Refused(413, "More bytes than the %d announced." % row["size"],
                                  offset=offset)
                digest.update(piece)
                file.write(piece)
                file.flush()  # a worker that is killed now has lost nothing that arrived
                here += len(piece)
            try:
                checkDigest(headers, digest)
            except Refused as refusal:
                file.truncate(offset)
                refusal.more["offset"] = offset
                raise
            return here

    def _locked(self, identifier):
        """The part file, for this request alone. The lock goes with the process, however it ends.
        """
        try:
            file = open(self.partPath(identifier), "r+b")
        except FileNotFoundError:
            raise Refused(404, "There is no such upload.") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise Refused(423, "Another request is sending to this upload.") from None
        return file

    def finish(self, identifier, name, headers):
        """Gives a complete upload its name. Asking again gives the same answer, so a client that
        lost the answer may. A condition that fails leaves the upload where it is.
        """
        row, here = self.upload(identifier)
        name = checkedName(row["name"] if name is None else name)
        if row["stored_name"] is not None:
            return self._finished(row, name)
        if here != row["size"]:
            raise Refused(409, "%d of %d bytes are here." % (here, row["size"]), offset=here)
        if not os.path.exists(self.partPath(identifier)):
            sha256 = row["sha256"]
            answer = self._record(row, name, sha256, headers)
        else:
            with self._locked(identifier) as file:
                sha256 = self._verified(row, file)
                answer = self._record(row, name, sha256, headers)
        self._forget(answer[2])
        return answer, name, sha256

    def _verified(self, row, file):
        digest = hashlib.sha256()
        for piece in pieces(file):
            digest.update(piece)
        if row["sha256"] and digest.hexdigest() != row["sha256"]:
            file.truncate(0)
            raise Refused(422, "The bytes do not have the checksum announced; send them again.",
                          offset=0)
        syncFile(file)
        return digest.hexdigest()

    def _record(self, row, name, sha256, headers):
        with self.index.change() as database:
            answer = self.put(database, name, self.partPath(row["id"]), sha256, row["size"],
                              headers)
            database.execute("UPDATE upload SET stored_name=?, stored_sha256=? WHERE id=?",
                             (name, sha256, row["id"]))
        return answer

    def _finished(self, row, name):
        if row["stored_name"] != name:
            raise Refused(409, "This upload became “%s”." % row["stored_name"])
        with self.index.open() as database:
            file = index.fileNamed(database, name)
        revision = file["revision"] if file else 0
        return (revision, False, None), name, row["stored_sha256"]

    def drop(self, identifier):
        self.upload(identifier)  # only what the index knows becomes a path
        with self.index.change() as database:
            database.execute("DELETE FROM upload WHERE id=?", (identifier,))
            unlinkQuietly(self.partPath(identifier))

    def removeStale(self):
        limit = time.time() - UPLOAD_SECONDS
        with self.index.open() as database:
            stale = [row["id"] for row in
                     database.execute("SELECT id FROM upload WHERE started < ?", (limit,))]
        for identifier in stale:
            self.drop(identifier)
        for entry in os.scandir(self._uploads):  # whole files whose worker was killed
            if entry.name.startswith("put-") and entry.stat().st_mtime < limit:
                unlinkQuietly(entry.path)

    def _checkDisk(self, size):
        if shutil.disk_usage(self.folder).free - size < FREE_BYTES_MIN:
            raise Refused(507, "The disk has no room for %d bytes." % size)


def pieces(stream):
    return iter(lambda: stream.read(PIECE_BYTES), b"")


def tooLarge():
    return "A file has at most %d MiB." % (FILE_BYTES_MAX >> 20)


def isChecksum(text):
    return isinstance(text, str) and len(text) == 64 and not set(text) - set("0123456789abcdef")


def checkDigest(headers, digest):
    """Content-Digest (RFC 9530) when the client sent one; kinds other than sha-256 are ignored."""
    for item in headers.get("Content-Digest", "").split(","):
        kind, _, value = item.strip().partition("=")
        if kind == "sha-256":
            given = value.strip().strip(":")
            if given != base64.b64encode(digest.digest()).decode():
                raise Refused(422, "The bytes that arrived do not have the checksum sent along.")


def syncFile(file):
    file.flush()
    os.fsync(file.fileno())


def syncFolder(path):
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unlinkQuietly(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
