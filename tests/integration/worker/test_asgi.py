# SPDX-License-Identifier: Apache-2.0
import json
import os
import socket
import sys
import tempfile
import unittest

from peer import (ABORT, BODY, CANCEL, END, FAILED, READY, RESPONSE, WINDOW, WINDOW_BYTES, Worker,
                  clientFacts, eventually, frame,
                  parseResponse, pem, requestHead)


def started(test, entry="asgi_apps:app", **options):
    worker = Worker(entry, "asgi", **options)
    test.addCleanup(worker.__exit__)
    return worker


def pending(sock):
    """Bytes that may be read without waiting, as far as one look reaches."""
    return len(sock.recv(1 << 20, socket.MSG_PEEK))


class AsgiTest(unittest.TestCase):
    def setUp(self):
        self.worker = started(self)
        self.info = self.worker.ready()


class Extensions(AsgiTest):
    def testHintsComeBeforeTheAnswer(self):
        answer = self.worker.get("/hints")
        self.assertEqual(answer.hints, [[("link", "</a.css>; rel=preload; as=style"),
                                         ("link", "</b.js>; rel=preload")]])
        self.assertEqual((answer.status, answer.body), (200, b"hello"))
        code, errors = self.worker.stop()
        self.assertEqual((code, errors), (0, "hints came too late\n"))

    def testMoreHintsThanTheEngineTakesAreNotSent(self):
        self.assertEqual(len(self.worker.get("/hints", query="100").hints), 16)

    def testABadHintIsAFailure(self):
        answer = self.worker.get("/badHint")
        self.assertEqual((answer.status, answer.hints), (500, []))

    def testTrailersEndTheAnswer(self):
        answer = self.worker.get("/trailers", takesTrailers=True)
        self.assertEqual((answer.status, answer.body), (200, b"hello there"))
        self.assertEqual(answer.trailers, [("x-sum", "1"), ("server-timing", "a;dur=1")])

    def testAClientThatTakesNoneGetsTheBody(self):
        answer = self.worker.get("/trailers")
        self.assertEqual((answer.body, answer.trailers, answer.flags), (b"hello there", None, END))

    def testTrailersThatNeverComeBreakTheAnswerOff(self):
        answer = self.worker.get("/forgottenTrailers", takesTrailers=True)
        self.assertEqual((answer.body, answer.flags), (b"hello", ABORT))

    def testTrailersMustBeAnnounced(self):
        answer = self.worker.get("/unannouncedTrailers", takesTrailers=True)
        self.assertEqual((answer.body, answer.flags), (b"hello", ABORT))


class Answers(AsgiTest):
    def testASmallAnswerIsOneFrame(self):
        answer = self.worker.get("/plain")
        self.assertEqual((answer.status, answer.body, answer.frames, answer.flags),
                         (200, b"hello", 1, END))
        self.assertEqual(answer.headers, [("content-type", "text/plain"), ("X-Own", "yes")])
        self.assertEqual((self.info["interface"], self.info["slots"]), ("asgi", 128))

    def testPiecesArriveAsTheyAreSent(self):
        answer = self.worker.get("/chunks")
        self.assertEqual((answer.body, answer.frames, answer.flags), (b"012", 4, END))

    def testOtherShapesOfMessagesAreUnderstood(self):
        answer = self.worker.get("/otherShapes")
        self.assertEqual((answer.status, answer.headers, answer.body, answer.flags),
                         (200, [("x-list", "a"), ("x-array", "b")], b"hello", END))

    def testHeadAnswersHaveNoBody(self):
        answer = self.worker.get("/plain", method="HEAD")
        self.assertEqual((answer.status, answer.body, answer.flags), (200, b"", END))

    def testTheScopeIsComplete(self):
        scope = json.loads(self.worker.get("/showScope", rawPath="/show%53cope", query="a=%20",
                                           scheme=1, headers=(
            ("host", "example.org"), ("x-own", "v"), ("accept", "a"),
            ("accept", "b"))).body.decode())
        self.assertEqual(scope, {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1", "method": "GET",
            "scheme": "https", "path": "/showScope", "raw_path": "/show%53cope",
            "query_string": "a=%20",
            "root_path": "",
            "headers": [["host", "example.org"], ["x-own", "v"], ["accept", "a"], ["accept", "b"]],
            "client": ["192.0.2.7", 50123], "server": ["example.org", 8080], "state": {},
            "extensions": {"http.response.early_hint": {}}})

    def testAClientsCertificateIsInTheTlsExtension(self):
        def extensions(**options):
            body = self.worker.get("/showScope", scheme=1, **options).body
            return json.loads(body.decode())["extensions"]
        self.assertEqual(extensions(clientFacts=clientFacts())["tls"], {
            "server_cert": pem("server"), "client_cert_chain": [pem("own"), pem("issuer")],
            "client_cert_name": "CN=J\\C3\\B6rg,O=Shop", "client_cert_error": None,
            "tls_version": 0x0304, "cipher_suite": 0x1301})
        unknown = extensions(clientFacts=clientFacts(verified=False))["tls"]
        self.assertEqual((unknown["client_cert_chain"], unknown["client_cert_name"],
                          unknown["client_cert_error"]), ([], None, None))
        self.assertNotIn("tls", extensions())

    def testTheVersionIsTheClients(self):
        for version, text in ((0, "1.0"), (1, "1.1"), (2, "2")):
            scope = json.loads(self.worker.get("/showScope", version=version).body.decode())
            self.assertEqual(scope["http_version"], text)

    def testPathsAreText(self):
        answer = self.worker.get("/showScope", rawPath="/%C3%A9")
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.worker.get("/\u00e9").status, 500)

    def testTheLengthOfABodyIsAHeader(self):
        stream = self.worker.request(b"abc", path="/showScope", method="POST")
        scope = json.loads(self.worker.answers([stream])[stream].body.decode())
        self.assertIn(["content-length", "3"], scope["headers"])

    def testAFactoryAndAnInstanceAreServed(self):
        worker = started(self, "asgi_apps:instance")
        worker.ready()
        self.assertEqual(worker.get("/").body, b"hello")

    def testTheInterfaceOfACoroutineIsFoundOut(self):
        worker = Worker("asgi_apps:app", "wsgi")
        self.addCleanup(worker.__exit__)
        self.assertEqual(worker.ready()["interface"], "asgi")


class Failures(AsgiTest):
    def testAFailureBeforeTheHeadIsAPlain500(self):
        for path in ("failBefore", "failAfterSleep", "exitProgram", "cancelled", "silent",
                     "headOnly", "bodyFirst",
                     "startTwice", "unknownMessage", "badHeader", "badStatus", "tooLong",
                     "unknown"):
            with self.subTest(path):
                answer = self.worker.get("/" + path)
                self.assertEqual((answer.status, answer.flags), (500, END))
                self.assertNotIn(b"secret", answer.body)
        code, errors = self.worker.stop()
        self.assertEqual(code, 0)
        self.assertIn("ValueError: secret detail", errors)

    def testAFailureAfterTheHeadBreaksTheAnswerOff(self):
        answer = self.worker.get("/failAfterHead")
        self.assertEqual((answer.status, answer.body, answer.flags), (200, b"some", ABORT))

    def testFramesThatCannotBeParsedEndTheWorker(self):
        good = requestHead(path="/plain")
        rows = {"unknown type": frame(99, 1), "too long": b"\xff\xff\xff\x7f" + b"\x05" + b"\0" * 7,
                "stream 0": frame(5, 0, good, END), "cut head": frame(5, 1, good[:20], END),
                "cut header": frame(5, 1, good[:-3], END), "short window": frame(9, 1, b"\0"),
                "stream in use": frame(5, 1, requestHead(path="/slow"), END) * 2,
                "body without end": frame(5, 1, requestHead(path="/slow"), END) + frame(6, 1, b"x")}
        for name, data in rows.items():
            with self.subTest(name):
                worker = started(self)
                worker.ready()
                worker.raw(data)
                self.assertEqual(worker.finished()[0], 76)


class Bodies(AsgiTest):
    def testBodiesArriveInPieces(self):
        for path in ("/echo", "/echoAfterSleep"):
            stream = self.worker.request(b"one", end=False, path=path, method="POST")
            self.worker.send(BODY, stream, b" two")
            self.worker.send(BODY, stream, b"", END)
            self.assertEqual(self.worker.answers([stream])[stream].body, b"one two")

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
        self.assertEqual(len(self.worker.answers([stream])[stream].body), total)

    def testNothingIsSentBeyondTheWindow(self):
        stream = self.worker.request(path="/large", query="1000000")
        received = 0
        while received < WINDOW_BYTES:
            kind, flags, _stream, payload = self.worker.receive()
            received += len(parseResponse(payload)[2] if kind == RESPONSE else payload)
        self.assertEqual((received, flags), (WINDOW_BYTES, 0))
        self.assertTrue(self.worker.silent(0.1))
        self.assertEqual(self.worker.get("/plain").status, 200)
        self.worker.grant(stream, 1000000)
        while received < 1000000:
            received += len(self.worker.receive()[3])
        self.assertEqual(received, 1000000)

    def testSizesAtTheLimitsArriveWhole(self):
        for size in (0, 1, 65535, 65536, 65537, WINDOW_BYTES, WINDOW_BYTES + 1, 3 * WINDOW_BYTES):
            with self.subTest(size):
                answer = self.worker.get("/large", query=str(size))
                self.assertEqual((len(answer.body), answer.flags), (size, END))

    def testAnswersThatTheSocketDoesNotTakeWait(self):
        streams = [self.worker.request(path="/large", query="200000") for _ in range(60)]
        self.assertTrue(eventually(lambda: pending(self.worker.sock) > 100000))
        for stream, answer in self.worker.answers(streams).items():
            self.assertEqual((len(answer.body), answer.flags), (200000, END), stream)
        self.assertEqual(self.worker.get("/plain").body, b"hello")

    def testFramesMayArriveByteByByte(self):
        stream = self.worker.nextStream()
        for byte in frame(5, stream, requestHead(path="/plain"), END):
            self.worker.raw(bytes((byte,)))
        self.assertEqual(self.worker.answers([stream])[stream].body, b"hello")


class SentFiles(unittest.TestCase):
    def testTheEngineSendsWhatItMayReachAndTheWorkerTheRest(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = os.path.realpath(folder)
            os.mkdir(os.path.join(folder, "inside"))
            for name in ("inside/file", "outside"):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(b"x" * 300000)
            worker = started(self, folders=[os.path.join(folder, "inside")])
            worker.ready()
            sent = worker.get("/sendPath", query=os.path.join(folder, "inside/file"))
            self.assertEqual((sent.status, sent.body, sent.flags), (200, b"", END))
            self.assertEqual([value for _name, value in sent.headers],
                             ["yes", os.path.join(folder, "inside/file")])
            copied = worker.get("/sendPath", query=os.path.join(folder, "outside"))
            self.assertEqual((copied.headers, copied.body), ([("x-own", "yes")], b"x" * 300000))
            self.assertEqual(worker.get("/sendPath", query="no/absolute/path").status, 500)

    def testWithoutAFolderTheExtensionIsNotThere(self):
        worker = started(self)
        worker.ready()
        self.assertEqual(worker.get("/sendPath", query="/etc/hostname").status, 500)


class Leaving(AsgiTest):
    def events(self):
        return self.worker.get("/showEvents").body.decode()

    def testCancelIsADisconnect(self):
        stream = self.worker.request(path="/waitForDisconnect")
        self.assertTrue(self.worker.silent(0.05))
        self.worker.send(CANCEL, stream)
        answer = self.worker.answers([stream])[stream]
        self.assertEqual((answer.status, answer.flags), (0, ABORT))
        self.assertEqual(self.events(), "http.disconnect")

    def testAClientThatLeavesWhileItSendsIsADisconnect(self):
        stream = self.worker.request(b"part", end=False, path="/waitForDisconnect", method="POST")
        self.worker.send(BODY, stream, b"", ABORT)
        self.assertEqual(self.worker.answers([stream])[stream].flags, ABORT)

    def testTheEndOfTheAnswerIsADisconnect(self):
        self.assertEqual(self.worker.get("/disconnectAfterAnswer").body, b"done")
        self.assertTrue(eventually(lambda: self.events() == "after:http.disconnect"))

    def testTheEndOfTheAnswerWakesWhoeverWaitsForItsWindow(self):
        for query, flags in (("", END), ("fails", ABORT)):
            with self.subTest(query):
                worker = started(self)
                worker.ready()
                stream = worker.request(path="/sendsAside", query=query)
                self.assertEqual(worker.answers([stream], grant=False)[stream].flags, flags)
                self.assertTrue(eventually(lambda: worker.get("/showEvents").body == b"sent,sent"))

    def testBothOfTwoThatWaitForTheWindowGetIt(self):
        answer = self.worker.get("/sendsTogether")
        self.assertEqual((len(answer.body), answer.flags), (1200000, END))

    def testCancelEndsAnAnswerThatWaitsForItsWindow(self):
        stream = self.worker.request(path="/large", query="1000000")
        received = 0
        while received < WINDOW_BYTES:
            kind, _flags, _stream, payload = self.worker.receive()
            received += len(parseResponse(payload)[2] if kind == RESPONSE else payload)
        self.worker.send(CANCEL, stream)
        _kind, flags, of, _payload = self.worker.receive()
        self.assertEqual((of, flags), (stream, ABORT))


class Tasks(AsgiTest):
    def testContextsAreSeparate(self):
        streams = [self.worker.request(path="/context", query=str(number)) for number in range(3)]
        answers = self.worker.answers(streams)
        self.assertEqual([answers[stream].body for stream in streams],
                         [b"unset 0", b"unset 1", b"unset 2"])

    def testARequestIsARealTask(self):
        self.assertEqual(self.worker.get("/taskTools").body, b"True [0, 1, 2]")

    def testTheTaskIsThereFromTheFirstStepOn(self):
        environments = [{}]
        if sys.implementation.name != "pypy":
            environments.append({"PYTHONASYNCIODEBUG": "1"})
        for interface in ("asgi", "wsgi"):  # the second is found out only when asyncio is imported
            for environment in environments:
                with self.subTest(interface, environment=environment):
                    worker = Worker("asgi_apps:app", interface, environment=environment)
                    self.addCleanup(worker.__exit__)
                    worker.ready()
                    self.assertEqual(json.loads(worker.get("/unseenTask").body), [True, True])
                    found = json.loads(worker.get("/firstStep").body)
                    # PyPy's coroutines tell no cr_running that we rely upon
                    self.assertEqual(found[:4] + found[5:], [True, True, True, False, True, True])
                    self.assertEqual(worker.get("/cancelFirst").body, b"cancelled, inner 1")
                    self.assertEqual(worker.get("/cancelBare").body, b"cancelled")
                    self.assertEqual(worker.get("/cancelTold").body, b"closing time")

    def testCallsOfOthersWhileATaskIsMadeReachTheLoop(self):
        self.worker.get("/callWhileTasksAreMade")
        self.assertEqual(json.loads(self.worker.get("/unseenTask").body), [True, True])
        self.assertEqual(json.loads(self.worker.get("/firstStep").body)[:3], [True, True, True])
        self.assertEqual(self.worker.get("/tellCalls").body, b"1")

    def testWaitingEndsWhenItIsCancelled(self):
        for path, body in (("cancelledByAnother", b"cancelled"), ("timesOut", b"timed out")):
            with self.subTest(path):
                self.assertEqual(self.worker.get("/" + path).body, body)

    def testOnlyWhatIsAwaitedIsDone(self):
        stream = self.worker.request(b"body", path="/neverAwaited", method="POST")
        self.assertEqual(self.worker.answers([stream])[stream].body, b"body once")

    def testFailuresComeWhereTheyAreAwaited(self):
        self.assertEqual(self.worker.get("/failuresInGather").body,
                         b"RuntimeError,RuntimeError,KeyError")

    def testLookingForADisconnectLeavesNothingBehind(self):
        self.assertLess(int(self.worker.get("/pollDisconnect").body), 50)

    def testAnAwaitableIsServedAndNothingElseIs(self):
        for entry, status in (("awaitable", 200), ("notAwaitable", 500)):
            with self.subTest(entry):
                worker = started(self, "asgi_apps:" + entry, lifespan="off")
                worker.ready()
                self.assertEqual(worker.get("/").status, status)

    def testReceiveAndSendMayBeRunAsTasks(self):
        stream = self.worker.request(b"body", path="/receiveInTask", method="POST")
        self.assertEqual(self.worker.answers([stream])[stream].body, b"body")

    @unittest.skipIf(sys.version_info < (3, 11), "nothing tells that a coroutine waits")
    def testReceiveIsACoroutineForWhoeverAsks(self):
        self.assertEqual(json.loads(self.worker.get("/coroutineStates").body),
                         [True, False, "CORO_SUSPENDED", "CORO_CLOSED"])

    def testSlowRequestsDoNotHoldOthersUp(self):
        slow = [self.worker.request(path="/slow") for _ in range(100)]
        self.assertEqual(self.worker.get("/plain").body, b"hello")
        self.assertEqual({answer.body for answer in self.worker.answers(slow).values()}, {b"slow"})

    def testPingIsAnswered(self):
        self.worker.send(11, 0, b"12345678")
        self.assertEqual(self.worker.receive()[::3], (12, b"12345678"))

    def testStopFinishesWhatRuns(self):
        stream = self.worker.request(path="/slow")
        self.worker.send(13)
        self.assertEqual(self.worker.answers([stream])[stream].body, b"slow")
        self.assertEqual(self.worker.finished()[0], 0)

    def testTerminateStopsGracefully(self):
        stream = self.worker.request(path="/slow")
        self.assertTrue(self.worker.silent(0.05))
        self.worker.process.terminate()
        self.assertEqual(self.worker.answers([stream])[stream].body, b"slow")
        self.assertEqual(self.worker.finished()[0], 0)

    def testTheEndOfTheSocketEndsTheProcessAtOnce(self):
        self.worker.request(path="/waitForDisconnect")
        self.worker.sock.close()
        self.assertEqual(self.worker.finished()[0], 0)


class LifespanTest(unittest.TestCase):
    def testStateIsCopiedIntoEachRequest(self):
        worker = started(self, "asgi_apps:lifespanComplete")
        worker.ready()
        for _ in range(2):
            self.assertEqual(json.loads(worker.get("/").body.decode()), {"pool": "ready"})
        code, errors = worker.stop()
        self.assertEqual((code, errors), (0, "cleaned up\n"))

    def testTheOutcomeOfStartupDecides(self):
        rows = (("app", "auto", READY, ""), ("app", "off", READY, ""),
                ("app", "on", FAILED, "lifespan startup failed: NotImplementedError: lifespan"),
                ("lifespanFails", "auto", FAILED,
                 "lifespan startup failed: RuntimeError: no database"),
                ("lifespanRaises", "auto", READY, ""),
                ("lifespanRaises", "on", FAILED,
                 "lifespan startup failed: RuntimeError: no database"))
        for entry, lifespan, wanted, error in rows:
            with self.subTest(entry, lifespan=lifespan):
                worker = started(self, "asgi_apps:" + entry, lifespan=lifespan)
                kind, value = worker.start()
                self.assertEqual((kind, value.get("error", "")), (wanted, error))
                if kind == FAILED:
                    self.assertEqual(value["step"], "lifespan")
                    self.assertNotEqual(worker.finished()[0], 0)

    def testAFailedShutdownIsToldAndStillEnds(self):
        worker = started(self, "asgi_apps:lifespanEndsBadly")
        worker.ready()
        code, errors = worker.stop()
        self.assertEqual((code, errors), (0, "arcology: lifespan shutdown failed: disk on fire\n"))


if __name__ == "__main__":
    unittest.main()
