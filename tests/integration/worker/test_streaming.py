# SPDX-License-Identifier: Apache-2.0
"""The sample streaming in real workers that share one library. Needs FastAPI."""
import json
import os
import re
import unittest

from sample import SampleTest


class StreamingTest(SampleTest):
    name = "streaming"
    entry = "main:app"
    interface = "asgi"

    def testItsOwnTestsSucceed(self):
        self.runOwnTests()

    def testTheFreshCopyPlays(self):
        worker, info = self.serving()
        self.assertEqual(info["warnings"], [])
        self.servesStatic(info, "style.css", "player.js", "site.js", "icon.svg")
        page = self.ask(worker, "/").body.decode()
        covers = re.findall(r'src="(/covers/[^"]+)"', page)
        self.assertEqual(len(covers), 4)
        for cover in covers:
            self.assertEqual(self.ask(worker, cover).get("content-type"), "image/svg+xml")
        album = self.ask(worker, "/albums/kitchen-songs").body.decode()
        songs = re.findall(r'href="(/audio/[^"]+)"', album)
        self.assertEqual(len(songs), 3)
        for song in songs:
            path = os.path.join(self.root, "library", song[1:])
            with open(path, "rb") as file:
                data = file.read()
            self.assertEqual(self.ask(worker, song).body, data)
            part = self.ask(worker, song, headers=(("range", "bytes=70000-139999"),))
            self.assertEqual((part.status, part.body), (206, data[70000:140000]))
            beyond = self.ask(worker, song, headers=(("range", "bytes=%d-" % len(data)),))
            self.assertEqual((beyond.status, beyond.get("content-range")),
                             (416, "bytes */%d" % len(data)))

    def testWorkersShareListenersAndPlaylists(self):
        first, _info = self.serving()
        second, _info = self.serving()
        heard = json.dumps({"session": "01234567", "play": "1", "track": "credits",
                            "playing": True}).encode()
        kind = (("content-type", "application/json"),)
        self.assertEqual(self.ask(first, "/api/listening", "POST", heard, kind).status, 200)
        found = json.loads(self.ask(second, "/api/statistics").body)
        self.assertEqual(found["listening"], 1)
        made = self.ask(second, "/api/playlists", "POST", b'{"title": "Shared"}', kind)
        self.assertEqual(made.status, 201, made.body)
        place = "/playlists/%d" % json.loads(made.body)["id"]
        self.assertIn(b"Shared", self.ask(first, place).body)


if __name__ == "__main__":
    unittest.main()
