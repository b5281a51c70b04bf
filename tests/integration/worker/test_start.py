# SPDX-License-Identifier: Apache-2.0
import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import unittest
from unittest import mock

from peer import APPS, CORE, FAILED, MAIN, READY, Worker

START = os.path.join(APPS, "start")


class StartTest(unittest.TestCase):
    def started(self, *arguments, **options):
        options.setdefault("root", START)
        worker = Worker(*arguments, **options)
        self.addCleanup(worker.__exit__)
        return worker

    def testReadyTellsWhatTheContractSays(self):
        worker = self.started("fine:app", threads=3)
        kind, value = worker.start()
        self.assertEqual(kind, READY)
        self.assertEqual((value["protocol"], value["pid"], value["slots"]),
                         (1, worker.process.pid, 3))
        self.assertEqual((value["kind"], value["static"], value["warnings"]), ("Python", [], []))
        self.assertEqual(value["core"],
                         "native" if os.path.isabs(os.environ.get(CORE, "")) else "python")
        self.assertRegex(value["python"], r"^(CPython \d+\.\d+\.\d+|PyPy \d+\.\d+\.\d+ \(\d+\.\d+\))$")
        self.assertEqual([step["step"] for step in worker.steps],
                         ["interpreter", "import", "inspect"])
        self.assertTrue(all(step["ms"] >= 0 for step in worker.steps))

    def testTheApplicationSeesItsOwnWorld(self):
        worker = self.started("fine:app")
        worker.ready()
        self.assertEqual(json.loads(worker.get("/").body.decode()), {
            "cwd": START, "path0": START, "argv": ["arcology-worker"], "stdin": "",
            "main": ["__main__", None],
            "protocol": False, "ours": []})

    def testModulesOfTheWorkerShadowNothing(self):
        worker = self.started("protocol:app")
        worker.ready()
        self.assertEqual(worker.get("/").body, b"the app own")

    def testEntriesOfEveryFormAreFound(self):
        for entry in ("fine:app", "fine", "fine:holder.inner.app", "fine:create_app()",
                      "fine:create_app"):
            with self.subTest(entry):
                worker = self.started(entry)
                self.assertEqual(worker.start()[0], READY)

    def testWhatCannotStartIsSaidInOneSentence(self):
        install = self.howToInstall
        rows = (
            ("imports_missing:app", "import",
             "ModuleNotFoundError: No module named 'module_that_is_not_there' "
             "(imports_missing.py line 2); install it with: "
             + install("module_that_is_not_there")),
            ("nothing:app", "import", "ModuleNotFoundError: No module named 'nothing'; "
             "correct the entry point, or install it with: " + install("nothing")),
            ("fine:nothing", "import",
             "module fine has no attribute nothing (%s); the entry point may be fine:app"
             % os.path.join(START, "fine.py")),
            ("fine:holder.nothing", "import", "module fine has no attribute holder.nothing (%s); "
             "the entry point may be fine:app" % os.path.join(START, "fine.py")),
            ("fine:VALUE", "import", "fine:VALUE is a value of type int, which cannot be called"),
            ("fine:make_app", "import", "fine:make_app() returned None instead of an application"),
            ("fine:needsMore()", "import",
             "TypeError: needsMore() missing 1 required positional argument: "
                                           "'configuration'"),
            ("raises:app", "import", "RuntimeError: first line (raises.py line 2)"),
            ("exits:app", "import",
             "import exits ended the program with exit code no configuration; let it start a "
             "server or a command only under if __name__ == '__main__'"),
            ("", "import", "the entry '' is not of the form module:attribute"),
            ("../fine:app", "import",
             "the entry '../fine:app' is not of the form module:attribute"),
        )
        for entry, step, error in rows:
            with self.subTest(entry):
                worker = self.started(entry)
                kind, value = worker.start()
                self.assertEqual((kind, value["step"], value["error"]), (FAILED, step, error))
                self.assertNotIn("arcology_worker", value["traceback"])
                code, errors = worker.finished()
                self.assertEqual(code, 1)
                self.assertIn(error, errors)

    @staticmethod
    def howToInstall(module):
        """As the administrator of this interpreter would: Debian's is changed by apt alone."""
        package = module.replace("_", "-")
        marker = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
        if sys.prefix == sys.base_prefix and os.path.exists(marker):
            return "pip install %s, in an environment of the app's own: %s -m venv %s" \
                % (package, sys.executable, os.path.join(START, ".venv"))
        return "%s -m pip install %s" % (sys.executable, package)

    def testModulesThatCameOrWentNameAnotherInterpreter(self):
        rows = (("import annotationlib", "came with Python 3.14: choose a newer interpreter",
                 sys.version_info < (3, 14)),
                ("import tomllib", "tomllib came with Python 3.11: choose a newer interpreter",
                 sys.version_info < (3, 11)),
                ("import distutils", "distutils went after Python 3.11: choose an older interpreter",
                 sys.version_info >= (3, 12)),
                ("import cgi", "cgi went after Python 3.12: choose an older interpreter",
                 sys.version_info >= (3, 13)))
        for text, remedy, fails in rows:
            with self.subTest(text), tempfile.TemporaryDirectory() as folder:
                with open(os.path.join(folder, "app.py"), "w", encoding="ascii") as file:
                    file.write(text + "\ndef app(environ, start_response):\n    pass\n")
                kind, value = self.started("app:app", root=folder).start()
                self.assertEqual(kind, FAILED if fails else READY)
                if fails:
                    self.assertIn(remedy, value["error"])

    def testDebiansPackagesAreNamedOnlyWhereThereAreSome(self):
        spec = importlib.util.spec_from_file_location(
            "missing", os.path.join(os.path.dirname(MAIN), "arcology_worker", "missing.py"))
        missing = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(missing)
        missing.belongsToTheSystem = lambda: True
        pip = "pip install %s, in an environment of the app's own: " + sys.executable
        apt = "apt install %s, or in an environment of the app's own: " + sys.executable
        with tempfile.TemporaryDirectory() as folder:
            lists = os.path.join(folder, "lists")
            os.makedirs(lists)
            for name, text in (
                    ("empty_Packages", ""),
                    ("one_Packages", "Package: python3-first\nVersion: 1\n\n"
                                     "Package: python3-second-one\nVersion: 1\n"
                                     "Depends: python3-not-there\n"
                                     "Description: Package: python3-told\n\n"
                                     "Package: python3-longer-name\n"),
                    ("one_Sources", "Package: python3-source\n")):
                with open(os.path.join(lists, name), "w", encoding="ascii") as file:
                    file.write(text)
            dpkg = os.path.join(folder, "status")
            missing.DEBIAN_VERSION, missing.APT_LISTS = dpkg, lists

            def check(module, begin, prefix="/usr"):
                with self.subTest(module), mock.patch.object(sys, "base_prefix", prefix):
                    told = missing.howToInstall(module, folder)
                    self.assertTrue(told.startswith(begin), told)
            check("yaml", pip % "PyYAML")  # another system, where there is no apt
            with open(dpkg, "w", encoding="ascii"):
                pass
            check("yaml", apt % "python3-yaml")
            check("flask", apt % "python3-flask")
            check("First", apt % "python3-first")
            check("second_one", apt % "python3-second-one")
            for name in ("not-there", "told", "source", "longer", "longer-nam"):
                check(name, pip % name)
            check("first", pip % "first", "/opt/python")  # not for this interpreter
            missing.APT_LISTS = os.path.join(folder, "nowhere")
            check("first", pip % "first")
            check("yaml", apt % "python3-yaml")

    def testRequirementsOfTheAppAreNamed(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("app.py", "import planted_one.two\n"),
                               ("requirements.txt", "planted-one\n")):
                with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                    file.write(text)
            environment = os.path.join(folder, "env")
            os.makedirs(os.path.join(environment, "bin"))
            with open(os.path.join(environment, "pyvenv.cfg"), "w", encoding="ascii") as file:
                file.write("home = %s\n" % os.path.dirname(sys.executable))
            python = os.path.join(environment, "bin", "python")
            os.symlink(os.path.realpath(sys.executable), python)
            done = subprocess.run(
                [python, "-c", "import sys; sys.path.insert(0, %r); import importlib.util as u; "
                 "s = u.spec_from_file_location('missing', %r); m = u.module_from_spec(s); "
                 "s.loader.exec_module(m); print(m.remedy('planted_one', %r))"
                 % (folder, os.path.join(os.path.dirname(MAIN), "arcology_worker", "missing.py"),
                    folder)], capture_output=True, timeout=30, check=True)
        self.assertEqual(done.stdout.decode().strip(), "install it with: %s -m pip install -r %s"
                         % (python, os.path.join(folder, "requirements.txt")))

    def testASyntaxErrorNamesItsLine(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "broken.py"), "w", encoding="ascii") as file:
                file.write("x = 1\ndef app(:\n")
            kind, value = self.started("broken:app", root=folder).start()
        self.assertEqual(kind, FAILED)
        self.assertRegex(value["error"], r"^SyntaxError: .*\(broken.py line 2\)$")

    def testAFolderThatIsNotThereIsNamed(self):
        kind, value = self.started("fine:app", root="/nonexistent/folder").start()
        self.assertEqual(kind, FAILED)
        self.assertIn("/nonexistent/folder", value["error"])

    def testAWrongHelloIsRefused(self):
        rows = {"version": lambda worker: worker.hello({"app": {}}, version=2),
                "no app": lambda worker: worker.hello({}),
                "not JSON": lambda worker: worker.send(1, 0, b"\1\0\0\0\0\0{"),
                "short": lambda worker: worker.send(1, 0, b"\1"),
                "another frame": lambda worker: worker.send(13)}
        for name, send in rows.items():
            with self.subTest(name):
                worker = self.started("", hello=False)
                send(worker)
                self.assertEqual(worker.start()[0], FAILED)
                self.assertEqual(worker.finished()[0], 76)

    def testTheEndOfTheSocketBeforeHelloEndsTheProcess(self):
        worker = self.started("", hello=False)
        worker.sock.close()
        self.assertEqual(worker.finished()[0], 0)

    def testWrongArgumentsAreExplained(self):
        for arguments in ([], ["--fd"], ["--fd", "x"], ["--fd", "-1"], ["--fd", "3", "more"]):
            done = subprocess.run([sys.executable, MAIN] + arguments, capture_output=True,
                                  timeout=20)
            self.assertEqual(done.returncode, 64)
            self.assertIn(b"usage:", done.stderr)


if __name__ == "__main__":
    unittest.main()
