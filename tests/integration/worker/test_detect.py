# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys
import tempfile
import unittest

from peer import SOURCE

DETECT = os.path.join(SOURCE, "resources", "worker", "detect.py")
MANAGE = ("import os, sys\nopen('ran', 'w').close()\n"
          "os.environ.setdefault('DJANGO_SETTINGS_MODULE', '%s')\n"
          "from django.core.management import execute_from_command_line\n"
          "execute_from_command_line(sys.argv)\n")
WSGI = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
ASGI = WSGI.replace("wsgi", "asgi")
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FASTAPI = "import fastapi as f\napi: f.FastAPI = f.FastAPI()\n"
BARE_WSGI = "def application(environ, start_response):\n    return []\n"

# name, files, the expected (kind, root, entry, interface) of each project in order
ROWS = (
    ("nothing", {"notes.py": "x = 1\n"}, []),
    ("empty", {}, []),
    ("django",
     {"manage.py": MANAGE % "shop.settings", "shop/__init__.py": "", "shop/wsgi.py": WSGI,
      "shop/asgi.py": ASGI,
                "shop/settings.py": "WSGI_APPLICATION = 'shop.wsgi.application'\n"},
     [("django", "", "shop.wsgi:application", "wsgi")]),
    ("django with asgi",
     {"manage.py": MANAGE % "shop.settings", "shop/wsgi.py": WSGI, "shop/asgi.py": ASGI,
                          "shop/settings.py": "ASGI_APPLICATION = 'shop.asgi.application'\n"},
     [("django", "", "shop.asgi:application", "asgi")]),
    ("django without wsgi.py",
     {"manage.py": MANAGE % "conf.settings", "conf/settings.py": "DEBUG = False\n"},
     [("django", "", "django:conf.settings", "wsgi")]),
    ("django one folder down with split settings",
     {"src/manage.py": MANAGE % "shop.settings.live", "src/shop/__init__.py": "",
      "src/shop/wsgi.py": WSGI,
      "src/shop/settings/__init__.py": "", "src/shop/settings/live.py": "from .base import *\n",
      "src/shop/settings/base.py": "WSGI_APPLICATION = 'shop.wsgi.application'\n"},
     [("django", "src", "shop.wsgi:application", "wsgi")]),
    ("two djangos",
     {"a/manage.py": MANAGE % "one.settings", "a/one/settings.py": "", "a/one/wsgi.py": WSGI,
                     "b/manage.py": MANAGE % "two.settings", "b/two/settings.py": "",
                     "b/two/wsgi.py": WSGI},
     [("django", "a", "one.wsgi:application", "wsgi"),
      ("django", "b", "two.wsgi:application", "wsgi")]),
    ("flask", {"app.py": FLASK}, [("flask", "", "app:app", "wsgi")]),
    ("flask run by hand", {"app.py": FLASK + "if __name__ == '__main__':\n    app.run()\n"},
     [("flask", "", "app:app", "wsgi")]),
    ("flask in main guard only",
     {"app.py": "import flask\nif __name__ == '__main__':\n    app = flask.Flask('x')\n"}, []),
    ("flask under an alias",
     {
         "server.py": "import flask as fl\ntry:\n    web = fl.Flask('x')\n"
                   "except OSError:\n    raise\n"},
     [("flask", "", "server:web", "wsgi")]),
    ("flask factory",
     {"shop/__init__.py": "def create_app(config=None):\n    from flask import Flask\n"
                                           "    return Flask(__name__)\n"},
     [("flask", "", "shop:create_app()", "wsgi")]),
    ("factory that demands arguments",
     {"shop/__init__.py": "from flask import Flask\ndef create_app(config):\n"
                                                            "    return Flask(__name__)\n"}, []),
    ("factory with an instance",
     {"shop/__init__.py": "import flask\ndef create_app():\n    return flask.Flask('x')\n",
                                  "wsgi.py": "from shop import create_app\napp = create_app()\n"},
     [("flask", "", "wsgi:app", "wsgi")]),
    ("package that offers its core",
     {"bin/__init__.py": "from .core import app\n", "bin/core.py": FLASK},
     [("flask", "", "bin:app", "wsgi")]),
    ("package that offers it with a star",
     {"bin/__init__.py": "from .core import *\n", "bin/core.py": FLASK},
     [("flask", "", "bin:app", "wsgi")]),
    ("folder that is a package",
     {"__init__.py": "", "core.py": "from . import other\n" + FLASK, "other.py": ""},
     [("flask", "..", "project.core:app", "wsgi")]),
    ("stray __init__.py", {"__init__.py": "", "app.py": FLASK}, [("flask", "", "app:app", "wsgi")]),
    ("fastapi", {"main.py": FASTAPI}, [("fastapi", "", "main:api", "asgi")]),
    ("fastapi in a folder without __init__.py",
     {"app/main.py": "from app.db import x\n" + FASTAPI, "app/db.py": "x = 1\n"},
     [("fastapi", "", "app.main:api", "asgi")]),
    ("fastapi below src", {"src/svc/__init__.py": "", "src/svc/main.py": FASTAPI},
     [("fastapi", "src", "svc.main:api", "asgi")]),
    ("starlette", {"main.py": "from starlette.applications import Starlette\napp = Starlette()\n"},
     [("asgi", "", "main:app", "asgi")]),
    ("bare wsgi", {"hello.py": BARE_WSGI}, [("wsgi", "", "hello:application", "wsgi")]),
    ("bare wsgi object",
     {"hello.py": "class A:\n    def __call__(self, env, start_response):\n        return []\n"
                                      "application = A()\n"},
                                      [("wsgi", "", "hello:application", "wsgi")]),
    ("bare asgi", {"hello.py": "async def app(scope, receive, send):\n    pass\n"},
     [("asgi", "", "hello:app", "asgi")]),
    ("not asgi", {"hello.py": "def app(scope, receive, send):\n    pass\n"}, []),
    ("middleware beside django",
     {"manage.py": MANAGE % "s.settings", "s/settings.py": "", "s/wsgi.py": WSGI,
                                  "s/wrap.py": BARE_WSGI},
                                  [("django", "", "s.wsgi:application", "wsgi")]),
    ("the Procfile decides",
     {"one.py": FLASK, "two.py": FLASK, "Procfile": "web: gunicorn -w 3 two:app --log-file -\n"},
     [("flask", "", "two:app", "wsgi"), ("flask", "", "one:app", "wsgi")]),
    ("the Procfile alone knows",
     {"odd.py": "serve = lambda: 0\n", "Procfile": "web: uvicorn odd:serve --port $PORT\n"},
     [("asgi", "", "odd:serve", "asgi")]),
    ("a Procfile without module", {"Procfile": "web: gunicorn gone:app\n", "x.py": ""}, []),
    ("apps of tests come not first", {"tests/app.py": FLASK, "web.py": FLASK},
     [("flask", "", "web:app", "wsgi")]),
    ("virtual environments are skipped",
     {".venv/pyvenv.cfg": "", ".venv/lib/python3.11/site-packages/x/app.py": FLASK,
                                          "node_modules/a/app.py": FLASK, ".git/app.py": FLASK},
                                          []),
    ("too deep", {"a/b/c/d/app.py": FLASK}, []),
    ("static", {"index.html": "<p>", "a/b.css": ""}, [("static", "", "", "")]),
    ("built site", {"package.json": "{}", "dist/index.html": "<p>"}, [("static", "dist", "", "")]),
    ("only files", {"a.txt": "x", "b.pdf": "y"}, [("static", "", "", "")]),
    ("app with a page", {"app.py": FLASK, "index.html": "<p>"},
     [("flask", "", "app:app", "wsgi"), ("static", "", "", "")]),
    ("files that are not Python",
     {"app.py": "from flask import Flask\napp = Flask(\n", "b.py": "\0Flask", "c.py": "\xff"},
     []),
    ("manage.py that names nothing", {"manage.py": "DJANGO_SETTINGS_MODULE\n"}, []),
)


class DetectTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = os.path.join(os.path.realpath(holder.name), "project")

    def write(self, files):
        os.makedirs(self.root, exist_ok=True)
        for name, text in files.items():
            path = os.path.join(self.root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="latin-1") as file:
                file.write(text)

    def run_(self, *arguments):
        return subprocess.run([sys.executable, "-I", "-S", DETECT] + list(arguments),
                              stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=30)

    def detect(self, *arguments):
        done = self.run_(self.root, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return json.loads(done.stdout.decode())

    def warnings(self, files, *arguments):
        self.write(files)
        return self.detect(*arguments)["projects"][0]["warnings"]


def addRows():
    def make(files, expected):
        def test(self):
            self.write(files)
            value = self.detect()
            self.assertEqual(value["folder"], self.root)
            found = [(project["kind"], project["root"], project["entry"], project["interface"])
                     for project in value["projects"]]
            self.assertEqual(found,
                             [(kind, os.path.normpath(os.path.join(self.root, root)), entry,
                               interface)
                                     for kind, root, entry, interface in expected])
            for project in value["projects"]:
                self.assertEqual(sorted(project),
                                 ["entry", "evidence", "interface", "kind", "name", "root", "title",
                                                   "warnings"])
                self.assertTrue(project["evidence"] and project["title"] and project["name"])
            self.assertFalse(os.path.exists(os.path.join(self.root, "ran")), "manage.py was run")
        return test

    for name, files, expected in ROWS:
        setattr(Projects, "test" + name.title().replace(" ", ""), make(files, expected))


class Projects(DetectTest):
    def testEvidenceIsForPeople(self):
        self.write({"manage.py": MANAGE % "shop.settings", "shop/wsgi.py": WSGI,
                    "shop/settings.py": "WSGI_APPLICATION = 'shop.wsgi.application'\n"})
        self.assertEqual(self.detect()["projects"][0]["evidence"],
                         ["manage.py names shop.settings",
                          "WSGI_APPLICATION is shop.wsgi.application"])

    def testManyFilesAreBounded(self):
        self.write({"%04d.py" % number: "import flask\n" for number in range(2100)})
        self.write({"zz_last.py": FLASK})
        self.assertEqual(self.detect()["projects"], [])

    def testLargeFilesAreSkipped(self):
        self.write({"app.py": FLASK + "#" * (1 << 20)})
        self.assertEqual(self.detect()["projects"], [])

    def testLinksAreNotFollowedOutOfTheFolder(self):
        self.write({"a.py": "x = 1\n"})
        os.symlink("/", os.path.join(self.root, "everything"))
        self.assertEqual(self.detect()["projects"], [])


class Problems(DetectTest):
    broken = "from flask import Flask\napp = Flask(\n"

    def testAnAppThatCannotBeParsedIsToldWithItsLine(self):
        self.write({"app.py": FLASK + "\ndef front(:\n", "notes.py": "x = (\n"})
        value = self.detect()
        self.assertEqual((value["projects"], len(value["problems"])), ([], 1))
        self.assertRegex(value["problems"][0], r"^app\.py line 4: \w")  # in its interpreter's words

    def testPagesBesideItAreNoSiteOfFiles(self):
        self.write({"app.py": self.broken, "index.html": "<p>"})
        value = self.detect()
        self.assertEqual((value["projects"], len(value["problems"])), ([], 1))

    def testBesideAnAppThatIsGoodItIsAWarning(self):
        self.write({"app.py": FLASK, "other.py": self.broken})
        value = self.detect()
        self.assertEqual(value["projects"][0]["entry"], "app:app")
        self.assertEqual(value["projects"][0]["warnings"], value["problems"])
        self.assertEqual(len(value["problems"]), 1)

    def testOneDeepDownIsNotTold(self):
        self.write({"index.html": "<p>", "a/b/app.py": self.broken})
        value = self.detect()
        self.assertEqual((value["projects"][0]["kind"], value["problems"]), ("static", []))

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def testAnAppThatMayNotBeReadIsTold(self):
        self.write({"app.py": FLASK})
        os.chmod(os.path.join(self.root, "app.py"), 0)
        self.assertEqual(self.detect()["problems"],
                         ["app.py cannot be read: permission denied"])


class Warnings(DetectTest):
    django = {"manage.py": MANAGE % "s.settings", "s/wsgi.py": WSGI}

    def testSettingsThatAreNotForUseAreTold(self):
        rows = (("DEBUG = True\n", ["DEBUG is on"]),
                ("DEBUG = False\nALLOWED_HOSTS = []\n",
                 ["ALLOWED_HOSTS is empty, so Django refuses every request"]),
                ("DEBUG = False\nALLOWED_HOSTS = ['a']\n", []),
                ("import os\nDEBUG = bool(os.environ.get('D'))\n", []),
                ("SECRET_KEY = 'django-insecure-abc'\n",
                 ["SECRET_KEY is the one startproject made"]),
                ("WSGI_APPLICATION = 'gone.wsgi.application'\n",
                 ["WSGI_APPLICATION is gone.wsgi.application, but there is no such module"]))
        for settings, expected in rows:
            with self.subTest(settings):
                self.assertEqual(self.warnings(dict(self.django, **{"s/settings.py": settings})),
                                 expected)

    def testMissingSettingsAreTold(self):
        self.assertEqual(self.warnings(self.django),
                         ["manage.py names s.settings, which is not in the folder"])

    def testRequirementsThatTheEnvironmentLacksAreTold(self):
        site = ".venv/lib/python3.11/site-packages/"
        files = {"app.py": FLASK, ".venv/pyvenv.cfg": "",
                 site + "Flask-2.2.2.dist-info/METADATA": "",
                 "requirements.txt": "flask>=2\nFlask_Login==1  # sessions\n-r more.txt\n"
                                     "# comment\n--no-index\n"
                                     "colorama; sys_platform == 'win32'\n"
                                     "git+https://example.org/x\n",
                 "more.txt": "celery[redis]~=5.0\n",
                 "pyproject.toml": "[project]\nname = 'x'\n"
                                   "dependencies = [\n  \"rich>=1\",\n]\n[tool.x]\na = [\"b\"]\n"}
        self.assertEqual(self.warnings(files),
                         ["requirements.txt names Flask_Login, which .venv lacks",
                                                "more.txt names celery, which .venv lacks",
                                                "pyproject.toml names rich, which .venv lacks"])
        value = self.detect()
        self.assertEqual(value["projects"][0]["title"], "Flask 2.2.2")
        self.assertEqual(value["requirements"], ["Flask_Login==1", "celery[redis]~=5.0",
                                                 "colorama; sys_platform == 'win32'", "flask>=2",
                                                 "rich>=1"])

    def testAGivenEnvironmentIsLookedAt(self):
        self.write({"app.py": FLASK, "requirements.txt": "flask\nother\n"})
        given = os.path.join(self.root, "given")
        os.makedirs(os.path.join(given, "flask-3.0.dist-info"))
        project = self.detect("--site-packages", given)["projects"][0]
        self.assertEqual((project["title"], project["warnings"]),
                         ("Flask 3.0", ["requirements.txt names other, which %s lacks" % given]))

    def testWithoutAnEnvironmentNothingIsSaidToBeMissing(self):
        self.assertEqual(self.warnings({"app.py": FLASK, "requirements.txt": "flask\n"}), [])


class Refusals(DetectTest):
    def testAFolderThatCannotBeReadIsNamed(self):
        self.write({"file": ""})
        for path in (os.path.join(self.root, "gone"), os.path.join(self.root, "file")):
            done = self.run_(path)
            self.assertEqual((done.returncode, done.stdout), (3, b""))
            self.assertEqual(done.stderr.decode().count("\n"), 1)
            self.assertTrue(done.stderr.decode().startswith(path + " cannot be read: "))

    def testWrongArgumentsAreExplained(self):
        for arguments in ([], ["a", "b"], ["--help"], ["--site-packages"]):
            done = self.run_(*arguments)
            self.assertEqual(done.returncode, 64)
            self.assertIn(b"usage:", done.stderr)


addRows()

if __name__ == "__main__":
    unittest.main()
