# SPDX-License-Identifier: Apache-2.0
"""The sample filesync in real workers that share one folder. Needs Flask."""
import hashlib
import json
import unittest

from sample import SampleTest

JSON = (("content-type", "application/json"),)


class FilesyncTest(SampleTest):
    name = "filesync"
    entry = "app:app"

    def testItsOwnTestsSucceed(self):
        self.runOwnTests()

    def testTheFreshCopyShowsItsFiles(self):
        worker, info = self.serving()
        self.assertEqual(info["warnings"], [])
        self.servesStatic(info, "style.css", "page.js", "uploader.js", "icon.svg")
        page = self.ask(worker, "/")
        self.assertEqual(page.status, 200)
        for name in (b"welcome.txt", b"compass.svg"):
            self.assertIn(name, page.body)
        self.assertEqual(self.ask(worker, "/sync.py").status, 200)

    def testWorkersShareUploadsAndConditions(self):
        first, _info = self.serving()
        second, _info = self.serving()
        data = bytes(range(256)) * 1000
        made = self.ask(first, "/api/uploads", "POST",
                        json.dumps({"name": "big", "size": len(data)}).encode(), JSON)
        self.assertEqual(made.status, 201, made.body)
        place = made.get("location")
        for worker, offset in ((first, 0), (second, 100000), (first, 200000)):
            piece = data[offset:offset + 100000]
            answer = self.ask(worker, place, "PATCH", piece, (("upload-offset", str(offset)),))
            self.assertEqual((answer.status, answer.get("upload-offset")),
                             (204, str(offset + len(piece))))
        answer = self.ask(second, place, "PUT", b"{}", JSON + (("if-none-match", "*"),))
        self.assertEqual(answer.status, 201, answer.body)
        tag = '"%s"' % hashlib.sha256(data).hexdigest()
        self.assertEqual(answer.get("etag"), tag)
        found = self.ask(first, "/files/big", headers=(("range", "bytes=1000-1999"),
                                                       ("if-range", tag)))
        self.assertEqual((found.status, found.body), (206, data[1000:2000]))
        self.assertEqual(self.ask(second, "/files/big", "PUT", b"new",
                                  (("if-match", tag),)).status, 200)
        self.assertEqual(self.ask(first, "/files/big", "PUT", b"other",
                                  (("if-match", tag),)).status, 412)
        self.assertEqual(self.ask(first, "/files/big", headers=(("if-none-match", tag),)).body,
                         b"new")


if __name__ == "__main__":
    unittest.main()
