# SPDX-License-Identifier: Apache-2.0
"""Where a request stands is told, and it alone is interrupted, whatever its worker is stuck in."""
import json
import os
import select
import sys
import time
import unittest

from peer import CANCEL, DEADLINE, Worker

ID = "req-1"  # of every request that the peer sends
isPyPy = sys.implementation.name == "pypy"


class WatchTest(unittest.TestCase):
    def enterWorker(self, entry, **options):
        worker = Worker("watch_apps:" + entry, watched=True, **options)
        self.addCleanup(worker.__exit__)
        self.addCleanup(worker.process.kill)  # some of these never end by themselves
        self.greeting = json.loads(worker.lane.recv(65536).decode())
        worker.ready()
        self.worker = worker
        self.asked = 0
        return worker

    def ask(self, what, seconds=DEADLINE, **more):
        self.asked += 1
        question = {"n": self.asked, "do": what, "id": ID, "alone": True, **more}
        self.worker.lane.send(json.dumps(question).encode())
        if not select.select([self.worker.lane], [], [], seconds)[0]:
            return None
        answer = json.loads(self.worker.lane.recv(65536).decode())
        self.assertEqual(answer["n"], self.asked)
        return answer

    def askUntil(self, what, text):
        """The request may be still on its way in."""
        end = time.monotonic() + DEADLINE
        while True:
            answer = self.ask(what)
            if answer["found"] and text in answer["stack"]:
                return answer
            self.assertLess(time.monotonic(), end, answer)

    def assertIsInterrupted(self, done):
        answer = self.ask("interrupt")
        self.assertEqual((answer["done"], answer["why"]), (done, ""), answer)

    def assertNeitherIsInterrupted(self):
        """Of two requests whose clients chose the same id."""
        self.askUntil("stack", "2 requests have its id")
        answer = self.ask("interrupt")
        self.assertTrue(answer["found"])
        self.assertEqual((answer["done"], answer["why"]), ("", "2 requests have its id"))

    def dump(self, text):
        data = b""
        while text not in data:
            self.assertTrue(select.select([self.worker.stacks], [], [], DEADLINE)[0], data)
            more = os.read(self.worker.stacks, 65536)
            self.assertTrue(more, data)
            data += more
        return data.decode()

    def endOf(self, stream):
        """Its last frame; of what kind depends on whether CANCEL was read before it ended."""
        flags = 0
        while not flags:
            _kind, flags, number, _payload = self.worker.receive()
            self.assertEqual(number, stream)


class Wsgi(WatchTest):
    def testAThreadThatComputesIsShownAndInterrupted(self):
        for entry in ("wsgi", "generator"):
            with self.subTest(entry):
                worker = self.enterWorker(entry)
                stream = worker.request(path="/spin")
                answer = self.askUntil("stack", "in spin")
                self.assertRegex(answer["stack"], "count \\+= 1|while True")
                self.assertRegex(answer["at"], r"^watch_apps\.py:\d+ in spin$")
                self.assertNotIn("arcology_worker", answer["stack"])
                if isPyPy:
                    self.assertEqual(self.ask("interrupt")["done"], "")
                    continue
                worker.send(CANCEL, stream)
                self.assertIsInterrupted("raised")
                self.endOf(stream)
                self.assertEqual(worker.get("/").body, b"plain")

    def testOnlyTheOneThatIsMeantIsFound(self):
        self.enterWorker("wsgi").request(path="/spin")
        self.askUntil("stack", "in spin")
        for alone in (False, True):  # True: the other came after the engine had looked
            answer = self.ask("interrupt", id="another", alone=alone)
            self.assertEqual((answer["found"], answer["done"]), (False, ""))
            self.assertIn("in spin", answer["stack"])  # of all threads that do something
        self.assertEqual(self.worker.get("/").body, b"plain")

    def testAThreadThatSleepsIsShown(self):
        self.enterWorker("wsgi").request(path="/sleep")
        self.assertIn("time.sleep(60)", self.askUntil("stack", "in wsgi")["stack"])

    def testOfTwoWithOneIdNeitherIsInterrupted(self):
        worker = self.enterWorker("wsgi")
        worker.request(path="/sleep")
        worker.request(path="/spin")
        self.assertNeitherIsInterrupted()

    def testOneThatEndedIsNotFound(self):
        self.enterWorker("wsgi")
        self.assertEqual(self.worker.get("/").body, b"plain")
        answer = self.ask("interrupt")
        self.assertEqual((answer["found"], answer["stack"]), (False, ""))
        self.assertEqual(self.worker.get("/").body, b"plain")

    @unittest.skipIf(isPyPy, "no C code holds PyPy's lock this way")
    def testCodeThatHoldsTheInterpreterIsShownByTheSignal(self):
        self.enterWorker("wsgi").request(path="/sleep")
        self.askUntil("stack", "in wsgi")
        self.worker.request(path="/hold")
        deadline = time.monotonic() + DEADLINE
        while self.ask("stack", seconds=0.5) is not None:
            self.assertLess(time.monotonic(), deadline)
        self.assertTrue(self.greeting["signal"])
        os.kill(self.worker.process.pid, self.greeting["signal"])
        self.assertIn("watch_apps.py", self.dump(b"in holdTheInterpreter"))

    @unittest.skipIf(isPyPy, "PyPy's ctypes survives it")
    def testACrashLeavesItsStack(self):
        self.enterWorker("wsgi").request(path="/crash")
        text = self.dump(b"in wsgi")
        self.assertIn("Segmentation fault", text)

    def testTheStartIsShown(self):
        self.enterWorker("wsgi")
        answer = self.ask("start")
        self.assertTrue(answer["found"])

    def testWithoutTheEnginesEndsNothingIsDone(self):
        with Worker("watch_apps:wsgi") as worker:
            worker.ready()
            self.assertEqual(worker.get("/").body, b"plain")

    def testNonsenseEndsNothing(self):
        self.enterWorker("wsgi")
        answer = self.ask("dance", id=None)
        self.assertFalse(answer["found"])


class Asgi(WatchTest):
    def enterAsgi(self):
        return self.enterWorker("asgi", interface="asgi")

    def testATaskThatWaitsIsShownAndCancelled(self):
        worker = self.enterAsgi()
        stream = worker.request(path="/wait")
        answer = self.askUntil("stack", "in waitLong")
        self.assertIn("in asgi", answer["stack"])
        self.assertRegex(answer["at"], r"^watch_apps\.py:\d+ in waitLong$")
        worker.send(CANCEL, stream)
        self.assertIsInterrupted("cancelled")
        self.endOf(stream)
        self.assertEqual(worker.get("/").body, b"plain")

    def testATaskThatKeepsTheLoopIsShownAndInterrupted(self):
        for path in ("/spin", "/spin-later"):  # in the first step, and in one of a task that waited
            with self.subTest(path):
                worker = self.enterAsgi()
                stream = worker.request(path=path)
                self.askUntil("stack", "in spin")
                if isPyPy:
                    continue
                worker.send(CANCEL, stream)
                self.assertIsInterrupted("raised")
                self.endOf(stream)
                self.assertEqual(worker.get("/").body, b"plain")

    def testAFolderThatIsGoneHidesNothing(self):
        worker = self.enterWorker("asgi_in_no_folder", interface="asgi")
        worker.request(path="/wait")
        self.assertIn("in waitLong", self.askUntil("stack", "in waitLong")["stack"])

    def testATaskOfAnotherRequestIsLeftAlone(self):
        worker = self.enterAsgi()
        stream = worker.request(path="/wait")
        self.askUntil("stack", "in waitLong")
        self.assertEqual(worker.get("/").body, b"plain")
        answer = self.ask("interrupt", id="another")
        self.assertEqual((answer["found"], answer["done"]), (False, ""))
        self.assertIsInterrupted("cancelled")
        self.endOf(stream)

    def testOfTwoWithOneIdNeitherIsInterrupted(self):
        worker = self.enterAsgi()
        worker.request(path="/wait")
        worker.request(path="/spin-later")
        self.assertNeitherIsInterrupted()

    def testTheThreadThatWorksForATaskIsShownToo(self):
        self.enterAsgi().request(path="/thread")
        answer = self.askUntil("stack", "Threads at work meanwhile")
        self.assertIn("in asgi", answer["stack"])
        self.assertIn("self.fn(*self.args", answer["stack"])


if __name__ == "__main__":
    unittest.main()
