# SPDX-License-Identifier: Apache-2.0
"""What to do about a module that cannot be found, in one phrase."""
import os
import sys
import sysconfig

# Modules whose package has another name, as pip knows it. Debian's packages are python3-<name>.
PACKAGES = {"MySQLdb": "mysqlclient", "PIL": "Pillow", "attr": "attrs", "bs4": "beautifulsoup4",
            "corsheaders": "django-cors-headers", "cv2": "opencv-python",
            "dateutil": "python-dateutil", "dotenv": "python-dotenv", "environ": "django-environ",
            "jose": "python-jose", "jwt": "PyJWT", "magic": "python-magic",
            "multipart": "python-multipart", "rest_framework": "djangorestframework",
            "sklearn": "scikit-learn", "yaml": "PyYAML"}
DEBIAN = {"Pillow": "python3-pil", "PyYAML": "python3-yaml", "beautifulsoup4": "python3-bs4",
          "mysqlclient": "python3-mysqldb", "attrs": "python3-attr", "PyJWT": "python3-jwt",
          "djangorestframework": "python3-djangorestframework", "python-dateutil":
          "python3-dateutil", "python-dotenv": "python3-dotenv", "python-magic": "python3-magic",
          "python-multipart": "python3-multipart", "scikit-learn": "python3-sklearn"}
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
    if belongsToTheSystem():
        # pip refuses to change it (PEP 668).
        return "apt install %s, or in an environment of the app's own: %s -m venv %s" % (
            DEBIAN.get(package, "python3-" + package.lower()), sys.executable,
            os.path.join(root, ".venv"))
    return "%s -m pip install %s" % (sys.executable, whatToInstall(package, root))


def whatToInstall(package, root):
    for file in ("requirements.txt", "requirements/base.txt"):
        if os.path.isfile(os.path.join(root, file)):
            return "-r " + os.path.join(root, file)
    return package


def belongsToTheSystem():
    if sys.prefix != sys.base_prefix:
        return False
    return os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
