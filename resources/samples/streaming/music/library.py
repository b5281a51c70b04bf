# SPDX-License-Identifier: Apache-2.0
"""The library: albums and tracks from the catalogue, playlists and plays of its listeners. One
SQLite file that all worker processes share. Every call runs on a thread, so that a busy disk holds
up no other request of the event loop.
"""
import contextlib
import fcntl
import hashlib
import json
import os
import sqlite3
import time

import anyio

BUSY_SECONDS = 10
PLAYLISTS_MAX = 200
PLAYLIST_TRACKS_MAX = 300
PLAYED_AFTER_SECONDS = 5    # what somebody skips at once was not listened to
LISTENING_SECONDS = 12      # a player tells every five seconds that it plays
LISTENERS_KEPT_SECONDS = 3600
PLAYS_KEPT = 1_000_000
TOP_TRACKS = 10

SCHEMA = """
CREATE TABLE IF NOT EXISTS album(
    slug TEXT PRIMARY KEY, place INTEGER NOT NULL, title TEXT NOT NULL, artist TEXT NOT NULL,
    artist_slug TEXT NOT NULL, year INTEGER NOT NULL, genre TEXT NOT NULL, about TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS track(
    slug TEXT PRIMARY KEY, album TEXT NOT NULL REFERENCES album(slug), number INTEGER NOT NULL,
    title TEXT NOT NULL, seconds REAL NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS playlist(id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS playlist_track(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    playlist INTEGER NOT NULL REFERENCES playlist(id) ON DELETE CASCADE, track TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS play(id INTEGER PRIMARY KEY AUTOINCREMENT, track TEXT NOT NULL,
                                at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS play_track ON play(track);
CREATE TABLE IF NOT EXISTS listener(
    session TEXT PRIMARY KEY, play TEXT NOT NULL, track TEXT NOT NULL, since REAL NOT NULL,
    seen REAL NOT NULL, counted INTEGER NOT NULL);
"""

TRACKS = """
SELECT track.slug, track.title, track.seconds, track.number, album.slug AS album,
    album.title AS album_title, album.artist, album.artist_slug
FROM track JOIN album ON album.slug = track.album
"""


class LibraryFull(Exception):
    """One sentence that says which limit was met."""


def secondsOf(data):
    """Length of an Opus file: the position its last page tells, less what is skipped at the start
    (RFC 7845).
    """
    head, last = data.find(b"OpusHead"), data.rfind(b"OggS")
    if head < 0 or len(data) < last + 14:
        raise ValueError("no Opus file")
    skipped = int.from_bytes(data[head + 10:head + 12], "little")
    return (int.from_bytes(data[last + 6:last + 14], "little") - skipped) / 48000


def escaped(word):
    return "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


class Library:
    def __init__(self, source, data):
        self.source = source
        self._data = data
        self._path = os.path.join(data, "library.sqlite3")

    # -- how every call gets to the database -------------------------------------------------------

    @contextlib.contextmanager
    def _open(self, write=False):
        database = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        database.row_factory = sqlite3.Row
        try:
            database.execute("PRAGMA foreign_keys=ON")
            database.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
        finally:
            database.close()

    async def _rows(self, sql, *values):
        def read():
            with self._open() as database:
                return [dict(row) for row in database.execute(sql, values)]
        return await anyio.to_thread.run_sync(read)

    async def _change(self, action):
        def write():
            with self._open(write=True) as database:
                return action(database)
        return await anyio.to_thread.run_sync(write)

    async def open(self):
        """Reads the catalogue. Workers start together; they do it one after the other."""
        def prepare():
            os.makedirs(self._data, mode=0o700, exist_ok=True)
            with open(os.path.join(self._data, "lock"), "wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                database = sqlite3.connect(self._path, timeout=BUSY_SECONDS)
                database.execute("PRAGMA journal_mode=WAL")
                database.executescript(SCHEMA)
                database.close()
                with self._open(write=True) as database:
                    self._fill(database)
        await anyio.to_thread.run_sync(prepare)

    def _fill(self, database):
        with open(os.path.join(self.source, "catalogue.json"), encoding="utf-8") as file:
            catalogue = json.load(file)
        first = database.execute("SELECT count(*) FROM album").fetchone()[0] == 0
        database.execute("DELETE FROM track")
        database.execute("DELETE FROM album")
        for place, album in enumerate(catalogue):
            database.execute("INSERT INTO album VALUES(?,?,?,?,?,?,?,?)", (
                album["slug"], place, album["title"], album["artist"], album["artistSlug"],
                album["year"], album["genre"], album["about"]))
            for number, (slug, title) in enumerate(album["tracks"], 1):
                with open(self.audioPath(slug), "rb") as file:
                    data = file.read()
                database.execute("INSERT INTO track VALUES(?,?,?,?,?,?,?)", (
                    slug, album["slug"], number, title, secondsOf(data), len(data),
                    hashlib.sha256(data).hexdigest()))
        if first:
            cursor = database.execute("INSERT INTO playlist(title) VALUES('Rainy evening')")
            for slug in ("salt-glass", "rain-on-the-shed", "wet-neon"):
                database.execute("INSERT INTO playlist_track(playlist, track) VALUES(?,?)",
                                 (cursor.lastrowid, slug))

    # -- music -------------------------------------------------------------------------------------

    def audioPath(self, slug):
        return os.path.join(self.source, "audio", slug + ".opus")

    def coverPath(self, slug):
        return os.path.join(self.source, "covers", slug + ".svg")

    async def albums(self):
        return await self._rows("""
            SELECT album.*, count(*) AS tracks, sum(seconds) AS seconds FROM album
            JOIN track ON track.album = album.slug GROUP BY album.slug ORDER BY album.place""")

    async def album(self, slug):
        found = await self._rows("SELECT * FROM album WHERE slug=?", slug)
        if not found:
            return None
        return dict(found[0], tracks=await self._rows(
            TRACKS + "WHERE album.slug=? ORDER BY track.number", slug))

    async def artists(self):
        return await self._rows("""
            SELECT artist_slug AS slug, artist AS name, count(*) AS albums FROM album
            GROUP BY artist_slug ORDER BY artist""")

    async def artist(self, slug):
        albums = [album for album in await self.albums() if album["artist_slug"] == slug]
        return {"slug": slug, "name": albums[0]["artist"], "albums": albums} if albums else None

    async def track(self, slug):
        found = await self._rows(TRACKS.replace("track.slug,", "track.slug, track.sha256,")
                                 + "WHERE track.slug=?", slug)
        return found[0] if found else None

    async def search(self, words):
        """Tracks in whose title, album, artist or genre every word is found."""
        words = words.split()
        condition = " AND ".join("(track.title || ' ' || album.title || ' ' || album.artist "
                                 "|| ' ' || album.genre) LIKE ? ESCAPE '\\'" for _ in words)
        return await self._rows(TRACKS + ("WHERE " + condition if words else "")
                                + " ORDER BY album.place, track.number",
                                *[escaped(word) for word in words])

    # -- playlists ---------------------------------------------------------------------------------

    async def playlists(self):
        return await self._rows("""
            SELECT playlist.id, title, count(playlist_track.id) AS tracks FROM playlist
            LEFT JOIN playlist_track ON playlist = playlist.id GROUP BY playlist.id ORDER BY title
            """)

    async def playlist(self, number):
        found = await self._rows("SELECT id, title FROM playlist WHERE id=?", number)
        if not found:
            return None
        tracks = await self._rows(
            TRACKS.replace("SELECT", "SELECT playlist_track.id AS entry,")
            + "JOIN playlist_track ON playlist_track.track = track.slug "
              "WHERE playlist=? ORDER BY playlist_track.id", number)
        return dict(found[0], tracks=tracks)

    async def addPlaylist(self, title):
        def add(database):
            (count,) = database.execute("SELECT count(*) FROM playlist").fetchone()
            if count >= PLAYLISTS_MAX:
                raise LibraryFull("There are %d playlists, which is the most." % count)
            return database.execute("INSERT INTO playlist(title) VALUES(?)", (title,)).lastrowid
        return await self._change(add)

    async def removePlaylist(self, number):
        return await self._change(lambda database: database.execute(
            "DELETE FROM playlist WHERE id=?", (number,)).rowcount > 0)

    async def addToPlaylist(self, number, slug):
        """The new entry's number; None when there is no such playlist or track."""
        def add(database):
            known = database.execute("SELECT (SELECT count(*) FROM playlist WHERE id=?)"
                                     " + (SELECT count(*) FROM track WHERE slug=?)",
                                     (number, slug)).fetchone()[0]
            if known != 2:
                return None
            (count,) = database.execute("SELECT count(*) FROM playlist_track WHERE playlist=?",
                                        (number,)).fetchone()
            if count >= PLAYLIST_TRACKS_MAX:
                raise LibraryFull("A playlist has at most %d tracks." % count)
            return database.execute("INSERT INTO playlist_track(playlist, track) VALUES(?,?)",
                                    (number, slug)).lastrowid
        return await self._change(add)

    async def removeFromPlaylist(self, number, entry):
        return await self._change(lambda database: database.execute(
            "DELETE FROM playlist_track WHERE playlist=? AND id=?", (number, entry)).rowcount > 0)

    # -- who listens -------------------------------------------------------------------------------

    async def heard(self, session, play, slug, playing):
        """A player says what it does. False when there is no such track."""
        now = time.time()

        def note(database):
            if not database.execute("SELECT 1 FROM track WHERE slug=?", (slug,)).fetchone():
                return False
            row = database.execute("SELECT * FROM listener WHERE session=?", (session,)).fetchone()
            same = row is not None and row["play"] == play and row["track"] == slug
            counted = row["counted"] if same else 0
            since = row["since"] if same and row["seen"] else now  # a pause is no listening
            if not counted and now - since >= PLAYED_AFTER_SECONDS:
                added = database.execute("INSERT INTO play(track, at) VALUES(?,?)", (slug, now))
                database.execute("DELETE FROM play WHERE id <= ?", (added.lastrowid - PLAYS_KEPT,))
                counted = 1
            database.execute("INSERT OR REPLACE INTO listener VALUES(?,?,?,?,?,?)",
                             (session, play, slug, since, now if playing else 0, counted))
            database.execute("DELETE FROM listener WHERE max(seen, since) < ?",
                             (now - LISTENERS_KEPT_SECONDS,))
            return True
        return await self._change(note)

    async def statistics(self):
        seen = time.time() - LISTENING_SECONDS

        def read():
            with self._open() as database:
                (plays,) = database.execute("SELECT count(*) FROM play").fetchone()
                now = database.execute(
                    "SELECT track.slug, title, count(*) AS listeners FROM listener "
                    "JOIN track ON track.slug = listener.track WHERE seen >= ? "
                    "GROUP BY track.slug ORDER BY listeners DESC, title", (seen,)).fetchall()
                top = database.execute(
                    "SELECT track.slug, track.title, album.slug AS album, album.artist, "
                    "count(*) AS plays FROM play JOIN track ON track.slug = play.track "
                    "JOIN album ON album.slug = track.album GROUP BY track.slug "
                    "ORDER BY plays DESC, track.title LIMIT ?", (TOP_TRACKS,)).fetchall()
            return {"plays": plays, "listening": sum(row["listeners"] for row in now),
                    "now": [dict(row) for row in now], "top": [dict(row) for row in top]}
        return await anyio.to_thread.run_sync(read)
