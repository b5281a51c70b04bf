# SPDX-License-Identifier: Apache-2.0
"""What READY tells about the application: framework, static folders, warnings. Never the reason a
start fails.
"""
import os
import platform
import sys

UNWRAP_MAX = 8
MOUNTS_MAX = 256
NESTING_MAX = 4


def gather(application):
    warnings = []
    mounts = []
    kind = "Python"
    for name, look in (("Django", lookAtDjango), ("Flask", lookAtFlask),
                       ("Starlette", lookAtStarlette)):
        try:
            found = look(application, mounts, warnings)
        # a framework's insides differ between versions; serving must go on
        except Exception as error:
            warnings.append("%s static files could not be found: %s: %s"
                            % (name, type(error).__name__, error))
            continue
        if found:
            kind = found
            break
    return {"python": pythonName(), "kind": kind, "static": merged(mounts)[:MOUNTS_MAX],
            "warnings": warnings}


def pythonName():
    """"CPython 3.11.2", "PyPy 7.3.11 (3.9)": as the list of interpreters shows them."""
    version = tuple(sys.version_info[:3])
    if platform.python_implementation() == "PyPy":
        return "PyPy %d.%d.%d (%d.%d)" % (tuple(sys.pypy_version_info[:3]) + version[:2])
    return "%s %d.%d.%d" % ((platform.python_implementation(),) + version)


def merged(mounts):
    """One entry per prefix, roots in the order they were found, each once, only folders that exist.
    """
    byPrefix = {}
    for prefix, root in mounts:
        root = os.path.abspath(str(root))
        roots = byPrefix.setdefault(prefix, [])
        if root not in roots and os.path.isdir(root):
            roots.append(root)
    return [{"prefix": prefix, "roots": roots} for prefix, roots in byPrefix.items() if roots]


def packageVersion(name):
    from importlib import metadata
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


# -- Django ----------------------------------------------------------------------------------------

def lookAtDjango(application, mounts, warnings):
    module = sys.modules.get("django.conf")
    if module is None or not module.settings.configured:
        return ""
    import django
    settings = module.settings
    if settings.DEBUG:
        warnings.append("DEBUG is on")
    elif not settings.ALLOWED_HOSTS:
        warnings.append("ALLOWED_HOSTS is empty, so Django refuses every request")
    if str(settings.SECRET_KEY).startswith("django-insecure-"):
        warnings.append("SECRET_KEY is the one startproject made")
    if "django.contrib.staticfiles" in settings.INSTALLED_APPS:
        djangoMounts(settings, mounts)
    return "Django %s" % django.get_version()


def djangoMounts(settings, mounts):
    url = settings.STATIC_URL
    if not url or not str(url).startswith("/") or str(url).startswith("//") or url == "/":
        return  # served from another host, or everywhere
    url = str(url) if str(url).endswith("/") else str(url) + "/"
    from django.contrib.staticfiles import finders
    for finder in finders.get_finders():
        for prefix, root in getattr(finder, "locations", ()):
            mounts.append((url + prefix.strip("/") + "/" if prefix else url, root))
        for storage in getattr(finder, "storages", {}).values():
            prefix = getattr(storage, "prefix", "")
            mounts.append((url + prefix.strip("/") + "/" if prefix else url, storage.location))
    # Last: its copies may be older than the sources, but hashed names are only there.
    if settings.STATIC_ROOT:
        mounts.append((url, settings.STATIC_ROOT))


# -- Flask -----------------------------------------------------------------------------------------

def lookAtFlask(application, mounts, _warnings):
    flask = sys.modules.get("flask")
    if flask is None:
        return ""
    app = unwrapped(application, flask.Flask)
    if app is None:
        return ""
    for rule in app.url_map.iter_rules():
        if rule.host or rule.subdomain or not rule.rule.endswith("/<path:filename>"):
            continue
        blueprint, _, name = rule.endpoint.rpartition(".")
        owner = app.blueprints.get(blueprint) if blueprint else app
        prefix = rule.rule[:-len("<path:filename>")]
        if name == "static" and owner is not None and owner.has_static_folder and "<" not in prefix:
            mounts.append((prefix, owner.static_folder))
    return "Flask %s" % (packageVersion("flask") or "of unknown version")


def unwrapped(application, kind):
    """Middleware usually keeps what it wraps under one of these names."""
    for _ in range(UNWRAP_MAX):
        if isinstance(application, kind):
            return application
        for name in ("wsgi_app", "app", "application", "wrapped"):
            inner = getattr(application, name, None)
            if inner is not None and inner is not application:
                # Flask.wsgi_app is a method: what it is bound to may be the application itself.
                application = getattr(inner, "__self__", inner)
                break
        else:
            return None
    return None


# -- Starlette and FastAPI -------------------------------------------------------------------------

def lookAtStarlette(application, mounts, _warnings):
    applications = sys.modules.get("starlette.applications")
    if applications is None:
        return ""
    app = unwrapped(application, applications.Starlette)
    if app is None:
        return ""
    starletteMounts(app.routes, "", mounts, NESTING_MAX)
    fastapi = sys.modules.get("fastapi")
    if fastapi is not None and isinstance(app, fastapi.FastAPI):
        return "FastAPI %s" % fastapi.__version__
    return "Starlette %s" % sys.modules["starlette"].__version__


def starletteMounts(routes, outer, mounts, depth):
    static = sys.modules.get("starlette.staticfiles")
    for route in routes:
        inner = getattr(route, "app", None)
        path = getattr(route, "path", "")
        if inner is None or "{" in path or not hasattr(route, "routes"):
            continue
        prefix = outer + path.rstrip("/") + "/"
        if static is not None and isinstance(inner, static.StaticFiles):
            # At "/" it would hide routes that come before it; html=True has rules of its own. Both
            # stay in Python.
            if prefix != "/" and not inner.html:
                mounts.extend((prefix, root) for root in inner.all_directories)
        elif depth > 0 and route.routes:
            starletteMounts(route.routes, outer + path.rstrip("/"), mounts, depth - 1)
