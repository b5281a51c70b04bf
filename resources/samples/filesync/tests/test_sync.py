# SPDX-License-Identifier: Apache-2.0
"""sync.py against the application on a real socket."""
import json
import os
import socketserver
import subprocess
import sys
import threading
import wsgiref.simple_server

import sync
from tests.base import StoreTest, sha256


class QuietHandler(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


class ThreadingServer(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Faulty:
    """The application, with answers that get lost as a test wants it."""

    def __init__(self, app):
        self.app = app
        self.faults = []   # functions (environ) -> status or None; one that acts is used up

    def __call__(self, environ, startResponse):
        for fault in list(self.faults):
            status = fault(environ)
            if status:
                self.faults.remove(fault)
                startResponse(status, [("Content-Length", "0")])
                return [b""]
        return self.app(environ, startResponse)


class SyncTest(StoreTest):
    def setUp(self):
        super().setUp()
        self.faulty = Faulty(self.app)
        server = wsgiref.simple_server.make_server("127.0.0.1", 0, self.faulty, ThreadingServer,
                                                   QuietHandler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        self.url = "http://127.0.0.1:%d" % server.server_port
        self.here, self.there = (os.path.join(self.folder, name) for name in ("here", "there"))
        self.said = []

    def sync(self, folder=None, **more):
        opened = sync.Folder(folder or self.here)
        try:
            return sync.Sync(sync.Server(self.url), opened, out=self.said.append, **more).run()
        finally:
            opened.close()

    def write(self, name, data, folder=None):
        path = os.path.join(folder or self.here, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def content(self, folder=None):
        """name -> bytes of everything but the notes."""
        found, folder = {}, folder or self.here
        for place, folders, names in os.walk(folder):
            if sync.NOTES in folders:
                folders.remove(sync.NOTES)
            for name in names:
                with open(os.path.join(place, name), "rb") as file:
                    found[os.path.relpath(os.path.join(place, name), folder)] = file.read()
        return found

    def testBothWays(self):
        self.put("server.txt", b"from the server")
        self.put("a/b/deep.txt", b"deep")
        self.write("mine/été #1?.txt", b"from here")
        self.write("empty", b"")
        self.assertTrue(self.sync(), self.said)
        self.assertEqual(self.names(), ["a/b/deep.txt", "empty", "mine/été #1?.txt", "server.txt"])
        self.assertTrue(self.sync(self.there))
        self.assertEqual(self.content(), self.content(self.there))
        self.said.clear()
        self.assertTrue(self.sync())
        self.assertEqual(self.said, [])  # nothing is left to do

    def testChangesAndDeletionsTravel(self):
        self.write("a/one", b"1")
        self.write("two", b"2")
        self.sync()
        self.sync(self.there)
        self.write("two", b"changed", self.there)
        os.unlink(os.path.join(self.there, "a", "one"))
        self.assertTrue(self.sync(self.there))
        self.assertTrue(self.sync())
        self.assertEqual(self.content(), {"two": b"changed"})
        self.assertFalse(os.path.exists(os.path.join(self.here, "a")))

    def testAConflictKeepsBoth(self):
        self.write("report.txt", b"base")
        self.sync()
        self.sync(self.there)
        self.write("report.txt", b"mine")
        self.write("report.txt", b"theirs", self.there)
        self.assertTrue(self.sync(self.there))
        self.assertTrue(self.sync(), self.said)
        found = self.content()
        self.assertEqual(found.pop("report.txt"), b"theirs")
        (name, data), = found.items()
        self.assertRegex(name, r"^report \(conflict from .+\)\.txt$")
        self.assertEqual(data, b"mine")
        self.sync(self.there)
        self.assertEqual(self.content(), self.content(self.there))

    def testTwoFoldersThatMeetForTheFirstTimeLoseNothing(self):
        self.write("same", b"equal")
        self.put("same", b"equal")
        self.write("other", b"mine")
        self.put("other", b"theirs")
        self.assertTrue(self.sync())
        self.assertEqual(sorted(self.content().values()), [b"equal", b"mine", b"theirs"])

    def testAChangeWinsOverADeletion(self):
        for name in ("a", "b"):
            self.write(name, b"base")
        self.sync()
        self.write("a", b"changed here")
        self.client.delete("/files/a", headers={"If-Match": "*"})
        os.unlink(os.path.join(self.here, "b"))
        self.put("b", b"changed there", If_Match="*")
        self.assertTrue(self.sync())
        self.assertEqual(self.content(), {"a": b"changed here", "b": b"changed there"})
        self.assertEqual(self.names(), ["a", "b"])

    def testAnUploadGoesOnWhereItBroke(self):
        data = os.urandom(sync.CHUNK_BYTES * 2 + 12345)
        self.write("big", data)
        offsets = []

        def patches(environ):
            if environ["REQUEST_METHOD"] == "PATCH":
                offsets.append(int(environ["HTTP_UPLOAD_OFFSET"]))
            return None

        def dies(environ):  # some bytes arrive, then the worker is gone
            if environ.get("HTTP_UPLOAD_OFFSET") != str(sync.CHUNK_BYTES):
                return None
            identifier = environ["PATH_INFO"].rpartition("/")[2]
            with open(self.store.partPath(identifier), "ab") as file:
                file.write(environ["wsgi.input"].read(1000))
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]) - 1000)
            return "502 Bad Gateway"

        self.faulty.faults = [dies]
        self.faulty.faults.insert(0, patches)
        self.assertTrue(self.sync(), self.said)
        self.assertEqual(self.get("/files/big").data, data)
        self.assertEqual(offsets[:3], [0, sync.CHUNK_BYTES, sync.CHUNK_BYTES + 1000])

    def testAClientThatWasKilledGoesOn(self):
        data = os.urandom(sync.CHUNK_BYTES + 10)
        self.write("big", data)

        def killed(environ):
            if environ.get("HTTP_UPLOAD_OFFSET") == str(sync.CHUNK_BYTES):
                process.kill()
                return "502 Bad Gateway"
            return None

        self.faulty.faults = [killed]
        process = subprocess.Popen([sys.executable, "-B", sync.__file__, self.url, self.here],
                                   stdout=subprocess.DEVNULL)
        process.wait(30)
        self.assertEqual(self.names(), [])
        self.assertTrue(self.sync())
        self.assertEqual(self.get("/files/big").data, data)

    def testADownloadGoesOnWhereItBroke(self):
        data = os.urandom(300000)
        self.put("big", data)
        self.write("x", b"")
        parts = os.path.join(self.here, sync.NOTES, "parts")
        os.makedirs(parts)
        with open(os.path.join(parts, sha256(data)), "wb") as file:
            file.write(data[:100000])
        ranges = []
        self.faulty.faults = [lambda environ: ranges.append(environ.get("HTTP_RANGE"))]
        self.assertTrue(self.sync())
        self.assertEqual(self.content()["big"], data)
        self.assertIn("bytes=100000-", ranges)
        # Garbage that was left behind is noticed by its checksum, and gone in the next run.
        self.put("next", data[::-1])
        with open(os.path.join(parts, sha256(data[::-1])), "wb") as file:
            file.write(b"garbage")
        self.assertTrue(self.sync(), self.said)
        self.assertEqual(self.content()["next"], data[::-1])

    def testLinksAreNeitherFollowedNorReplaced(self):
        outside = os.path.join(self.folder, "outside")
        os.makedirs(outside)
        self.write("secret", b"secret", outside)
        os.makedirs(self.here)
        os.symlink(outside, os.path.join(self.here, "dir"))
        os.symlink(os.path.join(outside, "secret"), os.path.join(self.here, "link"))
        self.put("dir/planted", b"x")
        self.put("link", b"x")
        self.assertFalse(self.sync())
        self.assertEqual(self.content(outside), {"secret": b"secret"})
        self.assertEqual(self.names(), ["dir/planted", "link"])
        self.assertTrue(any("symbolic link" in line for line in self.said), self.said)

    def testNamesOfAHostileServerAreRefused(self):
        for name in ("../x", "/etc/x", "a/../../x", "a//b", "..", "a\0", ".filesync/state.json",
                     "..\\x"):
            self.assertFalse(sync.isSafe(name), name)
            with self.assertRaises(sync.Trouble):
                sync.Folder.checkWay(type("F", (), {"root": self.folder})(), name)
        self.assertTrue(sync.isSafe("a/b..c/...d"))

    def testAFileThatChangesMeanwhileIsNotOverwritten(self):
        path = self.write("a", b"base")
        self.sync()
        self.put("a", b"theirs", If_Match="*")

        def edits(environ):
            if environ["PATH_INFO"] == "/files/a":
                self.write("a", b"edited meanwhile")
                self.faulty.faults.clear()
            return None

        self.faulty.faults = [edits]
        self.assertTrue(self.sync(), self.said)
        found = self.content()
        self.assertEqual(found.pop(os.path.basename(path)), b"theirs")
        self.assertEqual(list(found.values()), [b"edited meanwhile"])

    def testADryRunChangesNothing(self):
        self.put("a", b"x")
        self.write("b", b"y")
        self.assertTrue(self.sync(dry=True))
        self.assertEqual((self.content(), self.names()), ({"b": b"y"}, ["a"]))
        self.assertEqual([line.split() for line in self.said],
                         [["download", "a"], ["upload", "b"]])

    def testADamagedStateLosesNothing(self):
        self.write("a", b"x")
        self.sync()
        with open(os.path.join(self.here, sync.NOTES, "state.json"), "w", encoding="ascii") as file:
            file.write('{"server": ')
        self.assertTrue(self.sync())
        self.assertEqual(self.content(), {"a": b"x"})

    def testTheCommandSaysHowItWent(self):
        def run(*arguments):
            done = subprocess.run([sys.executable, "-B", sync.__file__] + list(arguments),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
            return done.returncode, done.stdout.decode()

        self.put("a", b"x")
        self.assertEqual(run(self.url, self.here), (0, "download a\nIn step.\n"))
        self.assertEqual(run("http://127.0.0.1:1", self.here)[0], 1)
        self.assertEqual(run("ftp://x", self.here)[0], 1)
        self.assertEqual(run(self.url)[0], 2)
        self.assertEqual(run(self.url + "/api", self.here)[0], 1)
        with open(os.path.join(self.here, sync.NOTES, "state.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["files"], {"a": sha256(b"x")})
