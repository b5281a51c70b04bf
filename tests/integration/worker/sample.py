# SPDX-License-Identifier: Apache-2.0
"""A sample, copied to a folder of its own as the engine does, and its own tests."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from peer import SOURCE, Worker

SAMPLES = os.path.join(SOURCE, "resources", "samples")


class SampleTest(unittest.TestCase):
    name = ""
    entry = ""
    interface = "wsgi"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.join(os.path.realpath(folder.name), self.name)
        shutil.copytree(os.path.join(SAMPLES, self.name), self.root,
                        ignore=shutil.ignore_patterns("__pycache__", "data", "secret_key"))

    def serving(self):
        worker = Worker(self.entry, interface=self.interface, root=self.root)
        self.addCleanup(worker.__exit__)
        return worker, worker.ready()

    def ask(self, worker, path, method="GET", body=None, headers=()):
        stream = worker.request(body, path=path, method=method, server=("localhost", 8080),
                                headers=(("host", "localhost"),) + tuple(headers))
        return worker.answers([stream])[stream]

    def runOwnTests(self):
        done = subprocess.run([sys.executable, "-B", "-m", "unittest", "discover", "-t", ".", "-s",
                               "tests"], cwd=self.root, timeout=200,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = done.stdout.decode()
        self.assertEqual(done.returncode, 0, output)
        self.assertRegex(output, r"Ran [1-9]\d+ tests")

    def servesStatic(self, info, *names):
        roots = {mount["prefix"]: mount["roots"] for mount in info["static"]}["/static/"]
        for name in names:
            self.assertTrue(any(os.path.isfile(os.path.join(root, name)) for root in roots), name)
