# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys
import tempfile
import unittest

from peer import APPS, FAILED, MAIN, READY, Worker

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
        self.assertRegex(value["python"], r"^(CPython|PyPy) \d+\.\d+\.\d+$")
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
        rows = (
            ("imports_missing:app", "import",
             "ModuleNotFoundError: No module named 'module_that_is_not_there' "
                                              "(imports_missing.py line 2)"),
            ("nothing:app", "import", "ModuleNotFoundError: No module named 'nothing'"),
            ("fine:nothing", "import",
             "module fine has no attribute nothing (%s)" % os.path.join(START, "fine.py")),
            ("fine:holder.nothing", "import", "module fine has no attribute holder.nothing (%s)"
             % os.path.join(START, "fine.py")),
            ("fine:VALUE", "import", "fine:VALUE is a value of type int, which cannot be called"),
            ("fine:make_app", "import", "fine:make_app() returned None instead of an application"),
            ("fine:needsMore()", "import",
             "TypeError: needsMore() missing 1 required positional argument: "
                                           "'configuration'"),
            ("raises:app", "import", "RuntimeError: first line (raises.py line 2)"),
            ("exits:app", "import",
             "import exits ended the program with exit code no configuration"),
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
