# SPDX-License-Identifier: Apache-2.0
import json
import signal
import unittest

from peer import (ABORT, CANCEL, DEADLINE, END, PING, PONG, REQUEST, Worker, clientFacts,
                  eventually, frame, pem, requestHead)


class WsgiTest(unittest.TestCase):
    def setUp(self):
        self.worker = self.enterWorker("wsgi_apps:app")

    def enterWorker(self, *arguments, **options):
        worker = Worker(*arguments, **options)
        self.addCleanup(worker.__exit__)
        worker.info = worker.ready()
        return worker


class Answers(WsgiTest):
    def testASmallAnswerIsOneFrame(self):
        answer = self.worker.get("/plain")
        self.assertEqual((answer.status, answer.body, answer.frames, answer.flags),
                         (200, b"hello", 1, END))
        self.assertEqual(answer.headers,
                         [("content-type", "text/plain"), ("X-Own", "yes"),
                          ("content-length", "5")])

    def testBodiesOfEveryShapeArrive(self):
        for path, status, body in (("/writeCallable", 200, b"one two three"),
                                   ("/generator", 200, b"ab"),
                                   ("/lazyStart", 201, b"late"),
                                   ("/replaceHead", 418, b"short and stout")):
            with self.subTest(path):
                answer = self.worker.get(path)
                self.assertEqual((answer.status, answer.body, answer.flags), (status, body, END))

    def testAReplacedHeadForgetsTheFirst(self):
        answer = self.worker.get("/replaceHead")
        self.assertIsNone(answer.get("x-first"))
        self.assertEqual(answer.get("x-second"), "2")

    def testFileWrapperSendsTheFile(self):
        self.assertIn(b"def fileWrapper", self.worker.get("/fileWrapper").body)

    def testHeadAnswersHaveLengthButNoBody(self):
        answer = self.worker.get("/plain", method="HEAD")
        self.assertEqual((answer.status, answer.body, answer.get("content-length")),
                         (200, b"", "5"))

    def testAHeadAnswerInPiecesEndsOnce(self):
        for path in ("/generator", "/writeCallable"):
            with self.subTest(path):
                answer = self.worker.get(path, method="HEAD")
                self.assertEqual((answer.status, answer.body, answer.flags), (200, b"", END))
                self.worker.send(PING, 0, b"12345678")
                self.assertEqual(self.worker.receive()[0], PONG)

    def testNotModifiedHasNeitherBodyNorLength(self):
        answer = self.worker.get("/notModified")
        self.assertEqual((answer.status, answer.body, answer.get("content-length")),
                         (304, b"", None))

    def testHeadersOfTheConnectionAreDropped(self):
        self.assertEqual(self.worker.get("/hopByHop").headers,
                         [("X-Kept", "1"), ("content-length", "4")])

    def testAWrongContentLengthNeverLooksComplete(self):
        for declared, actual, sent, flags in ((5, 5, 5, END), (5, 3, 3, ABORT), (5, 9, 5, END),
                                              (0, 4, 0, END)):
            with self.subTest(declared=declared, actual=actual):
                answer = self.worker.get("/lengths", query="%d,%d" % (declared, actual))
                self.assertEqual((answer.status, len(answer.body), answer.flags),
                                 (200, sent, flags))

    def testOutputGoesToTheProcessStreams(self):
        self.worker.get("/printSomething")
        self.worker.send(13)
        out, errors = self.worker.process.communicate(timeout=20)
        self.assertEqual((out, errors), (b"to standard output\n", b"to wsgi.errors\n"))


class Environ(WsgiTest):
    def environ(self, **head):
        return json.loads(self.worker.get("/showEnviron", **head).body.decode())

    def testTheRequestIsDescribed(self):
        environ = self.environ(query="a=1&b=%20", rawPath="/show%45nviron", scheme=1, headers=(
            ("host", "example.org"), ("x-custom-thing", "v"), ("content-type", "text/x"),
            ("cookie", "a=1")))
        expected = {
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/showEnviron",
            "QUERY_STRING": "a=1&b=%20",
            "REQUEST_URI": "/show%45nviron?a=1&b=%20", "RAW_URI": "/show%45nviron?a=1&b=%20",
            "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "example.org", "SERVER_PORT": "8080",
            "REMOTE_ADDR": "192.0.2.7", "REMOTE_PORT": "50123", "wsgi.url_scheme": "https",
            "wsgi.multithread": True,
            "wsgi.multiprocess": True, "wsgi.run_once": False, "HTTP_HOST": "example.org",
            "HTTP_COOKIE": "a=1",
            "HTTP_X_CUSTOM_THING": "v", "CONTENT_TYPE": "text/x", "arcology.request_id": "req-1"}
        self.assertEqual({key: environ.get(key) for key in expected}, expected)
        self.assertNotIn("CONTENT_LENGTH", environ)

    def testOldVersionsAndOwnMethodsAreTold(self):
        environ = self.environ(version=0, method="BREW")
        self.assertEqual((environ["SERVER_PROTOCOL"], environ["REQUEST_METHOD"]),
                         ("HTTP/1.0", "BREW"))
        self.assertEqual(self.environ(version=2)["SERVER_PROTOCOL"], "HTTP/2.0")

    def testHeadersThatCouldDeceiveAreHidden(self):
        environ = self.environ(headers=(("x_forwarded_for", "1"), ("proxy", "http://evil"),
                                        ("host", "a")))
        self.assertFalse({"HTTP_X_FORWARDED_FOR", "HTTP_PROXY"} & set(environ))

    def testAClientsCertificateIsToldAsModSslDoes(self):
        environ = self.environ(scheme=1, clientFacts=clientFacts(), headers=(
            ("host", "a"), ("ssl-client-verify", "FAILED")))
        expected = {
            "SSL_PROTOCOL": "TLSv1.3", "SSL_CIPHER": "TLS_AES_128_GCM_SHA256",
            "SSL_CLIENT_VERIFY": "SUCCESS", "SSL_CLIENT_S_DN": "CN=J\\C3\\B6rg,O=Shop",
            "SSL_CLIENT_S_DN_CN": "J\u00f6rg".encode().decode("latin-1"),
            "SSL_CLIENT_I_DN": "CN=Clients", "SSL_CLIENT_M_SERIAL": "0A1B",
            "SSL_CLIENT_V_START": "Jan  2 15:04:05 2026 GMT",
            "SSL_CLIENT_V_END": "Jan  2 15:04:05 2027 GMT", "SSL_CLIENT_FINGERPRINT": "ab12",
            "SSL_CLIENT_CERT": pem("own"), "SSL_CLIENT_CERT_CHAIN_0": pem("issuer")}
        self.assertEqual({key: value for key, value in environ.items()
                          if key.startswith("SSL_")}, expected)

    def testAClientWithoutACertificateIsToldSo(self):
        environ = self.environ(scheme=1, clientFacts=clientFacts(verified=False))
        self.assertEqual({key: value for key, value in environ.items()
                          if key.startswith("SSL_CLIENT")}, {"SSL_CLIENT_VERIFY": "NONE"})

    def testNobodyIsVerifiedWhereNobodyIsAsked(self):
        environ = self.environ(scheme=1, headers=(("host", "a"), ("ssl-client-verify", "SUCCESS")))
        self.assertFalse([key for key in environ if key.startswith("SSL_")])

    def testCutFactsEndTheWorker(self):
        head = requestHead(path="/plain", clientFacts=clientFacts())
        self.worker.send(REQUEST, self.worker.nextStream(), head[:-1], END)
        self.assertNotEqual(self.worker.process.wait(DEADLINE), 0)

    def testRepeatedHeadersAreJoined(self):
        environ = self.environ(headers=(("accept", "a"), ("accept", "b"), ("cookie", "x=1"),
                                        ("cookie", "y=2"),
                                        ("x-two", "1"), ("x-two", "2")))
        self.assertEqual((environ["HTTP_ACCEPT"], environ["HTTP_COOKIE"], environ["HTTP_X_TWO"]),
                         ("a,b", "x=1; y=2", "1,2"))

    def testOneThreadSaysSo(self):
        self.worker = self.enterWorker("wsgi_apps:app", threads=1)
        self.assertEqual(self.worker.info["slots"], 1)
        self.assertIs(self.environ()["wsgi.multithread"], False)

    def testTheLengthOfABodyIsTold(self):
        stream = self.worker.request(b"abc", path="/showEnviron", method="POST")
        environ = json.loads(self.worker.answers([stream])[stream].body.decode())
        self.assertEqual(environ["CONTENT_LENGTH"], "3")

    def testWsgirefsValidatorIsContent(self):
        worker = self.enterWorker("wsgi_apps:valid")
        stream = worker.request(b"checked", path="/", method="POST")
        answer = worker.answers([stream])[stream]
        self.assertEqual((answer.status, answer.body), (200, b"checked"), worker.process.poll())


class Failures(WsgiTest):
    def testAFailureBeforeTheHeadIsAPlain500(self):
        for path in ("failBefore", "failWhileIterating", "exitProgram", "startTwice", "neverStarts",
                     "textBody", "unknown"):
            with self.subTest(path):
                answer = self.worker.get("/" + path)
                self.assertEqual((answer.status, answer.flags), (500, END))
                self.assertTrue(answer.get("content-type").startswith("text/plain"))
                self.assertNotIn(b"secret", answer.body)
                self.assertNotIn(b"Traceback", answer.body)
        code, errors = self.worker.stop()
        self.assertEqual(code, 0)
        self.assertIn("ValueError: secret detail", errors)
        self.assertIn("GET /failBefore (request req-1)", errors)

    def testAFailureAfterTheHeadBreaksTheAnswerOff(self):
        for path, body in (("/failAfterHead", b"some"), ("/replaceTooLate", b"gone")):
            with self.subTest(path):
                answer = self.worker.get(path)
                self.assertEqual((answer.status, answer.body, answer.flags), (200, body, ABORT))

    def testCloseIsCalledWhateverHappens(self):
        for path in ("failWhileIterating", "failAfterHead", "failInClose"):
            self.worker.get("/" + path)
        wanted = "failWhileIterating,failAfterHead,failInClose"
        self.assertTrue(eventually(lambda: self.worker.get("/showClosed").body.decode() == wanted))

    def testHeadersThatCannotBeSentAreRefused(self):
        for query in ("X-A=b%0AX-B: c", "X-A=%00", "X A=b", "=b", "X-A%0A=b", "X-\u00e9=b",
                      "Content-Length=-1",
                      "Content-Length=two", "Content-Length= "):
            with self.subTest(query):
                self.assertEqual(self.worker.get("/badHeader",
                                                 query=query.encode("latin-1")).status, 500)

    def testStatusesThatAreNoneAreRefused(self):
        for query in ("", "OK", "20", "2000+OK", "100+Continue", "600+What", "+200", "-20",
                      "\u00b2\u00b2\u00b2"):
            with self.subTest(query):
                self.assertEqual(self.worker.get("/badStatus",
                                                 query=query.encode("latin-1")).status, 500)

    def testAStatusWithoutReasonIsAccepted(self):
        self.assertEqual(self.worker.get("/badStatus", query="204").status, 204)


class Concurrency(WsgiTest):
    def testAllThreadsWorkAtOnceAndTheSocketIsStillRead(self):
        waiting = [self.worker.request(path="/waitAtGate") for _ in range(4)]
        self.worker.send(11, 0, b"12345678")
        kind, _flags, _stream, payload = self.worker.receive()
        self.assertEqual((kind, payload), (12, b"12345678"))
        # Cancelled while it waits for a thread: it ends without the application being asked.
        extra = self.worker.request(path="/failBefore")
        self.worker.send(CANCEL, extra)
        self.assertTrue(self.worker.silent(0.05))
        self.worker.raw(frame(CANCEL, waiting[0]))
        self.worker.send(11, 0, b"87654321")
        # so the cancellations have been read
        self.assertEqual(self.worker.receive()[3], b"87654321")
        self.worker.process.send_signal(signal.SIGUSR1)  # the application opens the gate then
        answers = self.worker.answers(waiting + [extra])
        names = {answers[stream].body for stream in waiting[1:]}
        self.assertEqual(len(names), 3)
        self.assertEqual((answers[extra].status, answers[extra].flags), (0, ABORT))
        self.assertEqual(answers[waiting[0]].flags, ABORT)

    def testAnswersDoNotWaitForTheRequestBehindThem(self):
        for paths in (("/plain", "/waitAtGate"), ("/waitAtGate", "/plain", "/plain")):
            with self.subTest(paths):
                worker = self.enterWorker("wsgi_apps:app")
                for _ in range(100):  # so that the worker counts on quick ones
                    worker.get("/plain")
                streams = [worker.nextStream() for _ in paths]
                worker.raw(b"".join(frame(5, stream, requestHead(path=path), END)
                                    for stream, path in zip(streams, paths)))
                quick = [stream for stream, path in zip(streams, paths) if path == "/plain"]
                answers = worker.answers(quick)  # while the gate is shut
                self.assertEqual({answer.body for answer in answers.values()}, {b"hello"})
                worker.process.send_signal(signal.SIGUSR1)
                slow = streams[paths.index("/waitAtGate")]
                self.assertEqual(worker.answers([slow])[slow].status, 200)

    def testManyRequestsOverlap(self):
        worker = self.worker
        for _ in range(50):
            streams = [worker.nextStream() for _ in range(4)]
            head = requestHead(path="/plain")
            worker.raw(b"".join(frame(5, stream, head, END) for stream in streams))
            for answer in worker.answers(streams).values():
                self.assertEqual((answer.status, answer.body), (200, b"hello"))

    def testFramesMayArriveByteByByte(self):
        stream = self.worker.nextStream()
        for byte in frame(5, stream, requestHead(path="/plain"), END):
            self.worker.raw(bytes((byte,)))
        self.assertEqual(self.worker.answers([stream])[stream].body, b"hello")

    def testStopFinishesWhatRuns(self):
        stream = self.worker.request(b"", end=False, path="/echo", method="POST")
        self.assertTrue(self.worker.silent(0.05))
        self.worker.send(13)
        self.assertTrue(self.worker.silent(0.05))
        self.worker.send(6, stream, b"the rest", END)
        self.assertEqual(self.worker.answers([stream])[stream].body, b"the rest")
        self.assertEqual(self.worker.finished()[0], 0)

    def testTheEndOfTheSocketEndsTheProcessAtOnce(self):
        for _ in range(4):
            self.worker.request(path="/waitAtGate")
        self.worker.sock.close()
        self.assertEqual(self.worker.finished()[0], 0)

    def testTerminateStopsGracefully(self):
        self.worker.get("/plain")
        self.worker.process.terminate()
        self.assertEqual(self.worker.finished()[0], 0)

    def testInterruptIsIgnored(self):
        self.worker.process.send_signal(2)
        self.assertEqual(self.worker.get("/plain").status, 200)

    def testFramesThatCannotBeParsedEndTheWorker(self):
        good = requestHead(path="/plain")
        rows = {"unknown type": frame(99, 1), "too long": b"\xff\xff\xff\x7f" + b"\x05" + b"\0" * 7,
                "stream 0": frame(5, 0, good, END), "cut head": frame(5, 1, good[:20], END),
                "cut header": frame(5, 1, good[:-3], END), "short window": frame(9, 1, b"\0"),
                "body without end": frame(5, 1, requestHead(path="/waitAtGate"), END) + frame(6, 1,
                                                                                              b"x")}
        for name, data in rows.items():
            with self.subTest(name):
                worker = self.enterWorker("wsgi_apps:app")
                worker.raw(data)
                code, errors = worker.finished()
                self.assertEqual(code, 76, errors)
                self.assertIn("arcology: the engine sent", errors)


if __name__ == "__main__":
    unittest.main()
