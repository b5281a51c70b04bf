# SPDX-License-Identifier: Apache-2.0
import json
import unittest

from peer import (ABORT, BODY, CANCEL, DATA, END, RESPONSE, WINDOW, WINDOW_BYTES, Worker,
                  eventually, frame,
                  parseResponse, requestHead)


class BodyTest(unittest.TestCase):
    threads = 4

    def setUp(self):
        self.worker = Worker("wsgi_apps:app", threads=self.threads)
        self.addCleanup(self.worker.__exit__)
        self.worker.ready()

    def closed(self):
        return self.worker.get("/showClosed").body.decode()


class RequestBodies(BodyTest):
    def testEveryWayToReadGivesTheSameBytes(self):
        body = b"abcdef\nghijkl\nmno\npqr\nstu"
        expected = ["abc", "def\n", "gh", "ijkl\n", "mno\n|pqr\n|stu", "", "", ""]
        for pieces in ((body,), (b"", body), tuple(bytes((byte,)) for byte in body)):
            with self.subTest(pieces=len(pieces)):
                stream = self.worker.nextStream()
                head = requestHead(path="/inputWays", method="POST", hasBody=True, length=len(body))
                self.worker.send(5, stream, head + pieces[0], END if len(pieces) == 1 else 0)
                for number, piece in enumerate(pieces[1:], 2):
                    self.worker.send(BODY, stream, piece, END if number == len(pieces) else 0)
                self.assertEqual(json.loads(self.worker.answers([stream])[stream].body.decode()),
                                 expected)

    def testTheEndMayComeAlone(self):
        stream = self.worker.request(b"first", end=False, path="/echo", method="POST")
        self.worker.send(BODY, stream, b" second")
        self.worker.send(BODY, stream, b"", END)
        self.assertEqual(self.worker.answers([stream])[stream].body, b"first second")

    def testALineIsAnsweredBeforeTheBodyEnds(self):
        stream = self.worker.request(b"", end=False, path="/firstLine", method="POST")
        self.worker.send(BODY, stream, b"line\nmore")
        self.assertEqual(self.worker.answers([stream])[stream].body, b"line\n")
        self.worker.send(BODY, stream, b"late", END)  # under way when the answer came: nobody minds
        self.assertEqual(self.worker.get("/plain").status, 200)

    def testLargeBodiesAreGrantedAsTheyAreRead(self):
        total = 3 * 1024 * 1024
        stream = self.worker.request(b"", end=False, path="/echo", method="POST")
        sent, room = 0, WINDOW_BYTES
        while sent < total:
            if room < 65536:
                kind, _flags, of, payload = self.worker.receive()
                self.assertEqual((kind, of), (WINDOW, stream))
                room += int.from_bytes(payload, "little")
                continue
            sent += 65536
            room -= 65536
            self.worker.send(BODY, stream, b"b" * 65536, END if sent == total else 0)
        answer = self.worker.answers([stream])[stream]
        self.assertEqual((len(answer.body), answer.flags), (total, END))

    def testAClientThatLeavesWhileItSendsEndsTheRequest(self):
        stream = self.worker.request(b"part", end=False, path="/echo", method="POST")
        self.worker.send(BODY, stream, b"", ABORT)
        answer = self.worker.answers([stream])[stream]
        self.assertEqual((answer.status, answer.flags), (0, ABORT))

    def testUploadsOfAllThreadsAtOnceArrive(self):
        streams = [self.worker.request(b"", end=False, path="/echo", method="POST")
                   for _ in range(self.threads)]
        for turn in range(20):
            for stream in streams:
                self.worker.send(BODY, stream, b"%d" % (stream % 10) * 1000,
                                 END if turn == 19 else 0)
        for stream, answer in self.worker.answers(streams).items():
            self.assertEqual(answer.body, b"%d" % (stream % 10) * 20000)


class OneThread(RequestBodies):
    threads = 1


class Windows(BodyTest):
    def testNothingIsSentBeyondTheWindow(self):
        stream = self.worker.request(path="/large", query="1000000")
        received = 0
        while received < WINDOW_BYTES:
            kind, flags, of, payload = self.worker.receive()
            self.assertEqual((of, flags), (stream, 0))
            received += len(parseResponse(payload)[2] if kind == RESPONSE else payload)
        self.assertEqual(received, WINDOW_BYTES)
        self.assertTrue(self.worker.silent(0.1))
        self.worker.grant(stream, 1)
        self.assertEqual(self.worker.receive()[3], b"x")
        self.assertTrue(self.worker.silent(0.05))
        self.worker.grant(stream, 1000000)
        received += 1
        while received < 1000000:
            kind, flags, of, payload = self.worker.receive()
            self.assertEqual((kind, of), (DATA, stream))
            received += len(payload)
        self.assertEqual((received, flags), (1000000, END))

    def testSizesAtTheLimitsArriveWhole(self):
        for size in (0, 1, 16384, 16385, 65535, 65536, 65537, WINDOW_BYTES - 1, WINDOW_BYTES,
                     WINDOW_BYTES + 1):
            with self.subTest(size):
                answer = self.worker.get("/large", query=str(size))
                self.assertEqual((len(answer.body), answer.flags), (size, END))

    def testAPoolThatWaitsForWindowsStillReads(self):
        streams = [self.worker.request(path="/large", query="600000") for _ in range(4)]
        received = {stream: 0 for stream in streams}
        while min(received.values()) < WINDOW_BYTES:
            kind, _flags, stream, payload = self.worker.receive()
            received[stream] += len(parseResponse(payload)[2] if kind == RESPONSE else payload)
        self.worker.send(11, 0, b"pingpong")
        self.assertEqual(self.worker.receive()[3], b"pingpong")
        for stream in reversed(streams):
            self.worker.grant(stream, 600000)
        left = set(streams)
        while left:
            kind, flags, stream, payload = self.worker.receive()
            received[stream] += len(payload)
            if flags & END:
                left.discard(stream)
        self.assertEqual(set(received.values()), {600000})

    def testCancelEndsAnAnswerThatWaitsForItsWindow(self):
        stream = self.worker.request(path="/endless")
        received = 0
        while received < WINDOW_BYTES:
            kind, _flags, _stream, payload = self.worker.receive()
            received += len(parseResponse(payload)[2] if kind == RESPONSE else payload)
        self.worker.send(CANCEL, stream)
        kind, flags, of, _payload = self.worker.receive()
        self.assertEqual((kind, flags, of), (DATA, ABORT, stream))
        self.assertTrue(eventually(lambda: self.closed() == "endless"))

    def testCancelOfAnAnswerThatIsBeingMadeEndsIt(self):
        stream = self.worker.request(path="/endless")
        self.worker.raw(frame(CANCEL, stream))
        while True:
            _kind, flags, of, _payload = self.worker.receive()
            self.assertEqual(of, stream)
            if flags:
                break
        self.assertEqual(flags, ABORT)
        self.worker.send(CANCEL, stream)  # crossed the end on its way: no answer to it
        self.assertTrue(self.worker.silent(0.05))


if __name__ == "__main__":
    unittest.main()
