# SPDX-License-Identifier: Apache-2.0
"""Applications that are plain objects or factories in a module, and folders of static files."""
import os
import re

from .folder import makeProject, readFile, relative

SECONDARY = {"tests", "test", "testing", "docs", "doc", "examples", "example", "migrations",
             "scripts", "benchmarks"}
GOOD_MODULES = ("wsgi", "asgi", "main", "app", "application", "server", "api", "run", "web",
                "__init__")


def candidates(found):
    """(score, project, origin): origin says which object it is, since a package may offer it under
    several names.
    """
    for path, source in sorted(found.sources.items()):
        if source is None or os.path.basename(path) in ("manage.py", "setup.py",
                                                        "conftest.py") or not source.module:
            continue
        file = relative(path, found.folder)
        for name, (maker, text) in source.apps.items():
            yield rated(found, source, name, maker, "%s: %s" % (file, text),
                        (source.root, source.module, name))
        for name, called in source.calls.items():
            maker, origin = factoryOf(found, source, called)
            if maker:
                yield rated(found, source, name, maker,
                            "%s: %s = %s()" % (file, name, called.rpartition(".")[2]),
                            origin, 5)
        for name, (maker, callable_) in source.factories.items():
            if maker and callable_:
                yield rated(found, source, name + "()", maker,
                            "%s: the factory %s()" % (file, name),
                            (source.root, source.module, name))
        for name, origin in exported(source):
            module, _, attribute = origin.rpartition(".")
            target = found.byModule.get((source.root, module))
            if target is not None and target is not source and attribute in target.apps:
                maker, text = target.apps[attribute]
                yield rated(found, source, name, maker,
                            "%s imports %s from %s" % (file, attribute, module),
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
    project = makeProject(kind, interface, title, source.root, "%s:%s" % (source.module, name),
                          [evidence], shown)
    return score, project, origin


def startCommands(found):
    """module:attribute as named in a Procfile, with the interface that its server speaks."""
    text = (readFile(os.path.join(found.folder, "Procfile")) or b"").decode("utf-8", "replace")
    for line in text.splitlines():
        server = re.search(r"\b(gunicorn|uwsgi|waitress-serve|uvicorn|hypercorn|daphne|granian)\b",
                           line)
        entry = re.search(r"(?<![\w./:-])([A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?:\(\))?)(?=[\s'\"]|$)",
                          line[server.end():]) if server else None
        if entry:
            asynchronous = server.group(1) in ("uvicorn", "hypercorn",
                                               "daphne") or "uvicorn" in line
            yield entry.group(1), "asgi" if asynchronous else "wsgi"


def chosen(found, djangos):
    best = {}
    roots = [project["root"] for project in djangos]
    commands = dict(startCommands(found))
    for score, project, origin in candidates(found):
        below = any(project["root"] == root or project["root"].startswith(root + os.sep)
                    for root in roots)
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
            projects.insert(0,
                            makeProject(interface, interface, interface.upper() + " application",
                                        found.folder,
                                           entry, ["Procfile starts %s" % entry],
                                           entry.split(".")[0].split(":")[0]))
    return projects


def staticProjects(found, hasOthers):
    for path in sorted(found.indexPages, key=lambda page: (page.count(os.sep), page)):
        root = os.path.dirname(path)
        if root == found.folder or os.path.basename(root) in ("public", "dist", "build", "_site",
                                                              "site", "html", "www"):
            yield makeProject("static", "", "Static files", root, "",
                              ["%s is there" % relative(path, found.folder)],
                              os.path.basename(found.folder))
            return
    if not hasOthers and not found.pythonFiles and found.otherFiles:
        yield makeProject("static", "", "Static files", found.folder, "",
                          ["%d files, none of them Python" % found.otherFiles],
                          os.path.basename(found.folder))
