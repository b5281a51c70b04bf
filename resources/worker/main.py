# SPDX-License-Identifier: Apache-2.0
"""Starts one worker: python -u main.py --fd N.  N is the worker's end of its socket to the engine.

Everything else comes with the HELLO frame. This file only makes the package beside it importable,
without adding its folder to sys.path, where it could shadow a module of the application.
"""
import os
import sys


def loadPackage():
    import importlib.util  # not above: an interpreter that is too old shall say so, and lacks it
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "arcology_worker")
    spec = importlib.util.spec_from_file_location(
        "arcology_worker", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
    package = importlib.util.module_from_spec(spec)
    sys.modules["arcology_worker"] = package
    spec.loader.exec_module(package)


def main():
    if sys.version_info < (3, 9):
        sys.stderr.write("arcology: %s is Python %s, but apps need 3.9 or newer; choose another "
                         "interpreter for this site\n" % (sys.executable, sys.version.split()[0]))
        return 78
    if len(sys.argv) != 3 or sys.argv[1] != "--fd" or not sys.argv[2].isdigit():
        sys.stderr.write("usage: main.py --fd N   (the engine starts workers; people do not)\n")
        return 64
    loadPackage()
    from arcology_worker import boot
    return boot.run(int(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(main())
