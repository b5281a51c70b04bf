# SPDX-License-Identifier: Apache-2.0
"""The native core itself: how it is loaded, and what only it does. Everything else that it must do
is tested by test_wsgi.py, test_asgi.py and their neighbours, which run with it and without it.
"""
import json
import os
import random
import socket
import struct
import tempfile
import unittest

from peer import CORE, END, FRAME, REQUEST, Worker, eventually, frame, requestHead, string

QUICK_RUNS = 64  # resources/worker/core/channel.c


class CoreTest(unittest.TestCase):
    def started(self, core=None, entry="wsgi_apps:app", interface="wsgi", **options):
        environment = {} if core is None else {CORE: core}
        worker = Worker(entry, interface, environment=environment, **options)
        self.addCleanup(worker.__exit__)
        return worker


class Loading(CoreTest):
    def testItComesFromASealedCopyInMemory(self):
        worker = self.started()
        self.assertEqual(worker.ready()["core"], "native")
        with open("/proc/%d/maps" % worker.process.pid) as maps:
            places = [line for line in maps if "r-xp" in line and "arcology_core" in line]
        self.assertEqual(len(places), 1)
        self.assertIn("/memfd:", places[0])

    def testPythonDoesTheWorkWhereItIsNotWanted(self):
        worker = self.started(core="python")
        self.assertEqual(worker.ready()["core"], "python")
        self.assertEqual(worker.get("/plain").body, b"hello")

    def testWhereItIsDemandedNothingElseServes(self):
        with tempfile.NamedTemporaryFile() as broken:
            broken.write(b"no library")
            broken.flush()
            for path in ("/nowhere/_core.abi3.so", broken.name):
                with self.subTest(path):
                    code, errors = self.started(core=path).finished()
                    self.assertEqual(code, 78, errors)
                    self.assertIn("the native core was demanded, but ", errors)


class Batches(CoreTest):
    def testAnswersOfOneReadLeaveTogether(self):
        worker = self.started()
        worker.ready()
        # A thread that the machine held up was not quick, and then each answer leaves by itself.
        self.assertTrue(any(self.leaveTogether(worker) for _ in range(30)))

    def testAnswersOfATurnLeaveTogetherUnlessItIsLong(self):
        worker = self.started(entry="asgi_apps:app", interface="asgi")
        worker.ready()
        # the machine may hold up a turn that is short by itself
        self.assertTrue(any(self.unread(worker, "/plain") == 0 for _ in range(30)))
        # what left may have been read here by then
        self.assertTrue(any(self.unread(worker, "/busy") > 0 for _ in range(30)))

    @staticmethod
    def unread(worker, path):
        """What had left when the request after that to `path` was run."""
        streams = [worker.nextStream() for _ in range(2)]
        worker.raw(b"".join(frame(REQUEST, stream, requestHead(path=each), END)
                            for stream, each in zip(streams, (path, "/showUnread"))))
        return int(worker.answers(streams)[streams[1]].body)

    def leaveTogether(self, worker):
        """Whether the first answer had not left when the application ran the second request."""
        for _ in range(QUICK_RUNS):
            worker.get("/plain")
        streams = [worker.nextStream() for _ in range(2)]
        worker.raw(b"".join(frame(REQUEST, stream, requestHead(path=path), END)
                            for stream, path in zip(streams, ("/plain", "/showUnread"))))
        self.assertTrue(eventually(lambda: self.holdsTwo(worker)))
        answers = worker.answers(streams)
        return answers[streams[1]].body == b"0"

    @staticmethod
    def holdsTwo(worker):
        """Nothing is taken out, so that the worker can tell what has left."""
        waiting = worker.sock.recv(65536, socket.MSG_PEEK)
        first = FRAME.size + FRAME.unpack_from(waiting)[0] if len(waiting) >= FRAME.size else 0
        return first and len(waiting) > first


class Likeness(CoreTest):
    """Heads made at random, and what their environ or scope is with the core and without."""

    def testEnvironsAreAlike(self):
        self.assertAlike(b"/showEnviron", self.without)

    def testScopesAreAlike(self):
        self.assertAlike(b"/showScope", lambda body: body and json.loads(body),
                         entry="asgi_apps:app", interface="asgi")

    def assertAlike(self, path, simplified, **options):
        chance = random.Random(11)
        pair = [self.started(**options), self.started(core="python", **options)]
        for worker in pair:
            worker.ready()
        for number in range(150):
            head = self.randomHead(chance, path)
            body = chance.randbytes(chance.choice((0, 0, 5)))
            answers = []
            for worker in pair:
                stream = worker.nextStream()
                worker.send(REQUEST, stream, head + body, END)
                answers.append(worker.answers([stream])[stream])
            with self.subTest(number):
                native, python = answers
                self.assertEqual(native.status, python.status)
                if native.status == 200:
                    self.assertEqual(simplified(native.body), simplified(python.body))

    @staticmethod
    def without(body):
        """Objects show their address, and that of the file wrapper its module."""
        lines = body.decode("latin-1").split(", ")
        return sorted(line.strip("{}") for line in lines if " at 0x" not in line)

    @staticmethod
    def randomHead(chance, path):
        def text():
            letters = b"abc/-_ %\xc3\xa4\xff"
            return bytes(chance.choice(letters) for _ in range(chance.randrange(12)))
        method = chance.randrange(10)
        parts = [struct.pack("<BBBBQI", method, chance.randrange(3), chance.randrange(3),
                             chance.choice((0, 3)), chance.randrange(2 ** 40),
                             chance.randrange(2 ** 32)), string("" if method else "BREW")]
        parts += [string(text()), string(path), string(text()), string(text())]
        parts += [struct.pack("<H", chance.randrange(65536)), string(text()),
                  struct.pack("<H", chance.randrange(65536)), string(text())]
        count = chance.randrange(12)
        parts.append(struct.pack("<H", count))
        for _ in range(count):
            if chance.randrange(3):
                parts.append(bytes((chance.randrange(1, 40),)) + string(text()))
            else:
                name = chance.choice((b"x-one", b"x-two", b"x_three", b"proxy", b"", b"\xdf"))
                parts.append(b"\0" + string(name) + string(text()))
        return b"".join(parts)


if __name__ == "__main__":
    unittest.main()
