# SPDX-License-Identifier: Apache-2.0
"""A new worker answers what pool.warm_up names before it is READY, and is FAILED by what is no good
answer.
"""
import json
import os
import re
import time
import unittest

from peer import APPS, DEADLINE, FAILED, READY, Worker

AGENT = "Arcology-Warm-Up"


class WarmUpTest(unittest.TestCase):
    def started(self, interface, *requests, **options):
        worker = Worker("warmed:" + interface, interface=interface,
                        root=os.path.join(APPS, "start"),
                        warmUp={"origin": "http://shop.example", "requests": requests}, **options)
        self.addCleanup(worker.__exit__)
        self.addCleanup(worker.process.kill)  # one of these never ends by itself
        return worker

    def assertFails(self, path, sentence, trace=""):
        for interface in ("wsgi", "asgi"):
            with self.subTest(interface):
                worker = self.started(interface, "/", path, "/after")
                kind, value = worker.start()
                self.assertEqual((kind, value["step"]), (FAILED, "warm-up " + path))
                self.assertEqual(value["error"], "the warm-up request GET %s %s" % (path, sentence))
                self.assertIn(trace, value["traceback"])
                self.assertEqual(worker.process.wait(DEADLINE), 1)

    def testItIsAskedBeforeReadyAsOfItsSite(self):
        for interface in ("wsgi", "asgi"):
            with self.subTest(interface):
                worker = self.started(interface, "/a%20b?c=d", "https://two.example:8443/", "/204",
                                      "/399?next=http://x/")
                self.assertEqual(worker.start()[0], READY)
                steps = [step["step"] for step in worker.steps]
                self.assertEqual(steps[-4:], ["warm-up /a%20b?c=d",
                                              "warm-up https://two.example:8443/", "warm-up /204",
                                              "warm-up /399?next=http://x/"])
                seen = json.loads(worker.get("/seen").body[4 * (interface == "asgi"):])
                self.assertEqual([each for each in seen if each == "closed"], ["closed"] * 4)
                name = "warm-up" if interface == "wsgi" else "MainThread"
                self.assertEqual([each for each in seen if each != "closed"], [
                    ["/a b?c=d", "http", "shop.example", AGENT, name],
                    ["/?", "https", "two.example:8443", AGENT, name],
                    ["/204?", "http", "shop.example", AGENT, name],
                    ["/399?next=http://x/", "http", "shop.example", AGENT, name]])

    def testAnErrorIsToldWithItsTrace(self):
        self.assertFails("/raises", "failed: ValueError: no table yet", "raise ValueError")

    def testABodyThatBreaksOffIsAnError(self):
        self.assertFails("/breaks", "failed: OSError: the disk is gone", "raise OSError")

    def testAnExitIsAnError(self):
        self.assertFails("/exits", "failed: SystemExit: 3")

    def testAStatusThatNoProbeTakesFails(self):
        self.assertFails("/400", "was answered 400, not 200 to 399")
        self.assertFails("/500", "was answered 500, not 200 to 399")

    def testItsLifespanEndsWhenItFails(self):
        worker = self.started("asgi", "/500")
        self.assertEqual(worker.start()[0], FAILED)
        self.assertEqual(worker.process.wait(DEADLINE), 1)
        self.assertIn(b"lifespan has ended", worker.process.stdout.read())

    def testNoAnswerFails(self):
        self.assertFails("/silent", "got no answer")

    def testOneThatHangsIsShown(self):
        for interface in ("wsgi", "asgi"):
            with self.subTest(interface):
                worker = self.started(interface, "/hangs", watched=True)
                worker.lane.recv(65536)
                end = time.monotonic() + DEADLINE
                answer = {"n": 0, "at": ""}
                place = re.compile(r"^warmed\.py:\d+ in %s$" % interface)
                while not place.match(answer["at"]):  # it may be still on its way there
                    self.assertLess(time.monotonic(), end, answer)
                    question = {"n": answer["n"] + 1, "do": "start"}
                    worker.lane.send(json.dumps(question).encode())
                    answer = json.loads(worker.lane.recv(65536).decode())
                self.assertIn("sleep(60)", answer["stack"])


if __name__ == "__main__":
    unittest.main()
