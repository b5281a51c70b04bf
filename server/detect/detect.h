// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <string>
#include <vector>

namespace arc {

/// An interpreter an app could run with, and where it was found.
struct FoundPython {
    std::string path;    ///< absolute
    std::string version; ///< "CPython 3.11.2", "PyPy 7.3.11 (3.9)"
    std::string source;  ///< ".venv", "venv", "pyvenv.cfg", "system", "pyenv"
};

/// One thing in a folder that could be served.
struct FoundProject {
    std::string kind;                  ///< "django", "flask", "fastapi", "wsgi", "asgi", "static"
    std::string title;                 ///< for people: "Django 3.2.19", "Static files"
    std::string name;                  ///< suggestion: the folder's or package's name
    std::string root;                  ///< absolute: working directory and sys.path[0]
    std::string entry;                 ///< "shop.wsgi:application"; empty for static
    std::string interface;             ///< "wsgi", "asgi"; empty for static
    std::vector<std::string> evidence; ///< "manage.py names shop.settings", one sentence each
    std::vector<std::string>
        warnings; ///< "DEBUG is on", "requirements.txt names flask-login, which .venv lacks"
};

struct Detection {
    std::string folder;
    std::vector<FoundProject> projects; ///< best first; empty: not a project
    std::vector<FoundPython> pythons;   ///< best first; empty: static sites only
    /// Files that should hold an application and tell nothing: "app.py line 4: invalid syntax".
    std::vector<std::string> problems = {};
};

/// Looks at a folder without running anything of it. Spawns `python -I -S detect.py`; blocks for up
/// to ten seconds, so it belongs on the blocking pool. NotFound, Forbidden: the folder cannot be
/// read, said with path and user.
Result<Detection> detectProject(const std::string &folder, const std::string &preferredPython = {});

/// Why a folder cannot be served, whatever is in it: it is not there, is a file, or this user may
/// not read it. The one place that says so, for the engine and for the command line.
Result<void> checkProjectFolder(const std::string &folder);

/// Where the Python files (worker package, detect.py) of this build lie: `<shipped>/<build id>/`
/// when a package brought exactly these, else `<directory>/<build id>/`, where those embedded in
/// the program are written unless they are there. Called once at start; detectProject() and workers
/// run from it.
Result<std::string> installPythonFiles(const std::string &directory,
                                       const std::string &shipped = {});
/// As installPythonFiles() returned; empty before.
const std::string &pythonFilesDirectory() noexcept;

} // namespace arc
