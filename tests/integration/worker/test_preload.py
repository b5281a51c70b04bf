# SPDX-License-Identifier: Apache-2.0
"""An interpreter that has imported the application forks workers, each of which is like one that was
started alone.
"""
import array
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import unittest

from peer import APPS, DEADLINE, READY, STOP, Worker

FOLDER = os.path.join(APPS, "preload")
isPyPy = sys.implementation.name == "pypy"


class Forked(Worker):
    """A worker that a preloader has forked, with the engine's ends of its descriptors."""

    def __init__(self, preloader):
        self.preloader = preloader
        self.sock, sock = socket.socketpair()
        self.lane, lane = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self.sock, self.lane):
            end.settimeout(DEADLINE)
        self.stacks, stacks = os.pipe()
        self.output, output = os.pipe()
        answer = order(preloader, {"do": "fork"}, (sock.fileno(), lane.fileno(), stacks, output))
        sock.close()
        lane.close()
        for fd in (stacks, output):
            os.close(fd)
        self.pid = answer["pid"]
        self.steps = []
        self._rest = b""
        self._stream = 0
        self.hello(preloader.greeting)

    def reap(self):
        return order(self.preloader, {"do": "reap", "pid": self.pid})

    def __exit__(self, *_):
        self.sock.close()
        self.lane.close()
        while select.select([self.output], [], [], DEADLINE)[0] and os.read(self.output, 65536):
            pass  # it ends with its socket
        os.close(self.output)
        os.close(self.stacks)


def order(preloader, what, descriptors=()):
    preloader.ordered = getattr(preloader, "ordered", 0) + 1
    message = json.dumps({"n": preloader.ordered, **what}).encode()
    preloader.orders.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                          array.array("i", descriptors))] if descriptors else [])
    answer = json.loads(preloader.orders.recv(65536).decode())
    assert answer["n"] == preloader.ordered, answer
    return answer


class PreloadTest(unittest.TestCase):
    def started(self, entry, root=FOLDER, **options):
        preloader = Worker(entry, root=root, watched=True, preload=True, **options)
        self.addCleanup(preloader.orders.close)
        self.addCleanup(preloader.__exit__)
        kind, self.value = preloader.start()
        self.assertEqual(kind, READY, self.value)
        return preloader

    def forked(self, preloader):
        worker = Forked(preloader)
        self.addCleanup(worker.__exit__)
        self.forkedReady = worker.ready()
        return worker


class Any(PreloadTest):
    def testWorkersAreForkedAndServe(self):
        preloader = self.started("plain:app")
        self.assertTrue(self.value["preloads"])
        self.assertEqual([step["step"] for step in preloader.steps],
                         ["interpreter", "import", "inspect", "freeze"])
        told = []
        for number in range(3):
            worker = self.forked(preloader)
            self.assertEqual(self.forkedReady["pid"], worker.pid)
            self.assertNotIn("preloads", self.forkedReady)
            self.assertEqual([step["step"] for step in worker.steps], ["fork"])
            told.append(json.loads(worker.get("/").body.decode()))
            self.assertEqual(told[-1]["pid"], worker.pid)
            self.assertEqual(told[-1]["group"], worker.pid)
        self.assertEqual({one["importer"] for one in told}, {preloader.process.pid})
        self.assertEqual(len({one["random"] for one in told}), 3)  # each draws its own numbers
        self.assertEqual({one["collects"] for one in told}, {True})
        if hasattr(__import__("gc"), "freeze"):
            self.assertGreater(min(one["frozen"] for one in told), 1000)

    def testAForkedWorkerHasItsOwnDescriptorsAndNoOthers(self):
        preloader = self.started("plain:app")
        first = self.forked(preloader)
        second = self.forked(preloader)
        told = json.loads(second.get("/").body.decode())
        # the first one's would hold them open when that one ends
        self.assertEqual([name for name in told["sockets"]
                          if name in json.loads(first.get("/").body.decode())["sockets"]], [])
        second.get("/print")
        self.assertTrue(select.select([second.output], [], [], DEADLINE)[0])
        self.assertEqual(os.read(second.output, 100), b"to standard output\nto standard error\n")
        self.assertFalse(select.select([first.output], [], [], 0)[0])

    def testAForkedWorkerIsInspected(self):
        worker = self.forked(self.started("plain:app"))
        greeting = json.loads(worker.lane.recv(65536).decode())
        self.assertTrue(greeting["ready"])
        worker.lane.send(json.dumps({"n": 1, "do": "start"}).encode())
        answer = json.loads(worker.lane.recv(65536).decode())
        self.assertEqual((answer["n"], answer["found"]), (1, True))
        if greeting["signal"]:
            os.kill(worker.pid, greeting["signal"])
            written = b""
            while b"most recent call first" not in written:
                self.assertTrue(select.select([worker.stacks], [], [], DEADLINE)[0], written)
                written += os.read(worker.stacks, 65536)

    def testItsEndIsToldByItsParent(self):
        preloader = self.started("plain:app")
        worker = self.forked(preloader)
        worker.send(STOP)
        self.assertEqual(worker.reap()["status"], 0)
        worker = self.forked(preloader)
        os.kill(worker.pid, signal.SIGKILL)
        answer = worker.reap()
        self.assertEqual(answer["status"], signal.SIGKILL)
        self.assertGreater(answer["peak_kib"], 1000)
        self.assertIn("error", order(preloader, {"do": "reap", "pid": worker.pid}))

    def testItEndsWithTheEnginesOrders(self):
        for close in ("orders", "sock"):
            with self.subTest(close):
                preloader = self.started("plain:app")
                worker = self.forked(preloader)
                getattr(preloader, close).close()
                self.assertEqual(preloader.process.wait(DEADLINE), 0)
                self.assertEqual(worker.get("/fine").body, b"fine")  # its workers need it not

    def testAnAppWhoseImportStartsThreadsIsAWorkerInstead(self):
        preloader = self.started("threads:app")
        self.assertNotIn("preloads", self.value)
        self.assertEqual(self.value["preload_refused"],
                         "the import of the app started threads, which a fork would lose: poller, 1 "
                         "that Python's threading does not know")
        self.assertEqual(preloader.get("/").body, b"served")

    def testAThreadThatHasEndedIsNoObstacle(self):
        self.started("ended:app")
        self.assertTrue(self.value.get("preloads"), self.value)

    def testConnectionsOfTheImportAreTold(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.started("connects:app", environment={"PORT": str(port)})
        self.assertEqual(len(self.value["warnings"]), 1)
        self.assertIn("connects to 127.0.0.1 port %d, " % port, self.value["warnings"][0])

    def testTheLoopAndLifespanOfAsgiBeginAfterTheFork(self):
        preloader = self.started("lifespan:app", interface="asgi")
        for _ in range(2):
            worker = self.forked(preloader)
            self.assertEqual([step["step"] for step in worker.steps], ["fork", "lifespan"])
            self.assertEqual(worker.get("/").body, b"began in %d" % worker.pid)

    def testADefaultTimeoutOfTheAppIsNotOurs(self):
        worker = self.forked(self.started("impatient:app"))
        json.loads(worker.lane.recv(65536).decode())
        # nothing comes for three times as long
        self.assertFalse(select.select([worker.sock, worker.output], [], [], 0.3)[0])
        worker.lane.send(json.dumps({"n": 1, "do": "start"}).encode())
        self.assertTrue(json.loads(worker.lane.recv(65536).decode())["found"])
        self.assertEqual(worker.get("/").body, b"True")  # its own sockets are as it made them

    def testWhatGarbageCollectionTheAppTurnedOffStaysOff(self):
        worker = self.forked(self.started("uncollected:app"))
        self.assertEqual(worker.get("/").body, b"False")


@unittest.skipUnless(importlib.util.find_spec("django"), "Django is not installed here")
class Django(PreloadTest):
    def testItsDatabaseIsClosedBeforeTheFork(self):
        preloader = self.started("database:app")
        self.assertTrue(self.value.get("preloads"), self.value)
        worker = self.forked(preloader)
        self.assertEqual(worker.get("/").body, b"True, then False")


if __name__ == "__main__":
    unittest.main()
