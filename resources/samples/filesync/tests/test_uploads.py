# SPDX-License-Identifier: Apache-2.0
import fcntl
import io
import os
import time
from unittest import mock

from filesync import store
from tests.base import StoreTest, digest, sha256

DATA = bytes(range(256)) * 40


class UploadsTest(StoreTest):
    def testAFileArrivesInPieces(self):
        place = self.begin("big.bin", DATA, sha256=sha256(DATA))
        for offset in range(0, len(DATA), 3000):
            piece = DATA[offset:offset + 3000]
            answer = self.append(place, offset, piece, Content_Digest=digest(piece))
            self.assertEqual(answer.status_code, 204)
            self.assertEqual(int(answer.headers["Upload-Offset"]), offset + len(piece))
        answer = self.finish(place, If_None_Match="*")
        self.assertEqual((answer.status_code, answer.json["sha256"]), (201, sha256(DATA)))
        self.assertEqual(self.get("/files/big.bin").data, DATA)
        again = self.finish(place, If_None_Match="*")  # the first answer was lost
        self.assertEqual((again.status_code, again.json["sha256"]), (200, sha256(DATA)))
        self.assertEqual(len(self.get("/api/changes").json["changes"]), 1)
        self.assertEqual(self.append(place, len(DATA), b"x").status_code, 409)

    def testAnEmptyFileIsOneToo(self):
        self.assertEqual(self.finish(self.begin("empty", b"")).status_code, 201)
        self.assertEqual(self.get("/files/empty").data, b"")

    def testABrokenConnectionLosesNothingThatArrived(self):
        class Breaking(io.RawIOBase):
            left = [DATA[:1000], DATA[1000:1500]]

            def read(self, _size=-1):
                if self.left:
                    return self.left.pop(0)
                raise OSError("the client left")

        place = self.begin("a", DATA)
        with self.assertRaises(OSError):
            self.store.append(place.rpartition("/")[2], 0, Breaking(), {})
        self.assertEqual(self.client.get(place).json["offset"], 1500)
        self.assertEqual(self.append(place, 0, DATA).status_code, 409)
        answer = self.append(place, 1000, DATA[1000:])
        self.assertEqual((answer.status_code, answer.headers["Upload-Offset"]), (409, "1500"))
        self.assertEqual(self.append(place, 1500, DATA[1500:]).status_code, 204)
        self.assertEqual(self.finish(place).status_code, 201)
        self.assertEqual(self.get("/files/a").data, DATA)

    def testADamagedPieceIsThrownAway(self):
        place = self.begin("a", DATA)
        self.append(place, 0, DATA[:100])
        answer = self.append(place, 100, b"garbled", Content_Digest=digest(DATA[100:107]))
        self.assertEqual((answer.status_code, answer.headers["Upload-Offset"]), (422, "100"))
        self.assertEqual(self.client.get(place).json["offset"], 100)

    def testADamagedFileGetsNoName(self):
        place = self.begin("a", DATA, sha256=sha256(b"something else"))
        self.append(place, 0, DATA)
        answer = self.finish(place)
        self.assertEqual((answer.status_code, answer.headers["Upload-Offset"]), (422, "0"))
        self.assertEqual((self.names(), self.objects()), ([], []))

    def testAnUploadThatIsNotWholeGetsNoName(self):
        place = self.begin("a", DATA)
        self.append(place, 0, DATA[:-1])
        answer = self.finish(place)
        self.assertEqual((answer.status_code, answer.headers["Upload-Offset"]),
                         (409, str(len(DATA) - 1)))
        self.assertEqual(self.append(place, len(DATA) - 1, b"xy").status_code, 413)
        self.assertEqual(self.client.get(place).json["offset"], len(DATA) - 1)

    def testAConflictLeavesTheChoice(self):
        self.put("a", b"theirs")
        for name, headers, status in ((None, {"If_None_Match": "*"}, 412), (None, {}, 428),
                                      (None, {"If_Match": '"old"'}, 412),
                                      ("a (2)", {"If_None_Match": "*"}, 201)):
            if status == 412 or status == 428:
                place = self.begin("a", b"mine") if name is None and headers == {
                    "If_None_Match": "*"} else place
                self.append(place, 0, b"mine")
            self.assertEqual(self.finish(place, name, **headers).status_code, status)
        self.assertEqual(self.get("/files/a").data, b"theirs")
        self.assertEqual(self.get("/files/a (2)").data, b"mine")
        self.assertEqual(self.finish(place, "third").status_code, 409)

    def testTwoRequestsDoNotWriteAtOnce(self):
        place = self.begin("a", DATA)
        with open(self.store.partPath(place.rpartition("/")[2]), "r+b") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            self.assertEqual(self.append(place, 0, DATA).status_code, 423)
            self.assertEqual(self.append(place, 0, DATA).headers["Retry-After"], "1")
        self.assertEqual(self.append(place, 0, DATA).status_code, 204)

    def testAWorkerThatDiedBeforeTheIndexKnewLosesNothing(self):
        place = self.begin("a", DATA, sha256=sha256(DATA))
        self.append(place, 0, DATA)
        with mock.patch("filesync.index.recordFile", side_effect=KeyboardInterrupt), \
                self.assertRaises(KeyboardInterrupt):
            self.store.finish(place.rpartition("/")[2], None, {})
        self.assertEqual(self.names(), [])
        self.assertEqual(self.client.get(place).json["offset"], len(DATA))
        self.assertEqual(self.finish(place).status_code, 201)
        self.assertEqual(self.get("/files/a").data, DATA)

    def testWhatIsNoUploadIsRefused(self):
        rows = (({"name": "a"}, 400), ({"name": "a", "size": -1}, 400),
                ({"name": "a", "size": "9"}, 400), ({"name": "a", "size": True}, 400),
                ({"name": "a", "size": 1.5}, 400), ({"name": "../a", "size": 1}, 400),
                ({"name": "/a", "size": 1}, 400), ({"name": "a\0", "size": 1}, 400),
                ({"size": 1}, 400), ({"name": "a", "size": 1, "sha256": "x"}, 400),
                ({"name": "a", "size": 1, "sha256": "../" * 21 + "x"}, 400),
                ({"name": "a", "size": 1 << 60}, 413), ([], 400), ("text", 400))
        for body, status in rows:
            with self.subTest(body):
                self.assertEqual(self.client.post("/api/uploads", json=body).status_code, status)
        self.assertEqual(self.client.post("/api/uploads", data={"name": "a"}).status_code, 415)
        self.assertEqual(self.client.post("/api/uploads", data="{", content_type="application/json")
                         .status_code, 400)
        place = self.begin("a", b"x")
        for offset in ("", "x", "-1", "1.0"):
            self.assertIn(self.append(place, offset, b"x").status_code, (400, 409))
        self.assertEqual(self.client.patch(place, data=b"x").status_code, 400)

    def testOpenUploadsHaveALimitAndOldOnesGo(self):
        with mock.patch.object(store, "UPLOADS_MAX", 2):
            first = self.begin("a", b"x")
            self.begin("b", b"x")
            self.assertEqual(self.client.post("/api/uploads", json={"name": "c", "size": 1})
                             .status_code, 429)
            with mock.patch("filesync.store.time") as clock:
                clock.time.return_value = time.time() + store.UPLOAD_SECONDS + 1
                self.begin("c", b"x")
        self.assertEqual(self.client.get(first).status_code, 404)
        self.assertEqual(len(os.listdir(os.path.join(self.store.folder, "uploads"))), 1)

    def testACancelledUploadIsGone(self):
        place = self.begin("a", DATA)
        self.assertEqual(self.client.delete(place).status_code, 204)
        self.assertEqual(self.client.delete(place).status_code, 404)
        self.assertEqual(os.listdir(os.path.join(self.store.folder, "uploads")), [])
