# SPDX-License-Identifier: Apache-2.0
"""A secret key of this copy's own, made at the first start and kept beside the database."""
import os
import secrets
import tempfile


def secretKey(path):
    try:
        return readKey(path)
    except FileNotFoundError:
        pass
    key = secrets.token_urlsafe(50)
    try:
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".secret")
    except OSError:
        return key  # the folder cannot be written: good until this process ends
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key)
        # link() refuses an existing name, so that workers that start together agree on one key.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(temporary)
    return readKey(path)


def readKey(path):
    with open(path, encoding="ascii") as file:
        return file.read()
