# SPDX-License-Identifier: Apache-2.0
import json
import struct
import sys
import unittest

from peer import (ABORT, DATA, END, REQUEST, RESPONSE, WINDOW, WINDOW_BYTES, Worker, clientFacts,
                  parseResponse, requestHead)

MESSAGE, SOCKET_CLOSE = 15, 16
CANCEL = 10
TEXT = 4
COST = 256


class WebSocketTest(unittest.TestCase):
    def setUp(self):
        self.worker = Worker("websocket_apps:app", "asgi")
        self.addCleanup(self.worker.__exit__)
        self.worker.ready()

    def ask(self, path, **options):
        stream = self.worker.nextStream()
        head = bytearray(requestHead(path=path, **options))
        head[3] |= 4  # asks for a WebSocket
        self.worker.send(REQUEST, stream, bytes(head), END)
        return stream

    def accepted(self, path, **head):
        stream = self.ask(path, **head)
        kind, flags, number, payload = self.worker.receive()
        self.assertEqual((kind, flags, number), (RESPONSE, 0, stream))
        status, headers, body = parseResponse(payload)
        self.assertEqual((status, body), (101, b""))
        return stream, headers

    def expect(self, kind, flags, stream, payload=None):
        frame = self.worker.receive()
        self.assertEqual(frame[:3], (kind, flags, stream), frame)
        if payload is not None:
            self.assertEqual(frame[3], payload)
        return frame[3]

    def testTheScopeIsThatOfAWebSocket(self):
        stream, headers = self.accepted("/scope", scheme=1, headers=(
            ("host", "example.org"), ("sec-websocket-protocol", "one, two"),
            ("sec-websocket-protocol", "three")))
        self.assertEqual(headers, [("x-own", "1"), ("sec-websocket-protocol", "two")])
        scope = json.loads(self.expect(MESSAGE, TEXT | END, stream).decode())
        self.assertEqual((scope["type"], scope["scheme"], scope["subprotocols"]),
                         ("websocket", "wss", ["one", "two", "three"]))
        self.assertNotIn("method", scope)
        self.assertEqual(scope["extensions"], {"websocket.http.response": {}})
        self.expect(SOCKET_CLOSE, 0, stream, struct.pack("<H", 1000))
        self.expect(DATA, END, stream, b"")

    def testTheScopeTellsTheClientsCertificate(self):
        stream, _ = self.accepted("/scope", scheme=1, clientFacts=clientFacts(), headers=(
            ("host", "example.org"), ("sec-websocket-protocol", "one, two")))
        extensions = json.loads(self.expect(MESSAGE, TEXT | END, stream).decode())["extensions"]
        self.assertEqual(extensions["websocket.http.response"], {})
        self.assertEqual(extensions["tls"]["client_cert_name"], "CN=J\\C3\\B6rg,O=Shop")

    def testMessagesComeWholeAndGoWhole(self):
        stream, _ = self.accepted("/echo")
        self.worker.send(MESSAGE, stream, b"gr\xc3", TEXT)
        self.worker.send(MESSAGE, stream, b"\xbc\xc3\x9f", TEXT | END)
        self.expect(MESSAGE, TEXT | END, stream, "gr\u00fc\u00df".encode())
        self.worker.send(MESSAGE, stream, b"", END)
        self.expect(MESSAGE, END, stream, b"")
        self.worker.send(SOCKET_CLOSE, stream, struct.pack("<H", 4000) + b"why")
        self.expect(DATA, END, stream, b"")
        _, errors = self.worker.stop()
        self.assertIn("disconnect 4000 why", errors)

    def testNothingIsSentBeyondTheWindow(self):
        stream, _ = self.accepted("/long")
        room = WINDOW_BYTES
        total = 0
        while True:
            kind, flags, _, payload = self.worker.receive()
            self.assertEqual(kind, MESSAGE)
            room -= len(payload) + COST
            total += len(payload)
            self.assertGreaterEqual(room, 0)
            if room <= COST:
                break
        self.assertTrue(self.worker.silent(0.1))
        self.worker.grant(stream, 1 << 20)
        while not flags & END:
            kind, flags, _, payload = self.worker.receive()
            total += len(payload)
        self.assertEqual(total, 600000)

    def testRoomIsGrantedAsMessagesAreReceived(self):
        stream, _ = self.accepted("/deaf")
        for _ in range(3):
            self.worker.send(MESSAGE, stream, b"x" * 65280, END)
        self.assertTrue(self.worker.silent(0.1))  # whole messages wait for the application
        self.worker.send(CANCEL, stream)
        self.expect(DATA, END, stream)

    def testRoomIsGrantedWithinALongMessage(self):
        stream, _ = self.accepted("/echo")
        for _ in range(4):
            self.worker.send(MESSAGE, stream, b"x" * 65280)
        granted = 0
        while granted < WINDOW_BYTES:
            granted += struct.unpack("<I", self.expect(WINDOW, 0, stream))[0]
        self.worker.send(MESSAGE, stream, b"", END)
        self.assertEqual(self.worker.receive()[0], MESSAGE)

    def testPartsBehindAMessageNobodyReceivesMakeNoRoom(self):
        stream, _ = self.accepted("/deaf")
        self.worker.send(MESSAGE, stream, b"first", END)
        for _ in range(3):
            self.worker.send(MESSAGE, stream, b"x" * 65280)
        self.assertTrue(self.worker.silent(0.1))
        self.worker.send(CANCEL, stream)
        self.expect(DATA, END, stream)

    def testPartsOfTwoBytesCostWhatTheyWeigh(self):
        stream, _ = self.accepted("/echo")
        count = 200000
        before = self.worker.residentKiB()
        for _ in range(count):
            self.worker.send(MESSAGE, stream, b"xy")
        granted = 0
        while granted < count * (2 + COST) - WINDOW_BYTES:
            granted += struct.unpack("<I", self.expect(WINDOW, 0, stream))[0]
        if sys.implementation.name == "cpython":  # others collect when they please
            # an object for each part would be 12 MiB
            self.assertLess(self.worker.residentKiB() - before, 4096)
        self.worker.grant(stream, 1 << 20)
        self.worker.send(MESSAGE, stream, b"", END)
        kind, received = None, 0
        while kind != MESSAGE or not flags & END:
            kind, flags, _, payload = self.worker.receive()
            received += len(payload) if kind == MESSAGE else 0
        self.assertEqual(received, 2 * count)

    def testWhoDoesNotAcceptRefuses(self):
        for path, status in (("/close", 403), ("/raise", 500), ("/return", 500), ("/answer", 401)):
            answer = self.worker.answers([stream := self.ask(path)])[stream]
            self.assertEqual((answer.status, answer.flags), (status, END), path)

    def testAFailureClosesWith1011(self):
        stream, _ = self.accepted("/fail")
        self.expect(SOCKET_CLOSE, 0, stream, struct.pack("<H", 1011))
        self.expect(DATA, END, stream)

    def testWhoOnlySendsHearsOfTheEnd(self):
        stream, _ = self.accepted("/ticks")
        self.expect(MESSAGE, TEXT | END, stream)
        self.worker.send(SOCKET_CLOSE, stream, struct.pack("<H", 1001))
        while True:
            kind, flags, _, _ = self.worker.receive()
            if kind == DATA:
                break
        _, errors = self.worker.stop()
        self.assertNotIn("Traceback", errors)

    def testAClientThatLeavesBeforeTheAnswer(self):
        stream = self.ask("/late")
        self.worker.send(CANCEL, stream)
        self.expect(DATA, ABORT, stream)

    def testMistakesOfTheApplicationAreToldToIt(self):
        stream, _ = self.accepted("/mistakes")
        told = json.loads(self.expect(MESSAGE, TEXT | END, stream).decode())
        self.assertEqual(told, ["websocket.accept came a second time",
                                "websocket.send has neither bytes nor text",
                                "the close code is 1006, which must not be sent",
                                "the subprotocol 'x' is none that the client offered"])


if __name__ == "__main__":
    unittest.main()
