# SPDX-License-Identifier: Apache-2.0
"""What the project asks for, and what an environment lacks of it."""
import os
import re

from .folder import FILES_MAX, inside, readFile, relative


def requirements(folder):
    """(file, requirement) of requirements.txt, its direct -r files, and pyproject.toml."""
    rows = []
    names = ["requirements.txt"]
    while names and len(rows) < FILES_MAX:
        name = names.pop(0)
        for line in (readFile(os.path.join(folder, name)) or b"").decode("utf-8",
                                                                         "replace").splitlines():
            line = line.split(" #")[0].strip()
            nested = re.match(r"(?:-r|--requirement)[\s=]*(\S+)$", line)
            if nested and name == "requirements.txt" and inside(os.path.join(folder,
                    nested.group(1)), folder):
                names.append(nested.group(1))
            elif re.match(r"[A-Za-z0-9]", line) and "://" not in line.split("@")[0]:
                rows.append((name, line))
    text = (readFile(os.path.join(folder, "pyproject.toml")) or b"").decode("utf-8", "replace")
    table = re.search(r"^\[project\]\s*$(.*?)(?=^\[|\Z)", text, re.M | re.S)
    array = re.search(r"""^dependencies\s*=\s*\[((?:[^\]"'#]|"[^"]*"|'[^']*'|#.*$)*)\]""",
                      table.group(1), re.M) \
        if table else None
    if array:
        text = re.sub(r"^\s*#.*$", "", array.group(1), flags=re.M)
        rows += [("pyproject.toml", one or two) for one,
                 two in re.findall(r""""([^"]+)"|'([^']+)'""", text)]
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
        # a marker may exclude this interpreter
        if name and ";" not in row and normalized(name) not in versions:
            warnings.append("%s names %s, which %s lacks" % (file, name, place_))
    return versions, warnings
