# SPDX-License-Identifier: Apache-2.0
"""A bounded walk over the folder, and its Python files parsed on demand."""
import ast
import os
import re

from .source import Source

DEPTH_MAX = 3
FILES_MAX = 2000         # source files looked at
ENTRIES_MAX = 50000      # directory entries of any kind
FILE_BYTES_MAX = 1 << 20
SKIPPED = {"node_modules", "__pycache__", "site-packages", "dist-packages", "bower_components"}

# A file without any of these cannot hold an application.
MARKS = re.compile(
    rb"Flask|FastAPI|Starlette|Quart|Litestar|falcon|ottle|get_[aw]sgi_application|start_response|"
    rb"receive|create_app|make_app|get_app|_application|import app|import \*|"
    rb"DJANGO_SETTINGS_MODULE")


# A file with one of these means to be an application, even where it cannot be parsed.
STRONG_MARKS = re.compile(
    rb"Flask|FastAPI|Starlette|Quart|Litestar|falcon|[bB]ottle|get_[aw]sgi_application|"
    rb"start_response|create_app|make_app|DJANGO_SETTINGS_MODULE")
# Where applications lie by custom; one that cannot be read is more than a file among others.
ENTRY_FILES = {"app.py", "application.py", "asgi.py", "main.py", "manage.py", "wsgi.py"}
PROBLEM_DEPTH_MAX = 1
PROBLEMS_MAX = 20


class Folder:
    """What a bounded walk found."""

    def __init__(self, folder):
        self.folder = folder
        self.sources = {}      # path -> Source
        self.byModule = {}     # (root, dotted module) -> Source
        self.indexPages = []
        self.environments = []
        self.problems = []     # sentences: why a file that should hold an application tells nothing
        self.pythonFiles = 0
        self.otherFiles = 0
        self._entries = 0
        self._walk(folder, 0)

    def _walk(self, directory, depth):
        try:
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except OSError:
            if depth == 0:
                raise
            return
        if depth and any(entry.name == "pyvenv.cfg" for entry in entries):
            self.environments.append(directory)
            return
        folders = []
        for entry in entries:
            self._entries += 1
            if self._entries > ENTRIES_MAX:
                return
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry)
                elif entry.is_file():
                    self._file(entry, depth)
            except OSError:
                continue
        for entry in folders:
            hidden = entry.name.startswith(".") and entry.name not in (".venv", ".env")
            if depth < DEPTH_MAX and not hidden and entry.name not in SKIPPED:
                self._walk(entry.path, depth + 1)

    def _file(self, entry, depth):
        if entry.name.endswith(".py"):
            self.pythonFiles += 1
            if self.pythonFiles <= FILES_MAX:
                self._parse(entry.path)
        else:
            self.otherFiles += 1
            if entry.name in ("index.html", "index.htm") and depth <= 1:
                self.indexPages.append(entry.path)

    def _parse(self, path):
        try:
            text = readText(path)
        except OSError as error:
            if os.path.basename(path) in ENTRY_FILES:
                self._problem(path, " cannot be read: %s" % str(error.strerror or error).lower())
            return
        if text is not None and MARKS.search(text):
            self.source(path, text)

    def _problem(self, path, sentence):
        name = relative(path, self.folder).encode("utf-8", "replace").decode("utf-8")
        if name.count(os.sep) <= PROBLEM_DEPTH_MAX and len(self.problems) < PROBLEMS_MAX:
            self.problems.append(name + sentence)

    def source(self, path, text=None):
        """The parsed file, or None when it is not there, too large or not Python."""
        if path in self.sources:
            return self.sources[path]
        text = readFile(path) if text is None else text
        try:
            found = Source(ast.parse(text), path, self.folder) if text is not None else None
        except SyntaxError as error:
            found = None
            if STRONG_MARKS.search(text):
                place = " line %d" % error.lineno if error.lineno else ""
                self._problem(path, "%s: %s" % (place, error.msg))
        except (ValueError, RecursionError, MemoryError):
            found = None
        self.sources[path] = found
        if found is not None:
            self.byModule[(found.root, found.module)] = found
        return found

    def module(self, root, name):
        base = os.path.join(root, *name.split("."))
        for path in (base + ".py", os.path.join(base, "__init__.py")):
            if inside(path, self.folder) and os.path.isfile(path):
                return self.source(path)
        return None


def inside(path, folder):
    return os.path.realpath(path).startswith(os.path.join(os.path.realpath(folder), ""))


def readText(path):
    """The file's bytes, or None when it is too large; OSError when it cannot be read."""
    with open(path, "rb") as file:
        data = file.read(FILE_BYTES_MAX + 1)
    return data if len(data) <= FILE_BYTES_MAX else None


def readFile(path):
    try:
        return readText(path)
    except OSError:
        return None


def relative(path, folder):
    return os.path.relpath(path, folder)


def makeProject(kind, interface, title, root, entry, evidence, name):
    return {"kind": kind, "title": title, "name": name, "root": root, "entry": entry,
            "interface": interface,
            "evidence": evidence, "warnings": []}
