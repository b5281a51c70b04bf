# SPDX-License-Identifier: Apache-2.0
"""Needs Django, Flask, FastAPI and httpbin: the runner starts it with the system's interpreter
only.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

import django
import flask
import httpbin  # noqa: F401  (its absence shall be said here, not by a worker)

from peer import APPS, CANCEL, END, FAILED, Worker

FORM = "application/x-www-form-urlencoded"


def serving(test, entry, interface="wsgi", **options):
    worker = Worker(entry, interface, **options)
    test.addCleanup(worker.__exit__)
    return worker, worker.ready()


class DjangoTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.realpath(folder.name)
        subprocess.run([sys.executable, "-m", "django", "startproject", "shop", self.root],
                       check=True, timeout=60)

    def adminFolder(self):
        return os.path.join(os.path.dirname(django.__file__), "contrib", "admin", "static")

    def testAFreshProjectAnswersAndItsAdminHasStyle(self):
        for entry, interface in (("shop.wsgi:application", "wsgi"),
                                 ("shop.asgi:application", "asgi"),
                                 ("django:shop.settings", "wsgi"),
                                 ("django:shop.settings", "asgi")):
            with self.subTest(entry, interface=interface):
                worker, info = serving(self, entry, interface, root=self.root)
                self.assertEqual((info["kind"], info["interface"]),
                                 ("Django " + django.get_version(), interface))
                self.assertEqual(info["static"],
                                 [{"prefix": "/static/", "roots": [self.adminFolder()]}])
                self.assertIn("DEBUG is on", info["warnings"])
                answer = worker.get("/", headers=(("host", "localhost"),), server=("localhost", 80))
                self.assertEqual((answer.status, answer.flags, answer.frames), (200, END, 1))
                self.assertIn(b"The install worked successfully", answer.body)
                answer = worker.get("/admin/", headers=(("host", "localhost"),),
                                    server=("localhost", 80))
                self.assertEqual((answer.status, answer.get("location")),
                                 (302, "/admin/login/?next=/admin/"))

    def testAMistakeInUrlsOrViewsIsAReasonNotToStart(self):
        urls = os.path.join(self.root, "shop", "urls.py")
        with open(urls, "a", encoding="utf-8") as file:
            file.write("\nfrom shop import views\n")
        for text, error in (("import missing_module\n",
                             "ModuleNotFoundError: No module named 'missing_module' "
                             "(shop/views.py line 1, settings shop.settings)"),
                            ("def front(:\n", "SyntaxError: ")):
            with open(os.path.join(self.root, "shop", "views.py"), "w", encoding="utf-8") as file:
                file.write(text)
            for entry in ("shop.wsgi:application", "shop.asgi:application"):
                with self.subTest(entry, text=text):
                    worker = Worker(entry, root=self.root)
                    self.addCleanup(worker.__exit__)
                    kind, value = worker.start()
                    self.assertEqual((kind, value["step"]), (FAILED, "import"))
                    self.assertTrue(value["error"].startswith(error), value["error"])

    def testCollectedAndOwnFoldersAreReported(self):
        own = os.path.join(self.root, "own")
        collected = os.path.join(self.root, "collected")
        os.mkdir(own)
        os.mkdir(collected)
        with open(os.path.join(self.root, "shop", "settings.py"), "a", encoding="utf-8") as file:
            file.write(
                "\nSTATIC_URL = '/s/'\nSTATIC_ROOT = %r\nSTATICFILES_DIRS = [%r, ('pre', %r)]\n"
                       "DEBUG = False\n" % (collected, own, own))
        _worker, info = serving(self, "shop.wsgi:application", root=self.root)
        self.assertEqual(info["static"],
                         [{"prefix": "/s/", "roots": [own, self.adminFolder(), collected]},
                                          {"prefix": "/s/pre/", "roots": [own]}])
        self.assertIn("ALLOWED_HOSTS is empty, so Django refuses every request", info["warnings"])

    def testAMissingModuleNamesTheSettings(self):
        with open(os.path.join(self.root, "shop", "settings.py"), "a", encoding="utf-8") as file:
            file.write("\nINSTALLED_APPS += ['shop_payments']\n")
        worker = Worker("shop.wsgi:application", root=self.root)
        self.addCleanup(worker.__exit__)
        kind, value = worker.start()
        self.assertEqual(kind, FAILED)
        cause, remedy = value["error"].split("; ", 1)
        self.assertEqual(cause, "ModuleNotFoundError: No module named 'shop_payments' "
                                "(shop/wsgi.py line 16, settings shop.settings)")
        self.assertTrue(remedy.startswith("install it with: "), remedy)


class FlaskTest(unittest.TestCase):
    def testAFactoryIsServed(self):
        worker, info = serving(self, "flask_app:create_app")
        self.assertTrue(info["kind"].startswith("Flask "), info["kind"])
        self.assertEqual(sorted(info["static"], key=lambda mount: mount["prefix"]), [
            {"prefix": "/files/", "roots": [os.path.join(APPS, "static_files")]},
            {"prefix": "/part/start/", "roots": [os.path.join(APPS, "start")]}])
        answer = worker.get("/hello/world")
        self.assertEqual((answer.status, answer.body, answer.frames), (200, b"Hello world", 1))
        self.assertEqual(worker.get("/stream").body, b"012")
        self.assertEqual(worker.get("/fail").status, 500)
        self.assertEqual(worker.get("/nothing").status, 404)

    def testBodiesWithAndWithoutLengthArrive(self):
        worker, _info = serving(self, "flask_app:create_app()")
        for length in (7, None):
            stream = worker.request(b"a=1&b=2", path="/echo", method="POST", length=length,
                                    headers=(("host", "x"), ("content-type", FORM)))
            answer = json.loads(worker.answers([stream])[stream].body.decode())
            self.assertEqual(answer["form"], {"a": "1", "b": "2"})

    def testHttpbinIsServed(self):
        worker, info = serving(self, "httpbin:app")
        self.assertTrue(info["kind"].startswith("Flask "), flask.__name__)
        answer = worker.get("/get", query="a=1", headers=(("host", "example.org"), ("x-own", "v")))
        value = json.loads(answer.body.decode())
        self.assertEqual((value["args"], value["headers"]["X-Own"]), ({"a": "1"}, "v"))
        self.assertEqual(worker.get("/status/418").status, 418)
        self.assertEqual(len(worker.get("/bytes/5000").body), 5000)
        self.assertEqual(len(worker.get("/stream-bytes/50000").body), 50000)
        stream = worker.request(b"x" * 1000, path="/post", method="POST")
        self.assertEqual(json.loads(worker.answers([stream])[stream].body.decode())["data"],
                         "x" * 1000)


class FastApiTest(unittest.TestCase):
    def testBothKindsOfFunctionAreServed(self):
        worker, info = serving(self, "fastapi_app:app", "asgi")
        self.assertTrue(info["kind"].startswith("FastAPI "), info["kind"])
        self.assertEqual(info["static"], [{"prefix": "/assets/", "roots": [APPS]}])
        self.assertEqual(json.loads(worker.get("/async/7").body.decode()),
                         {"number": 7, "began": True})
        self.assertEqual(json.loads(worker.get("/sync/8").body.decode()),
                         {"number": 8, "inPool": True})
        self.assertEqual(worker.get("/async/seven").status, 422)
        self.assertEqual(worker.get("/stream").body, b"abc")
        self.assertEqual(worker.get("/assets/fastapi_app.py").status, 200)
        stream = worker.request(b"x" * 5000, path="/echo", method="POST")
        self.assertEqual(json.loads(worker.answers([stream])[stream].body.decode()), {"size": 5000})
        self.assertEqual(worker.stop()[0], 0)

    def testItsDescriptionIsServed(self):
        worker, _info = serving(self, "fastapi_app:app", "asgi")
        self.assertIn("/sync/{number}",
                      json.loads(worker.get("/openapi.json").body.decode())["paths"])
        self.assertIn(b"swagger", worker.get("/docs").body)


class AnyioTest(unittest.TestCase):
    def testScopesGroupsAndThreadsWorkFromTheFirstStepOn(self):
        for entry in ("anyio_app:app", "anyio_app:passing"):
            worker, _info = serving(self, entry, "asgi")
            rows = {"/scopes": [True, True, "late"], "/groups": ["waits", "fails"],
                    "/threads": ["mine", None, True]}
            for path, wanted in rows.items():
                with self.subTest(entry, path=path):
                    self.assertEqual(json.loads(worker.get(path).body), wanted)
            self.assertEqual(worker.get("/streams").body, b"012")
            self.assertEqual(worker.stop(), (0, ""))

    def testThreadsOutliveTheRequestThatBeganThem(self):
        worker, _info = serving(self, "anyio_app:app", "asgi")
        self.assertEqual([json.loads(worker.get("/uses").body) for _ in range(3)], [1, 2, 3])

    def testTheClientIsThereUntilItLeaves(self):
        worker, _info = serving(self, "anyio_app:app", "asgi")
        stream = worker.request(b"body", path="/polls", method="POST")
        self.assertEqual(json.loads(worker.answers([stream])[stream].body),
                         ["body", [False, False, False]])

    def testAStreamEndsWhenItsClientLeaves(self):
        worker, _info = serving(self, "anyio_app:app", "asgi")
        stream = worker.request(path="/endless")
        self.assertEqual(worker.receive()[2], stream)
        worker.send(CANCEL, stream)
        worker.answers([stream])
        self.assertEqual(json.loads(worker.get("/ends").body), ["endless"])
        self.assertEqual(worker.stop(), (0, ""))

    def testMiddlewareSeesTheVariablesOfItsRequest(self):
        worker, _info = serving(self, "anyio_app:passing", "asgi")
        answer = worker.get("/plain")
        self.assertEqual((answer.body, answer.get("x-passed")), (b"/plain", "yes"))


if __name__ == "__main__":
    unittest.main()
