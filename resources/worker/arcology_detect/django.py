# SPDX-License-Identifier: Apache-2.0
"""Projects with a manage.py."""
import os
import re

from .folder import makeProject, readFile, relative

STAR_IMPORTS_MAX = 6


def djangoProjects(found):
    for path, source in sorted(found.sources.items()):
        if source is None or os.path.basename(path) != "manage.py":
            continue
        match = re.search(rb"""DJANGO_SETTINGS_MODULE['"]\s*[,\]]\s*=?\s*['"]([\w.]+)['"]""",
                          readFile(path) or b"")
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
        warnings.append("%s names %s, which is not in the folder"
                        % (relative(managePath, found.folder), settings))
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
