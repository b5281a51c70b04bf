# SPDX-License-Identifier: Apache-2.0
"""The sample gallery, copied to a folder of its own as the engine does. Needs Django."""
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

from peer import SOURCE, Worker

SAMPLE = os.path.join(SOURCE, "resources", "samples", "photos")


class PhotosTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.join(os.path.realpath(folder.name), "photos")
        shutil.copytree(SAMPLE, self.root,
                        ignore=shutil.ignore_patterns("__pycache__", "secret_key"))

    def manage(self, *arguments):
        done = subprocess.run([sys.executable, "-B", "manage.py"] + list(arguments), cwd=self.root,
                              timeout=100,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        return done.stdout.decode()

    def serving(self):
        worker = Worker("photosite.wsgi:application", root=self.root)
        self.addCleanup(worker.__exit__)
        return worker, worker.ready()

    def get(self, worker, path, **head):
        return worker.get(path, headers=(("host", "localhost"),), server=("localhost", 8080),
                          **head)

    def testItsOwnTestsSucceed(self):
        self.assertIn("\nOK", self.manage("test", "-v0"))

    def testTheDatabaseFitsTheModels(self):
        self.manage("makemigrations", "--check", "--dry-run")
        self.manage("migrate", "--check")

    def testTheFreshCopyHasPhotosAndNoAccounts(self):
        worker, info = self.serving()
        self.assertEqual(info["warnings"], [])
        page = self.get(worker, "/")
        self.assertEqual(page.status, 200)
        images = re.findall(r'src="(/media/[^"]+)"', page.body.decode())
        self.assertEqual(len(images), 12)
        for image in images:
            answer = self.get(worker, image)
            self.assertEqual((answer.status, answer.get("content-type"), answer.body[:3]),
                             (200, "image/jpeg", b"\xff\xd8\xff"))
        for path in ("/albums/", "/tags/", "/photos/1/", "/upload/", "/admin/login/"):
            self.assertEqual(self.get(worker, path).status, 200, path)
        count = self.manage("shell", "-c",
                            "from django.contrib.auth.models import User;"
                            " print(User.objects.count())")
        self.assertEqual(count.strip(), "0")

    def testItsStyleIsServedByTheEngine(self):
        _worker, info = self.serving()
        roots = {mount["prefix"]: mount["roots"] for mount in info["static"]}["/static/"]
        self.assertTrue(any(os.path.isfile(os.path.join(root, "gallery", "style.css"))
                            for root in roots))
        self.assertTrue(any(os.path.isfile(os.path.join(root, "admin", "css", "base.css"))
                            for root in roots))

    def testEachCopyHasASecretOfItsOwn(self):
        self.serving()
        path = os.path.join(self.root, "secret_key")
        with open(path, encoding="ascii") as file:
            first = file.read()
        self.assertGreater(len(first), 40)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.serving()
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), first)

    def testAPhotoCanBeUploaded(self):
        worker, _info = self.serving()
        form = self.get(worker, "/upload/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.body.decode()).group(1)
        cookie = form.get("set-cookie").split(";")[0]
        with open(os.path.join(self.root, "media", "photos", "lavender.jpg"), "rb") as file:
            picture = file.read()
        fields = {"csrfmiddlewaretoken": token, "title": "Uploaded", "album": "1",
                  "tagNames": "new"}
        body = b"".join(b'--X\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (
            name.encode(), value.encode()) for name, value in fields.items())
        body += (b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
                 b'Content-Type: image/jpeg\r\n\r\n' + picture + b"\r\n--X--\r\n")
        stream = worker.request(body, path="/upload/", method="POST", server=("localhost", 8080),
                                headers=(
            ("host", "localhost"), ("cookie", cookie),
            ("content-type", "multipart/form-data; boundary=X")))
        answer = worker.answers([stream])[stream]
        self.assertEqual(answer.status, 302, answer.body)
        page = self.get(worker, answer.get("location"))
        image = re.search(r'src="(/media/[^"]+)"', page.body.decode()).group(1)
        self.assertEqual(self.get(worker, image).body, picture)


if __name__ == "__main__":
    unittest.main()
