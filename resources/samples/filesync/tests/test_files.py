# SPDX-License-Identifier: Apache-2.0
import os
import sqlite3
import threading
import unittest
from unittest import mock

from filesync import index, store
from filesync.names import BadName, checkedName
from filesync.web import SAMPLE, create_app
from tests.base import StoreTest, digest, sha256

LATER, EARLIER = "Fri, 01 Jan 2100 00:00:00 GMT", "Sat, 01 Jan 2000 00:00:00 GMT"


class NamesTest(unittest.TestCase):
    def testWhatCouldLeaveAFolderIsRefused(self):
        for name in ("", ".", "..", "/etc/passwd", "../x", "a/../b", "a/./b", "a//b", "a/", "/",
                     "a\0b", "a\nb", "a\\b", "..\\x", "C:\\x", " a", "a ", "a/ b", "\ud800", None,
                     3, "x" * 201, "/".join("x" * 17), "é" * 400, ".filesync/state.json",
                     ".FILESYNC", "a\u202egpj.exe", "a\u200b"):
            with self.subTest(repr(name)[:40]), self.assertRaises(BadName):
                checkedName(name)

    def testOrdinaryNamesPassInOneSpelling(self):
        self.assertEqual(checkedName("e\u0301te\u0301.txt"), "\u00e9t\u00e9.txt")
        for name in ("a", "...", "..a", "a/b/c.txt", ".hidden", "a b", "100%", "a'b\"c<d>.html",
                     "日本/写真.jpg"):
            self.assertEqual(checkedName(name), name)


class PathsTest(StoreTest):
    def testNoAddressLeavesTheStore(self):
        planted = os.path.join(self.folder, "secret.txt")
        with open(planted, "w", encoding="ascii") as file:
            file.write("secret")
        for path in ("../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "a/..%2f..%2fsecret",
                     "%2e%2e%5csecret.txt", "a%00b", "..", "%2e",
                     "%2E%2E%2Findex.sqlite3", "x" * 900):
            for method in ("get", "put", "delete"):
                with self.subTest(method + " " + path[:40]):
                    answer = getattr(self.client, method)("/files/" + path, data=b"x",
                                                          headers={"If-Match": "*"})
                    self.assertIn(answer.status_code, (400, 404, 405), answer.text)
                    self.assertNotIn(b"secret", answer.data.replace(path.encode(), b""))
        with open(planted, encoding="ascii") as file:
            self.assertEqual(file.read(), "secret")
        # Flask makes one slash of two, and says so.
        answer = self.get("/files/%2Fetc%2Fpasswd")
        self.assertEqual((answer.status_code, answer.location.partition("/files/")[2]),
                         (308, "etc/passwd"))
        self.assertEqual(self.names(), [])

    def testUploadsAreNotNamedByTheClient(self):
        for identifier in ("..%2findex.sqlite3", "x", "../lock", "%00"):
            for method in ("get", "patch", "put", "delete"):
                answer = getattr(self.client, method)(
                    "/api/uploads/" + identifier, json={}, headers={"Upload-Offset": "0"})
                self.assertIn(answer.status_code, (404, 405), (method, identifier))
        self.assertTrue(os.path.exists(os.path.join(self.store.folder, "index.sqlite3")))

    def testAPlantedLinkIsNotFollowed(self):
        secret = os.path.join(self.folder, "secret")
        with open(secret, "wb") as file:
            file.write(b"secret")
        self.put("a", b"data")
        path = self.store.objectPath(sha256(b"data"))
        os.unlink(path)
        os.symlink(secret, path)
        self.assertEqual(self.get("/files/a").status_code, 503)

    def testAFileAndAFolderCannotShareAName(self):
        self.assertEqual(self.put("a/b", b"1").status_code, 201)
        self.assertEqual(self.put("a", b"2").status_code, 409)
        self.assertEqual(self.put("a/b/c", b"3").status_code, 409)
        self.assertEqual(self.put("a0", b"4").status_code, 201)
        self.assertEqual(self.put("a-b/c", b"5").status_code, 201)
        self.assertEqual(self.names(), ["a-b/c", "a/b", "a0"])

    def testAnUploadedPageIsNeverShownAsOne(self):
        self.put("evil.html", b"<script>alert(1)</script>")
        answer = self.get("/files/evil.html")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertIn("sandbox", answer.headers["Content-Security-Policy"])
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    def testNamesAreTextOnThePage(self):
        self.put("%3Cimg src=x onerror=alert(1)%3E.txt", b"x")
        self.assertNotIn(b"<img src=x", self.get("/").data)
        self.assertIn(b"&lt;img src=x", self.get("/").data)


class ConditionsTest(StoreTest):
    def setUp(self):
        super().setUp()
        answer = self.put("a.txt", b"0123456789")
        self.assertEqual(answer.status_code, 201)
        self.tag = answer.headers["ETag"]
        self.assertEqual(self.tag, '"%s"' % sha256(b"0123456789"))

    def testReading(self):
        rows = (
            ({}, 200, b"0123456789"), ({"If-None-Match": self.tag}, 304, b""),
            ({"If-None-Match": "W/" + self.tag}, 304, b""), ({"If-None-Match": "*"}, 304, b""),
            ({"If-None-Match": '"x", ' + self.tag}, 304, b""),
            ({"If-None-Match": '"x"'}, 200, b"0123456789"), ({"If-Match": '"x"'}, 412, None),
            ({"If-Match": self.tag}, 200, b"0123456789"),
            ({"If-Match": "W/" + self.tag}, 412, None),
            ({"If-Modified-Since": LATER}, 304, b""),
            ({"If-Modified-Since": EARLIER}, 200, b"0123456789"),
            ({"If-Modified-Since": LATER, "If-None-Match": '"x"'}, 200, b"0123456789"),
            ({"If-Unmodified-Since": EARLIER}, 412, None),
            ({"If-Unmodified-Since": LATER}, 200, b"0123456789"),
            ({"Range": "bytes=2-4"}, 206, b"234"), ({"Range": "bytes=-3"}, 206, b"789"),
            ({"Range": "bytes=7-"}, 206, b"789"), ({"Range": "bytes=5-99"}, 206, b"56789"),
            ({"Range": "bytes=10-"}, 416, None),
            ({"Range": "bytes=2-4", "If-Range": self.tag}, 206, b"234"),
            ({"Range": "bytes=2-4", "If-Range": '"x"'}, 200, b"0123456789"),
            ({"Range": "bytes=2-4", "If-None-Match": self.tag}, 304, b""),
        )
        for headers, status, body in rows:
            with self.subTest(headers):
                answer = self.client.get("/files/a.txt", headers=headers, buffered=True)
                self.assertEqual(answer.status_code, status)
                if body is not None:
                    self.assertEqual(answer.data, body)
                if status in (200, 206, 304):
                    self.assertEqual(answer.headers["ETag"], self.tag)
                if status == 416:
                    self.assertEqual(answer.headers["Content-Range"], "bytes */10")

    def testOverwriting(self):
        rows = (({}, 428), ({"If-Match": '"x"'}, 412), ({"If-None-Match": "*"}, 412),
                ({"If-Unmodified-Since": EARLIER}, 412), ({"If-Unmodified-Since": "soon"}, 400),
                ({"If-None-Match": self.tag}, 412), ({"If-Match": "W/" + self.tag}, 412),
                ({"Content-Digest": digest(b"other"), "If-Match": self.tag}, 422),
                ({"Content-Range": "bytes 0-2/3", "If-Match": self.tag}, 400))
        for headers, status in rows:
            with self.subTest(headers):
                answer = self.client.put("/files/a.txt", data=b"new", headers=headers)
                self.assertEqual(answer.status_code, status, answer.text)
                self.assertEqual(self.get("/files/a.txt").data, b"0123456789")
        self.assertEqual(os.listdir(os.path.join(self.store.folder, "uploads")), [])
        self.assertEqual(self.put("a.txt", b"new", If_Match=self.tag,
                                  Content_Digest=digest(b"new")).status_code, 200)
        self.assertEqual(self.put("a.txt", b"newer", If_Unmodified_Since=LATER).status_code, 200)
        self.assertEqual(self.put("a.txt", b"newest", If_Match="*").status_code, 200)
        self.assertEqual(self.put("b.txt", b"x", If_Match="*").status_code, 412)
        self.assertEqual(self.objects(), [sha256(b"newest")])

    def testTheSameContentAgainIsDoneAlready(self):
        answer = self.put("a.txt", b"0123456789", If_None_Match="*")
        self.assertEqual((answer.status_code, answer.json["revision"]), (200, 1))

    def testDeleting(self):
        rows = (({}, 428), ({"If-Match": '"x"'}, 412), ({"If-Unmodified-Since": EARLIER}, 412))
        for headers, status in rows:
            answer = self.client.delete("/files/a.txt", headers=headers)
            self.assertEqual(answer.status_code, status)
        self.assertEqual(self.names(), ["a.txt"])
        self.put("copy.txt", b"0123456789")
        for name, left in (("a.txt", [sha256(b"0123456789")]), ("copy.txt", [])):
            answer = self.client.delete("/files/" + name, headers={"If-Match": self.tag})
            self.assertEqual(answer.status_code, 200)
            self.assertEqual(self.objects(), left)
        self.assertEqual(self.client.delete("/files/a.txt", headers={"If-Match": "*"}).status_code,
                         404)

    def testOfManyWritersOneWins(self):
        wins, gate = [], threading.Barrier(8)

        def write(number):
            gate.wait()
            answer = self.app.test_client().put("/files/a.txt", data=b"%d" % number,
                                                headers={"If-Match": self.tag})
            if answer.status_code == 200:
                wins.append(b"%d" % number)
            else:
                assert answer.status_code == 412, answer.text

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(wins), 1)
        self.assertEqual(self.get("/files/a.txt").data, wins[0])
        self.assertEqual(self.objects(), [sha256(wins[0])])


class FeedTest(StoreTest):
    def testEveryChangeIsToldInOrder(self):
        self.put("a", b"1")
        self.put("b", b"2")
        self.put("a", b"3", If_Match="*")
        self.client.delete("/files/b", headers={"If-Match": "*"})
        answer = self.get("/api/changes?since=1").json
        self.assertEqual([(row["revision"], row["name"], row["kind"]) for row in answer["changes"]],
                         [(2, "b", "added"), (3, "a", "changed"), (4, "b", "removed")])
        self.assertEqual((answer["revision"], answer["more"]), (4, False))
        self.assertEqual(self.get("/api/changes?since=4").json["changes"], [])

    def testNothingNewIs304(self):
        self.put("a", b"1")
        for path in ("/api/files", "/api/changes?since=1"):
            tag = self.get(path).headers["ETag"]
            self.assertEqual(self.get(path, If_None_Match=tag).status_code, 304)
            self.put("n" + path.rpartition("/")[2][:3], b"2")
            self.assertEqual(self.get(path, If_None_Match=tag).status_code, 200)

    def testBadRevisionsAreRefused(self):
        for since, status in (("x", 400), ("-1", 400), ("1.5", 400), ("9" * 30, 400), ("99", 410)):
            self.assertEqual(self.get("/api/changes?since=" + since).status_code, status, since)

    def testLongFeedsComeInPagesAndOldEndsAreForgotten(self):
        with mock.patch.object(index, "CHANGES_PER_ANSWER", 3), \
                mock.patch.object(index, "CHANGES_KEPT", 5):
            for number in range(8):
                self.put("f%d" % number, b"x")
            self.assertEqual(self.get("/api/changes?since=2").status_code, 410)
            answer = self.get("/api/changes?since=3").json
            self.assertEqual((len(answer["changes"]), answer["revision"], answer["more"]),
                             (3, 6, True))
            self.assertFalse(self.get("/api/changes?since=6").json["more"])


class LimitsTest(StoreTest):
    def testEveryLimitHasItsAnswer(self):
        self.put("a", b"123")
        rows = (("FILES_MAX", 1, "b", b"x", 507), ("STORE_BYTES_MAX", 5, "b", b"xxx", 507),
                ("FILE_BYTES_MAX", 2, "b", b"xxx", 413),
                ("FREE_BYTES_MIN", 1 << 60, "b", b"x", 507))
        for limit, value, name, data, status in rows:
            with self.subTest(limit), mock.patch.object(store, limit, value):
                self.assertEqual(self.put(name, data).status_code, status)
        self.assertEqual(self.names(), ["a"])
        self.assertEqual(self.objects(), [sha256(b"123")])

    def testAFullDiskIsSaid(self):
        with mock.patch.object(store, "syncFile", side_effect=OSError(28, "No space left")):
            self.assertEqual(self.put("a", b"x").status_code, 507)
        self.assertEqual(os.listdir(os.path.join(self.store.folder, "uploads")), [])


class StarterTest(StoreTest):
    def testAFreshCopyHasFilesAndRemovedOnesStayAway(self):
        data = os.path.join(self.folder, "fresh")
        client = create_app(data, os.path.join(SAMPLE, "starter")).test_client()
        names = [file["name"] for file in client.get("/api/files").json["files"]]
        self.assertEqual(names, ["notes/packing.csv", "notes/reading-list.md",
                                 "pictures/compass.svg", "welcome.txt"])
        for name in names:
            client.delete("/files/" + name, headers={"If-Match": "*"})
        again = create_app(data, os.path.join(SAMPLE, "starter")).test_client()
        self.assertEqual(again.get("/api/files").json["files"], [])

    def testThePageAnswersEmptyAndFull(self):
        self.assertIn(b"Nothing here yet", self.get("/").data)
        self.put("a/b.txt", b"x" * 1234)
        page = self.get("/").text
        self.assertIn("1.2 kB", page)
        self.assertIn('href="/files/a/b.txt"', page)
        self.assertEqual(self.get("/nothing", Accept="text/html").status_code, 404)
        self.assertIn("error", self.get("/api/nothing").json)
        self.assertEqual(self.get("/sync.py").status_code, 200)

    def testAnIndexThatIsDamagedIsNotOverwritten(self):
        data = os.path.join(self.folder, "damaged")
        os.makedirs(data)
        with open(os.path.join(data, "index.sqlite3"), "wb") as file:
            file.write(b"not a database, but somebody's" * 100)
        with self.assertRaises(sqlite3.DatabaseError):
            create_app(data, None)
