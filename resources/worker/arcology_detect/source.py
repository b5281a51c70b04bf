# SPDX-License-Identifier: Apache-2.0
"""What one Python file says: its imports, and the applications that its top level makes."""
import ast
import os

FACTORIES = ("create_app", "make_app", "get_app", "create_application", "make_application")

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
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target,
                                                                ast.Name) and node.value:
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
            self.apps[name] = (("wsgi", "wsgi", "Pyramid", "pyramid"),
                               "%s = ...make_wsgi_app()" % name)
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
            if isinstance(inner,
                          (ast.FunctionDef, ast.AsyncFunctionDef)) and inner.name == "__call__":
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
        # The folder itself may be a package, but many have a stray __init__.py beside modules that
        # stand alone.
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
