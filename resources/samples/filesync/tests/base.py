# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import os
import tempfile
import unittest

from filesync.web import create_app


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def digest(data):
    return "sha-256=:%s:" % base64.b64encode(hashlib.sha256(data).digest()).decode()


class StoreTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)
        self.app = create_app(os.path.join(self.folder, "data"), starter=None)
        self.client = self.app.test_client()
        self.store = self.app.config["STORE"]

    def put(self, name, data, **headers):
        return self.client.put("/files/" + name, data=data,
                               headers={key.replace("_", "-"): value
                                        for key, value in headers.items()})

    def get(self, path, **headers):
        return self.client.get(path, buffered=True, headers={key.replace("_", "-"): value
                                                             for key, value in headers.items()})

    def names(self):
        return [file["name"] for file in self.client.get("/api/files").json["files"]]

    def objects(self):
        found = []
        for _place, _folders, names in os.walk(os.path.join(self.store.folder, "objects")):
            found += names
        return sorted(found)

    def begin(self, name, data, **more):
        answer = self.client.post("/api/uploads", json=dict({"name": name, "size": len(data)},
                                                            **more))
        self.assertEqual(answer.status_code, 201, answer.text)
        return answer.headers["Location"]

    def append(self, place, offset, data, **headers):
        return self.client.patch(place, data=data, headers=dict(
            {"Upload-Offset": str(offset)},
            **{key.replace("_", "-"): value for key, value in headers.items()}))

    def finish(self, place, name=None, **headers):
        return self.client.put(place, json={} if name is None else {"name": name},
                               headers={key.replace("_", "-"): value
                                        for key, value in headers.items()})
