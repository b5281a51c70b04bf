# SPDX-License-Identifier: Apache-2.0
import hashlib
import os

from music.ranges import NotSatisfiable, wantedRange
from tests.client import LibraryTest

PATH = "/audio/credits.opus"
LATER, EARLIER = "Fri, 01 Jan 2100 00:00:00 GMT", "Sat, 01 Jan 2000 00:00:00 GMT"


class SoundTest(LibraryTest):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        with open(self.library.audioPath("credits"), "rb") as file:
            self.data_ = file.read()

    async def testTheWholeFile(self):
        answer = await self.ask(PATH)
        self.assertEqual((answer.status, answer.body), (200, self.data_))
        self.assertEqual(answer.headers["content-length"], str(len(self.data_)))
        self.assertEqual((answer.headers["content-type"], answer.headers["accept-ranges"]),
                         ("audio/ogg", "bytes"))
        head = await self.ask(PATH, "HEAD", Range="bytes=0-9")
        self.assertEqual((head.status, head.body, head.headers["content-length"]),
                         (200, b"", str(len(self.data_))))

    async def testRanges(self):
        size = len(self.data_)
        rows = (("bytes=0-0", 0, 1), ("bytes=0-", 0, size), ("bytes=100-199", 100, 200),
                ("bytes=%d-" % (size - 1), size - 1, size), ("bytes=-5", size - 5, size),
                ("bytes=-%d" % (size + 9), 0, size), ("bytes=5-%d" % (size * 2), 5, size),
                ("BYTES=1-2", 1, 3), ("bytes=60000-140000", 60000, 140001))
        for text, begin, end in rows:
            with self.subTest(text):
                answer = await self.ask(PATH, Range=text)
                self.assertEqual((answer.status, answer.body), (206, self.data_[begin:end]))
                self.assertEqual(answer.headers["content-range"],
                                 "bytes %d-%d/%d" % (begin, end - 1, size))
                self.assertEqual(answer.headers["content-length"], str(end - begin))

    async def testRangesThatCannotBe(self):
        size = len(self.data_)
        for text in ("bytes=%d-" % size, "bytes=-0", "bytes=%d-%d" % (size, size + 5),
                     "bytes=" + "9" * 40 + "-"):
            answer = await self.ask(PATH, Range=text)
            self.assertEqual((answer.status, answer.body), (416, b""), text)
            self.assertEqual(answer.headers["content-range"], "bytes */%d" % size)

    async def testWhatIsNoSingleRangeGetsEverything(self):
        for text in ("bytes=5-1", "bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "bytes 1-2",
                     "bytes=0-1,5-6", "bytes=1.5-2", "bytes=--5", "\u0661"):
            with self.subTest(text):
                self.assertIsNone(wantedRange(text, size=10))
        self.assertEqual((await self.ask(PATH, Range="bytes=0-1,5-6")).status, 200)
        with self.assertRaises(NotSatisfiable):
            wantedRange("bytes=0-", 0)

    async def testConditions(self):
        whole = await self.ask(PATH)
        tag, modified = whole.headers["etag"], whole.headers["last-modified"]
        self.assertFalse(tag.startswith("W/"))
        rows = (
            ({"If_None_Match": tag}, 304), ({"If_None_Match": "W/" + tag}, 304),
            ({"If_None_Match": '"x", ' + tag}, 304), ({"If_None_Match": "*"}, 304),
            ({"If_None_Match": '"x"'}, 200), ({"If_Modified_Since": modified}, 304),
            ({"If_Modified_Since": EARLIER}, 200), ({"If_Modified_Since": "soon"}, 200),
            ({"If_None_Match": '"x"', "If_Modified_Since": LATER}, 200),
            ({"Range": "bytes=0-1", "If_Range": tag}, 206),
            ({"Range": "bytes=0-1", "If_Range": "W/" + tag}, 200),
            ({"Range": "bytes=0-1", "If_Range": '"x"'}, 200),
            ({"Range": "bytes=0-1", "If_Range": modified}, 206),
            ({"Range": "bytes=0-1", "If_Range": LATER}, 200),
            ({"Range": "bytes=0-1", "If_Range": "x"}, 200),
            ({"Range": "bytes=0-1", "If_None_Match": tag}, 304),
            ({"Range": "bytes=99999999-", "If_Range": '"x"'}, 200),
        )
        for headers, status in rows:
            with self.subTest(headers):
                answer = await self.ask(PATH, **headers)
                self.assertEqual(answer.status, status)
                self.assertEqual(answer.headers.get("etag"), tag)
                self.assertEqual(len(answer.body), {200: len(self.data_), 206: 2, 304: 0}[status])

    async def testOnlyTheLibrarysFilesAreGivenOut(self):
        for path in ("/audio/none.opus", "/audio/../catalogue.json", "/audio/..%2Fcatalogue.opus",
                     "/audio/.opus", "/covers/none.svg", "/covers/../../main.py", "/audio/a\0.opus",
                     "/static/../library.py", "/audio/" + "x" * 5000 + ".opus"):
            with self.subTest(path[:40]):
                self.assertIn((await self.ask(path)).status, (404, 405))

    async def testAFileThatIsGoneIsSaid(self):
        self.library.source = os.path.join(self.data, "elsewhere")
        for path in (PATH, "/covers/line-41.svg"):
            self.assertEqual((await self.ask(path)).status, 404)

    async def testEveryTrackIsRealMusicOfThatLength(self):
        total = 0
        for track in await self.library.search(""):
            with open(self.library.audioPath(track["slug"]), "rb") as file:
                data = file.read()
            total += len(data)
            self.assertEqual((data[:4], data[28:36]), (b"OggS", b"OpusHead"))
            self.assertTrue(20 < track["seconds"] < 60, track)
            # Encoded silence is a few hundred bytes a second; music is not.
            self.assertGreater(len(data) / track["seconds"], 3000)
            found = await self.library.track(track["slug"])
            self.assertEqual(found["sha256"], hashlib.sha256(data).hexdigest())
        self.assertLess(total, 3 << 20)
