# SPDX-License-Identifier: Apache-2.0
"""Says what could be served from a folder:  python3 -I -S detect.py DIR [--site-packages DIR]...

Prints JSON: {"folder", "projects": [{"kind", "title", "name", "root", "entry", "interface", "evidence": [..],
"warnings": [..]}], "requirements": [..]}, best project first; "kind" is django, flask, fastapi, wsgi, asgi or static.
Nothing of the project is imported or run: source text is parsed. An entry is module:attribute, module:factory() or
django:settings.module, as the worker's loader reads them. Exit code 0 also when nothing was recognised, 3 with one
sentence on standard error when the folder cannot be read, 64 when called wrongly.
"""
import ast
import json
import os
import re
import sys

DEPTH_MAX = 3
FILES_MAX = 2000         # source files looked at
ENTRIES_MAX = 50000      # directory entries of any kind
FILE_BYTES_MAX = 1 << 20
STAR_IMPORTS_MAX = 6
SKIPPED = {"node_modules", "__pycache__", "site-packages", "dist-packages", "bower_components"}
SECONDARY = {"tests", "test", "testing", "docs", "doc", "examples", "example", "migrations", "scripts", "benchmarks"}
FACTORIES = ("create_app", "make_app", "get_app", "create_application", "make_application")
GOOD_MODULES = ("wsgi", "asgi", "main", "app", "application", "server", "api", "run", "web", "__init__")

# Callables that make an application: full name -> (kind, interface, title, distribution)
MAKERS = {
    "flask.Flask": ("flask", "wsgi", "Flask", "flask"),
    "fastapi.FastAPI": ("fastapi", "asgi", "FastAPI", "fastapi"),
    "starlette.applications.Starlette": ("asgi", "asgi", "Starlette", "starlette"),
    "quart.Quart": ("asgi", "asgi", "Quart", "quart"),
    "litestar.Litestar": ("asgi", "asgi", "Litestar", "litestar"),
    "falcon.App": ("wsgi", "wsgi", "Falcon", "falcon"),
    "falcon.API": ("wsgi", "wsgi", "Falcon", "falcon"),
    "falcon.asgi.App": ("asgi", "asgi", "Falcon", "falcon"),
    "bottle.Bottle": ("wsgi", "wsgi", "Bottle", "bottle"),
    "bottle.default_app": ("wsgi", "wsgi", "Bottle", "bottle"),
    "django.core.wsgi.get_wsgi_application": ("django", "wsgi", "Django", "django"),
    "django.core.asgi.get_asgi_application": ("django", "asgi", "Django", "django"),
}
# A file without any of these cannot hold an application.
MARKS = re.compile(rb"Flask|FastAPI|Starlette|Quart|Litestar|falcon|ottle|get_[aw]sgi_application|start_response|"
                   rb"receive|create_app|make_app|get_app|_application|import app|import \*|DJANGO_SETTINGS_MODULE")


class Source:
    """One parsed Python file: what its names mean, which applications its top level makes."""

    def __init__(self, tree, path, folder):
        self.path = path
        self.aliases = {}      # name -> dotted origin
        self.starOrigins = []
        self.imports = set()   # first parts of absolute imports
        self.apps = {}         # name -> (maker tuple, evidence)
        self.calls = {}        # name -> factory name called at top level
        self.factories = {}    # name -> (maker tuple, can be called with nothing)
        self.classes = {}      # name -> interface of its instances
        self.constants = {}
        self.root, self.module = place(path, folder, tree)
        self._read(tree.body)

    def _read(self, body):
        for node in body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._readImport(node)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._readAssign(target.id, node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                self._readAssign(node.target.id, node.value)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._readFunction(node)
            elif isinstance(node, ast.ClassDef):
                self._readClass(node)
            elif isinstance(node, ast.If):
                if "__main__" not in ast.dump(node.test):
                    self._read(node.body)
                    self._read(node.orelse)
            elif isinstance(node, ast.Try):
                for part in (node.body, node.orelse, node.finalbody):
                    self._read(part)
                for handler in node.handlers:
                    self._read(handler.body)
            elif isinstance(node, ast.With):
                self._read(node.body)

    def _readImport(self, node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.imports.add(alias.name.split(".")[0])
                name = alias.asname or alias.name.split(".")[0]
                self.aliases[name] = alias.name if alias.asname else name
            return
        origin = node.module or ""
        if node.level:
            base = self.module.split(".") if self.module else []
            if os.path.basename(self.path) != "__init__.py":
                base = base[:-1]
            base = base[:len(base) - (node.level - 1)]
            origin = ".".join(base + ([origin] if origin else []))
        elif origin:
            self.imports.add(origin.split(".")[0])
        for alias in node.names:
            if alias.name == "*":
                self.starOrigins.append(origin)
            else:
                self.aliases[alias.asname or alias.name] = origin + "." + alias.name

    def fullName(self, node):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        parts.append(self.aliases.get(node.id, node.id))
        return ".".join(reversed(parts))

    def _readAssign(self, name, value):
        try:
            self.constants[name] = ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            self.constants.pop(name, None)
        if isinstance(value, ast.Name):
            for table in (self.apps, self.calls):
                if value.id in table:
                    table[name] = table[value.id]
        if not isinstance(value, ast.Call):
            return
        called = self.fullName(value.func)
        maker = MAKERS.get(called)
        if maker:
            self.apps[name] = (maker, "%s = %s(...)" % (name, called.rpartition(".")[2]))
        elif called.endswith(".make_wsgi_app"):
            self.apps[name] = (("wsgi", "wsgi", "Pyramid", "pyramid"), "%s = ...make_wsgi_app()" % name)
        elif called.rpartition(".")[2] in FACTORIES and not (value.args or value.keywords):
            self.calls[name] = called
        elif called in self.classes:
            interface = self.classes[called]
            self.apps[name] = (bare(interface), "%s = %s(...)" % (name, called))

    def _readFunction(self, node):
        interface = interfaceOf(node, 0)
        if interface:
            self.apps[node.name] = (bare(interface), "a function %s(%s)" % (
                node.name, ", ".join(argument.arg for argument in node.args.args)))
        elif node.name in FACTORIES and isinstance(node, ast.FunctionDef):
            maker = None
            local = dict(self.aliases)
            for inner in ast.walk(node):
                if isinstance(inner, (ast.Import, ast.ImportFrom)):
                    self._readImport(inner)
                elif isinstance(inner, ast.Call):
                    maker = MAKERS.get(self.fullName(inner.func)) or maker
            self.aliases = local
            required = len(node.args.args) - len(node.args.defaults)
            required += sum(default is None for default in node.args.kw_defaults)
            self.factories[node.name] = (maker, required == 0)

    def _readClass(self, node):
        for inner in node.body:
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner.name == "__call__":
                interface = interfaceOf(inner, 1)
                if interface:
                    self.classes[node.name] = interface


def bare(interface):
    return (interface, interface, interface.upper() + " application", "")


def interfaceOf(node, skip):
    names = [argument.arg for argument in node.args.args][skip:]
    if len(names) == 2 and names[1] == "start_response" and isinstance(node, ast.FunctionDef):
        return "wsgi"
    if names == ["scope", "receive", "send"] and isinstance(node, ast.AsyncFunctionDef):
        return "asgi"
    return ""


def place(path, folder, tree):
    """(sys.path entry, dotted module) for a file: the folder above its outermost package.

    A folder without __init__.py is a package too when the file itself imports through its name.
    """
    imports = set()
    usesRelative = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            usesRelative = usesRelative or node.level > 0
            if not node.level and node.module:
                imports.add(node.module.split(".")[0])
    directory, name = os.path.split(path)
    parts = [] if name == "__init__.py" else [name[:-3]]
    root = directory
    while os.path.isfile(os.path.join(root, "__init__.py")):
        # The folder itself may be a package, but many have a stray __init__.py beside modules that stand alone.
        if root == folder and not usesRelative and os.path.basename(folder) not in imports:
            break
        root, part = os.path.split(root)
        parts.insert(0, part)
        if len(root) < len(folder):
            return root, ".".join(parts)
    above = root
    extra = []
    while above != folder:
        above, part = os.path.split(above)
        extra.insert(0, part)
        if part in imports:
            return above, ".".join(extra + parts)
    if not parts:  # the folder itself is a package: its parent is what imports find it by
        root, part = os.path.split(directory)
        parts = [part]
    return root, ".".join(parts)


class Folder:
    """What a bounded walk found."""

    def __init__(self, folder):
        self.folder = folder
        self.sources = {}      # path -> Source
        self.byModule = {}     # (root, dotted module) -> Source
        self.indexPages = []
        self.environments = []
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
        text = readFile(path)
        if text is not None and MARKS.search(text):
            self.source(path, text)

    def source(self, path, text=None):
        """The parsed file, or None when it is not there, too large or not Python."""
        if path in self.sources:
            return self.sources[path]
        text = readFile(path) if text is None else text
        try:
            found = Source(ast.parse(text), path, self.folder) if text is not None else None
        except (SyntaxError, ValueError, RecursionError, MemoryError):
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


def readFile(path):
    try:
        with open(path, "rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        return data if len(data) <= FILE_BYTES_MAX else None
    except OSError:
        return None


def relative(path, folder):
    return os.path.relpath(path, folder)


def makeProject(kind, interface, title, root, entry, evidence, name):
    return {"kind": kind, "title": title, "name": name, "root": root, "entry": entry, "interface": interface,
            "evidence": evidence, "warnings": []}


# -- Django --------------------------------------------------------------------------------------------------------------

def djangoProjects(found):
    for path, source in sorted(found.sources.items()):
        if source is None or os.path.basename(path) != "manage.py":
            continue
        match = re.search(rb"""DJANGO_SETTINGS_MODULE['"]\s*[,\]]\s*=?\s*['"]([\w.]+)['"]""", readFile(path) or b"")
        if match:
            yield djangoProject(found, os.path.dirname(path), match.group(1).decode(), path)


def djangoProject(found, root, settings, managePath):
    evidence = ["%s names %s" % (relative(managePath, found.folder), settings)]
    values, missing = settingsValues(found, root, settings)
    warnings = []
    entry, interface = "django:" + settings, "wsgi"
    package = settings.split(".")[0]
    for key, wanted in (("ASGI_APPLICATION", "asgi"), ("WSGI_APPLICATION", "wsgi")):
        module, _, attribute = str(values.get(key) or "").rpartition(".")
        if module and found.module(root, module):
            entry, interface = "%s:%s" % (module, attribute), wanted
            evidence.append("%s is %s" % (key, values[key]))
            break
        if module:
            warnings.append("%s is %s, but there is no such module" % (key, values[key]))
    else:
        if found.module(root, package + ".wsgi"):
            entry = package + ".wsgi:application"
            evidence.append("%s holds the WSGI application" % os.path.join(package, "wsgi.py"))
    if missing:
        warnings.append("%s names %s, which is not in the folder" % (relative(managePath, found.folder), settings))
    if values.get("DEBUG") is True:
        warnings.append("DEBUG is on")
    elif values.get("DEBUG") is False and values.get("ALLOWED_HOSTS") == []:
        warnings.append("ALLOWED_HOSTS is empty, so Django refuses every request")
    if str(values.get("SECRET_KEY", "")).startswith("django-insecure-"):
        warnings.append("SECRET_KEY is the one startproject made")
    project = makeProject("django", interface, "Django", root, entry, evidence, package)
    project["warnings"] = warnings
    return project


def settingsValues(found, root, name, left=STAR_IMPORTS_MAX):
    """The constants of a settings module with those of the modules it imports with a star."""
    source = found.module(root, name)
    if source is None:
        return {}, True
    values = {}
    for origin in source.starOrigins:
        if left > 0 and origin:
            values.update(settingsValues(found, root, origin, left - 1)[0])
    values.update(source.constants)
    return values, False


# -- everything else -----------------------------------------------------------------------------------------------------

def candidates(found):
    """(score, project, origin): origin says which object it is, since a package may offer it under several names."""
    for path, source in sorted(found.sources.items()):
        if source is None or os.path.basename(path) in ("manage.py", "setup.py", "conftest.py") or not source.module:
            continue
        file = relative(path, found.folder)
        for name, (maker, text) in source.apps.items():
            yield rated(found, source, name, maker, "%s: %s" % (file, text), (source.root, source.module, name))
        for name, called in source.calls.items():
            maker, origin = factoryOf(found, source, called)
            if maker:
                yield rated(found, source, name, maker, "%s: %s = %s()" % (file, name, called.rpartition(".")[2]),
                            origin, 5)
        for name, (maker, callable_) in source.factories.items():
            if maker and callable_:
                yield rated(found, source, name + "()", maker, "%s: the factory %s()" % (file, name),
                            (source.root, source.module, name))
        for name, origin in exported(source):
            module, _, attribute = origin.rpartition(".")
            target = found.byModule.get((source.root, module))
            if target is not None and target is not source and attribute in target.apps:
                maker, text = target.apps[attribute]
                yield rated(found, source, name, maker, "%s imports %s from %s" % (file, attribute, module),
                            (target.root, target.module, attribute), 1)


def exported(source):
    for name, origin in source.aliases.items():
        if name in ("app", "application", "api", "asgi", "wsgi"):
            yield name, origin
    for origin in source.starOrigins:
        for name in ("app", "application"):
            yield name, origin + "." + name


def factoryOf(found, source, called):
    if "." not in called:
        maker, _ = source.factories.get(called, (None, False))
        return maker, (source.root, source.module, called)
    module, _, name = called.rpartition(".")
    target = found.byModule.get((source.root, module)) or found.module(source.root, module)
    if target is None:
        return None, None
    maker, _ = target.factories.get(name, (None, False))
    return maker, (target.root, target.module, name)


def rated(found, source, name, maker, evidence, origin, bonus=0):
    kind, interface, title, _ = maker
    parts = source.module.split(".")
    places = relative(source.path, found.folder).split(os.sep)
    score = 50 + bonus - 6 * len(places)
    score += {"app": 8, "application": 9, "create_app()": 6, "make_app()": 6}.get(name, 0)
    score += 4 if parts[-1] in GOOD_MODULES or places[-1] == "__init__.py" else 0
    if SECONDARY.intersection(places) or places[-1].startswith("test_"):
        score -= 60
    if kind in ("wsgi", "asgi") and title.endswith("application"):
        score -= 10  # a function of that shape may also be a piece of middleware
    shown = parts[0] if parts[0] not in GOOD_MODULES else os.path.basename(source.root) or parts[0]
    project = makeProject(kind, interface, title, source.root, "%s:%s" % (source.module, name), [evidence], shown)
    return score, project, origin


def startCommands(found):
    """module:attribute as named in a Procfile, with the interface that its server speaks."""
    text = (readFile(os.path.join(found.folder, "Procfile")) or b"").decode("utf-8", "replace")
    for line in text.splitlines():
        server = re.search(r"\b(gunicorn|uwsgi|waitress-serve|uvicorn|hypercorn|daphne|granian)\b", line)
        entry = re.search(r"(?<![\w./:-])([A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?:\(\))?)(?=[\s'\"]|$)",
                          line[server.end():]) if server else None
        if entry:
            asynchronous = server.group(1) in ("uvicorn", "hypercorn", "daphne") or "uvicorn" in line
            yield entry.group(1), "asgi" if asynchronous else "wsgi"


def chosen(found, djangos):
    best = {}
    roots = [project["root"] for project in djangos]
    commands = dict(startCommands(found))
    for score, project, origin in candidates(found):
        below = any(project["root"] == root or project["root"].startswith(root + os.sep) for root in roots)
        if below and project["kind"] in ("django", "wsgi", "asgi"):
            continue  # part of what manage.py stands for
        if project["entry"] in commands:
            score += 100
            project["evidence"].insert(0, "Procfile starts %s" % project["entry"])
        if origin not in best or score > best[origin][0]:
            best[origin] = (score, project)
    ordered = sorted(best.values(), key=lambda item: (-item[0], item[1]["entry"]))
    primary = [item for item in ordered if item[0] > 0]
    projects = [project for _, project in primary or ordered]
    for project in djangos:
        if project["entry"] in commands:
            project["evidence"].append("Procfile starts %s" % project["entry"])
    known = {project["entry"] for project in projects + djangos}
    for entry, interface in commands.items():
        if entry not in known and found.module(found.folder, entry.split(":")[0]):
            projects.insert(0, makeProject(interface, interface, interface.upper() + " application", found.folder,
                                           entry, ["Procfile starts %s" % entry], entry.split(".")[0].split(":")[0]))
    return projects


def staticProjects(found, hasOthers):
    for path in sorted(found.indexPages, key=lambda page: (page.count(os.sep), page)):
        root = os.path.dirname(path)
        if root == found.folder or os.path.basename(root) in ("public", "dist", "build", "_site", "site", "html", "www"):
            yield makeProject("static", "", "Static files", root, "", ["%s is there" % relative(path, found.folder)],
                              os.path.basename(found.folder))
            return
    if not hasOthers and not found.pythonFiles and found.otherFiles:
        yield makeProject("static", "", "Static files", found.folder, "",
                          ["%d files, none of them Python" % found.otherFiles], os.path.basename(found.folder))


# -- requirements --------------------------------------------------------------------------------------------------------

def requirements(folder):
    """(file, requirement) of requirements.txt, its direct -r files, and pyproject.toml."""
    rows = []
    names = ["requirements.txt"]
    while names and len(rows) < FILES_MAX:
        name = names.pop(0)
        for line in (readFile(os.path.join(folder, name)) or b"").decode("utf-8", "replace").splitlines():
            line = line.split(" #")[0].strip()
            nested = re.match(r"(?:-r|--requirement)[\s=]*(\S+)$", line)
            if nested and name == "requirements.txt" and inside(os.path.join(folder, nested.group(1)), folder):
                names.append(nested.group(1))
            elif re.match(r"[A-Za-z0-9]", line) and "://" not in line.split("@")[0]:
                rows.append((name, line))
    text = (readFile(os.path.join(folder, "pyproject.toml")) or b"").decode("utf-8", "replace")
    table = re.search(r"^\[project\]\s*$(.*?)(?=^\[|\Z)", text, re.M | re.S)
    array = re.search(r"""^dependencies\s*=\s*\[((?:[^\]"'#]|"[^"]*"|'[^']*'|#.*$)*)\]""", table.group(1), re.M) \
        if table else None
    if array:
        text = re.sub(r"^\s*#.*$", "", array.group(1), flags=re.M)
        rows += [("pyproject.toml", one or two) for one, two in re.findall(r""""([^"]+)"|'([^']+)'""", text)]
    return rows


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(folders):
    versions = {}
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            match = re.match(r"(.+?)-(\d[^-]*?)(?:-py[\d.]+)?\.(?:dist|egg)-info$", name)
            if match:
                versions.setdefault(normalized(match.group(1)), match.group(2))
    return versions


def sitePackages(environment):
    lib = os.path.join(environment, "lib")
    try:
        return [os.path.join(lib, name, "site-packages") for name in sorted(os.listdir(lib))
                if name.startswith(("python", "pypy"))]
    except OSError:
        return []


def checkRequirements(found, rows, given):
    """Returns (installed versions, warnings)."""
    environment = next((path for path in found.environments if sitePackages(path)), None)
    folders = given or (sitePackages(environment) if environment else [])
    versions = installed(folders)
    if not folders or not versions:
        return versions, []
    place_ = relative(environment, found.folder) if environment and not given else given[0]
    warnings = []
    for file, row in rows:
        name = re.match(r"[A-Za-z0-9._-]*", row).group(0)
        if name and ";" not in row and normalized(name) not in versions:  # a marker may exclude this interpreter
            warnings.append("%s names %s, which %s lacks" % (file, name, place_))
    return versions, warnings


def detect(folder, given):
    found = Folder(folder)
    djangos = list(djangoProjects(found))
    djangos.sort(key=lambda project: (project["root"].count(os.sep), project["root"]))
    projects = djangos + chosen(found, djangos)
    projects += list(staticProjects(found, bool(projects)))
    rows = requirements(folder)
    versions, warnings = checkRequirements(found, rows, given)
    packages = {maker[2]: maker[3] for maker in MAKERS.values()}
    for project in projects:
        version = versions.get(packages.get(project["title"], ""))
        if version:
            project["title"] += " " + version
        if project["kind"] != "static":
            project["warnings"] += warnings
    return {"folder": folder, "projects": projects, "requirements": sorted({row for _, row in rows})}


def main(arguments):
    given = []
    folders = []
    while arguments:
        argument = arguments.pop(0)
        if argument == "--site-packages" and arguments:
            given.append(arguments.pop(0))
        else:
            folders.append(argument)
    if len(folders) != 1 or folders[0].startswith("-"):
        sys.stderr.write("usage: detect.py DIR [--site-packages DIR]...\n")
        return 64
    folder = os.path.abspath(folders[0])
    try:
        result = detect(folder, given)
    except OSError as error:
        sys.stderr.write("%s cannot be read: %s\n" % (folder, error.strerror or error))
        return 3
    sys.stdout.write(json.dumps(result, ensure_ascii=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
