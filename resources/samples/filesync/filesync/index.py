# SPDX-License-Identifier: Apache-2.0
"""The index: which names exist, what they hold, and every change in order. One SQLite file that all
worker processes share; a change is one transaction that begins by taking the write lock, so what
it checked still holds when it commits.
"""
import contextlib
import sqlite3
import time

BUSY_SECONDS = 15
CHANGES_KEPT = 20000   # a client that is further behind lists everything again
CHANGES_PER_ANSWER = 500

SCHEMA = """
CREATE TABLE IF NOT EXISTS file(
    name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL, modified REAL NOT NULL,
    revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS file_sha256 ON file(sha256);
CREATE TABLE IF NOT EXISTS change(
    revision INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, kind TEXT NOT NULL,
    sha256 TEXT, size INTEGER, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS upload(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT,
    started REAL NOT NULL, stored_name TEXT, stored_sha256 TEXT) WITHOUT ROWID;
"""


class Index:
    def __init__(self, path):
        self._path = path
        with self.open() as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.executescript("BEGIN IMMEDIATE;" + SCHEMA + "COMMIT;")

    @contextlib.contextmanager
    def open(self):
        """A connection for one request. They are cheap, and never pass from thread to thread."""
        database = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        database.row_factory = sqlite3.Row
        try:
            database.execute("PRAGMA synchronous=FULL")
            yield database
        finally:
            database.close()

    @contextlib.contextmanager
    def change(self):
        """A connection inside a write transaction; an exception takes everything back."""
        with self.open() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")


def fileNamed(database, name):
    return database.execute("SELECT * FROM file WHERE name=?", (name,)).fetchone()


def latestRevision(database):
    return database.execute("SELECT coalesce(max(revision), 0) FROM change").fetchone()[0]


def listing(database):
    return database.execute("SELECT * FROM file ORDER BY name").fetchall()


def clashOf(database, name):
    """A name that cannot stand beside this one: a file where this one needs a folder, or the other
    way round. None when there is none.
    """
    parts = name.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts))]
    marks = ",".join("?" * len(above))
    row = database.execute(
        "SELECT name FROM file WHERE name IN (%s) OR (name >= ? AND name < ?) LIMIT 1" % marks,
        above + [name + "/", name + "0"]).fetchone()  # "0" is the letter after "/"
    return row["name"] if row else None


def recordFile(database, name, sha256, size):
    """Puts a content under a name, as one change; returns the revision."""
    now = time.time()
    existed = fileNamed(database, name) is not None
    revision = recordChange(database, name, "changed" if existed else "added", sha256, size, now)
    database.execute("INSERT OR REPLACE INTO file VALUES(?,?,?,?,?)",
                     (name, sha256, size, now, revision))
    return revision


def removeFile(database, name):
    database.execute("DELETE FROM file WHERE name=?", (name,))
    return recordChange(database, name, "removed", None, None, time.time())


def recordChange(database, name, kind, sha256, size, now):
    revision = database.execute(
        "INSERT INTO change(name, kind, sha256, size, at) VALUES(?,?,?,?,?)",
        (name, kind, sha256, size, now)).lastrowid
    database.execute("DELETE FROM change WHERE revision <= ?", (revision - CHANGES_KEPT,))
    return revision


def changesSince(database, since):
    """(rows, latest revision), oldest first; None when that far back is not known any more, or when
    the index is younger than what the client saw.
    """
    latest = latestRevision(database)
    oldest = database.execute("SELECT min(revision) FROM change").fetchone()[0]
    if since > latest or (oldest is not None and since < oldest - 1):
        return None
    rows = database.execute("SELECT * FROM change WHERE revision > ? ORDER BY revision LIMIT ?",
                            (since, CHANGES_PER_ANSWER)).fetchall()
    return rows, latest
