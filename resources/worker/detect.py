# SPDX-License-Identifier: Apache-2.0
"""Says what could be served from a folder:  python3 -I -S detect.py DIR [--site-packages DIR]...

Prints JSON: {"folder", "projects": [{"kind", "title", "name", "root", "entry", "interface",
"evidence": [..], "warnings": [..]}], "requirements": [..], "problems": [..]}, best project first;
"kind" is django, flask, fastapi, wsgi, asgi or static; "problems" are files that should hold an
application and cannot be read or parsed. Nothing of the project is imported or run: source text is
parsed. An entry is module:attribute, module:factory() or django:settings.module, as the worker's
loader reads them. Exit code 0 also when nothing was recognised, 3 with one sentence on standard
error when the folder cannot be read, 64 when called wrongly.
"""
import importlib.util
import json
import os
import sys


def loadPackage():
    """The folder of this file is not on sys.path (-I), and must not be: it would shadow modules."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "arcology_detect")
    spec = importlib.util.spec_from_file_location(
        "arcology_detect", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
    package = importlib.util.module_from_spec(spec)
    sys.modules["arcology_detect"] = package
    spec.loader.exec_module(package)


def detect(folder, given):
    from arcology_detect import applications, django, requirements, source
    from arcology_detect import folder as folders
    found = folders.Folder(folder)
    djangos = list(django.djangoProjects(found))
    djangos.sort(key=lambda project: (project["root"].count(os.sep), project["root"]))
    projects = djangos + applications.chosen(found, djangos)
    # Pages beside a broken app.py are no site of files: it would show the app's source.
    if projects or not found.problems:
        projects += list(applications.staticProjects(found, bool(projects)))
    rows = requirements.requirements(folder)
    versions, warnings = requirements.checkRequirements(found, rows, given)
    packages = {maker[2]: maker[3] for maker in source.MAKERS.values()}
    for project in projects:
        version = versions.get(packages.get(project["title"], ""))
        if version:
            project["title"] += " " + version
        if project["kind"] != "static":
            project["warnings"] += warnings + found.problems
    return {"folder": folder, "projects": projects,
            "requirements": sorted({row for _, row in rows}), "problems": found.problems}


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
    loadPackage()
    try:
        result = detect(folder, given)
    except OSError as error:
        sys.stderr.write("%s cannot be read: %s\n" % (folder, error.strerror or error))
        return 3
    sys.stdout.write(json.dumps(result, ensure_ascii=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
