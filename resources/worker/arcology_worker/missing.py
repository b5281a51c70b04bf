# SPDX-License-Identifier: Apache-2.0
"""What to do about a module that cannot be found, in one phrase."""
import mmap
import os
import sys
import sysconfig

# Modules whose package has another name, as pip knows it.
PACKAGES = {"MySQLdb": "mysqlclient", "PIL": "Pillow", "attr": "attrs", "bs4": "beautifulsoup4",
            "corsheaders": "django-cors-headers", "cv2": "opencv-python",
            "dateutil": "python-dateutil", "dotenv": "python-dotenv", "environ": "django-environ",
            "jose": "python-jose", "jwt": "PyJWT", "magic": "python-magic",
            "multipart": "python-multipart", "rest_framework": "djangorestframework",
            "sklearn": "scikit-learn", "yaml": "PyYAML"}
# Packages of Debian, by what pip calls them; others of its python3-<name> are looked up.
DEBIAN = {"Pillow": "python3-pil", "PyYAML": "python3-yaml", "beautifulsoup4": "python3-bs4",
          "mysqlclient": "python3-mysqldb", "attrs": "python3-attr", "PyJWT": "python3-jwt",
          "djangorestframework": "python3-djangorestframework", "python-dateutil":
          "python3-dateutil", "python-dotenv": "python3-dotenv", "python-magic": "python3-magic",
          "python-multipart": "python3-multipart", "scikit-learn": "python3-sklearn"}
DEBIAN.update((name, "python3-" + name) for name in (
    "aiohttp bottle django falcon fastapi flask httpx jinja2 markdown numpy pandas psycopg2 "
    "pyramid redis requests sqlalchemy starlette werkzeug").split())
DEBIAN_VERSION = "/etc/debian_version"  # Ubuntu and its like have it, too
APT_LISTS = "/var/lib/apt/lists"
# Modules of the standard library that came or went: an app may need another interpreter.
SINCE = {"tomllib": (3, 11), "annotationlib": (3, 14)}
UNTIL = {"asynchat": (3, 11), "asyncore": (3, 11), "distutils": (3, 11), "imp": (3, 11),
         "smtpd": (3, 11), "binhex": (3, 10), "formatter": (3, 9), "parser": (3, 9)}
UNTIL.update((name, (3, 12)) for name in (
    "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev "
    "pipes sndhdr spwd sunau telnetlib uu xdrlib").split())


def remedy(module, root, entry=""):
    """`entry`: the module that was asked for by configuration, not by the app's code."""
    name = module.partition(".")[0]
    now = tuple(sys.version_info[:2])
    if name in SINCE and now < SINCE[name]:
        return "%s came with Python %d.%d: choose a newer interpreter" % ((name,) + SINCE[name])
    if name in UNTIL and now > UNTIL[name]:
        return "%s went after Python %d.%d: choose an older interpreter" % ((name,) + UNTIL[name])
    if isInside(name, root):
        return "%s is there, but no %s in it: correct the name" % (name, module)
    install = "install it with: %s" % howToInstall(name, root)
    return "correct the entry point, or " + install if module == entry else install


def isInside(name, root):
    return os.path.isfile(os.path.join(root, name + ".py")) \
        or os.path.isdir(os.path.join(root, name))


def howToInstall(name, root):
    package = PACKAGES.get(name, name.replace("_", "-"))
    if not belongsToTheSystem():
        return "%s -m pip install %s" % (sys.executable, whatToInstall(package, root))
    # pip refuses to change it (PEP 668).
    environment = "%s -m venv %s" % (sys.executable, os.path.join(root, ".venv"))
    debian = debianPackage(package)
    if debian:
        return "apt install %s, or in an environment of the app's own: %s" % (debian, environment)
    return "pip install %s, in an environment of the app's own: %s" % (
        whatToInstall(package, root), environment)


def debianPackage(package):
    """Its name when Debian has one for this interpreter, as far as can be told; else nothing."""
    if sys.base_prefix != "/usr" or not os.path.exists(DEBIAN_VERSION):
        return ""
    if package in DEBIAN:
        return DEBIAN[package]
    name = "python3-" + package.lower()
    return name if isInAptsLists(name) else ""


def isInAptsLists(name):
    """Lists that apt keeps compressed are not looked into: that would take seconds."""
    line = ("Package: %s\n" % name).encode("utf-8")
    try:
        paths = [entry.path for entry in os.scandir(APT_LISTS)
                 if entry.name.endswith("_Packages") and entry.stat().st_size]
        return any(holdsLine(path, line) for path in paths)
    except (OSError, ValueError):
        return False


def holdsLine(path, line):
    with open(path, "rb") as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return text[:len(line)] == line or text.find(b"\n" + line) >= 0


def whatToInstall(package, root):
    for file in ("requirements.txt", "requirements/base.txt"):
        if os.path.isfile(os.path.join(root, file)):
            return "-r " + os.path.join(root, file)
    return package


def belongsToTheSystem():
    if sys.prefix != sys.base_prefix:
        return False
    return os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
