# SPDX-License-Identifier: Apache-2.0
"""Finds the application object an entry names, and tells in one sentence why it could not.

Entries:  module:attribute   module:object.attribute   module:factory()
          module   django:settings.module
"""
import importlib
import inspect
import os
import sys
import traceback

from . import facts, missing

FACTORIES = ("create_app", "make_app", "get_app")
NAMES = ("application", "app", "api") + FACTORIES


class LoadError(Exception):
    """One sentence for the administrator; trace is the Python traceback, empty when it would say no
    more.
    """

    def __init__(self, sentence, trace=""):
        super().__init__(sentence)
        self.trace = trace


def load(entry, interface):
    """Returns (application, "wsgi" or "asgi"). The interface asked for wins unless the object is
    plainly the other.
    """
    moduleName, _, path = entry.partition(":")
    if not moduleName or not all(part.isidentifier() for part in moduleName.split(".")):
        raise LoadError("the entry %r is not of the form module:attribute" % entry)
    if moduleName == "django" and path and not os.path.exists(os.path.join(sys.path[0], "django")):
        application = calling("Django", lambda: djangoApplication(path, interface))
    else:
        module = importModule(moduleName)
        application = resolve(module, moduleName, path)
    if not callable(application):
        raise LoadError("%s is %s, which cannot be called" % (entry, kindOf(application)))
    importDjangoUrls(application)
    return application, actualInterface(application, interface)


def importDjangoUrls(application):
    """Django imports URLs and views with the first request. A mistake in them is a reason not to
    start: every request would fail.
    """
    handlers = sys.modules.get("django.core.handlers.base")
    if handlers is None or facts.unwrapped(application, handlers.BaseHandler) is None:
        return
    from django.urls import get_resolver
    calling("the URLs", lambda: get_resolver().url_patterns)


def djangoApplication(settings, interface):
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    if interface == "asgi":
        from django.core.asgi import get_asgi_application as make
    else:
        from django.core.wsgi import get_wsgi_application as make
    return make()


def importModule(name):
    return calling("import %s" % name, lambda: importlib.import_module(name), entry=name)


def resolve(module, moduleName, path):
    if not path:
        path = next((name for name in NAMES if callable(getattr(module, name, None))), "")
        if not path:
            raise LoadError("module %s has none of %s; name the application with "
                            "--entry %s:NAME" % (moduleName, ", ".join(NAMES), moduleName))
    call = path.endswith("()")
    found = module
    for name in (path[:-2] if call else path).split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            file = getattr(module, "__file__", None)
            raise LoadError("module %s has no attribute %s%s; %s" % (
                moduleName, path, " (%s)" % file if file else "",
                otherEntry(module, moduleName))) from None
    if call or (path.rpartition(".")[2] in FACTORIES and isFactory(found)):
        found = calling("%s:%s" % (moduleName, path), found)
        if found is None:
            raise LoadError("%s:%s() returned None instead of an application" % (moduleName, path))
    return found


def otherEntry(module, moduleName):
    names = [name for name in NAMES if callable(getattr(module, name, None))]
    return "the entry point may be %s:%s" % (moduleName, names[0]) if names \
        else "correct the entry point"


def isFactory(found):
    """A function that can be called with nothing. An application would demand environ or scope."""
    if not inspect.isfunction(found):
        return False
    return all(parameter.default is not parameter.empty
               or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
               for parameter in inspect.signature(found).parameters.values())


def calling(what, function, entry=""):
    try:
        return function()
    except SystemExit as error:
        raise LoadError("%s ended the program with exit code %s; let it start a server or a command "
                        "only under if __name__ == '__main__'" % (what, error.code),
                        ownTrace()) from None
    except LoadError:
        raise
    # whatever a module does while it is imported, the answer is FAILED
    except BaseException as error:
        raise LoadError(sentence(error, entry), ownTrace()) from None


def sentence(error, entry=""):
    """"ModuleNotFoundError: No module named 'django' (settings shop.settings)"."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = "%s: %s" % (type(error).__name__, lines[0]) if lines else type(error).__name__
    where = applicationLine(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        remedy = missing.remedy(error.name, sys.path[0], entry)
    else:
        remedy = ""
    notes = []
    if where:
        notes.append(where)
    if os.environ.get("DJANGO_SETTINGS_MODULE") and "settings" not in text:
        notes.append("settings %s" % os.environ["DJANGO_SETTINGS_MODULE"])
    if notes:
        text = "%s (%s)" % (text, ", ".join(notes))
    return "%s; %s" % (text, remedy) if remedy else text


def applicationLine(error):
    """The deepest line of the app's own files that the error passed: where an administrator should
    look.
    """
    root = os.path.join(sys.path[0], "")
    best = ""
    if isinstance(error, SyntaxError) and error.filename:
        return "%s line %s" % (shortName(error.filename, root), error.lineno)
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name.startswith(root) and "site-packages" not in name:
            best = "%s line %d" % (shortName(name, root), line)
    return best


def shortName(name, root):
    return name[len(root):] if name.startswith(root) else name


def ownTrace():
    """The current traceback without the frames of this package and of importlib, which explain
    nothing.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    kind, error, trace = sys.exc_info()
    while trace is not None and isMachinery(trace.tb_frame.f_code.co_filename, here):
        trace = trace.tb_next
    return "".join(traceback.format_exception(kind, error, trace))


def isMachinery(name, here):
    folder = os.path.basename(os.path.dirname(name))
    return name.startswith((here, "<frozen importlib")) or folder == "importlib"


def actualInterface(application, wanted):
    plain = plainInterface(application)
    if plain:
        return plain
    return wanted if wanted in ("wsgi", "asgi") else "wsgi"


def plainInterface(application):
    """"wsgi" or "asgi" when the object leaves no doubt, else nothing."""
    if inspect.iscoroutinefunction(application):
        return "asgi"
    if inspect.isfunction(application) or inspect.ismethod(application):
        return ""
    call = getattr(type(application), "__call__", None)
    if inspect.iscoroutinefunction(call):
        return "asgi"
    try:
        names = [parameter.name for parameter in inspect.signature(application).parameters.values()
                 if parameter.default is parameter.empty]
    except (TypeError, ValueError):
        return ""
    if names[:3] == ["scope", "receive", "send"]:
        return "asgi"
    return "wsgi" if names == ["environ", "start_response"] else ""


def kindOf(value):
    return "a module" if inspect.ismodule(value) else "a value of type %s" % type(value).__name__
