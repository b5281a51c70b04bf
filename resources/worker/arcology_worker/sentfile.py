# SPDX-License-Identifier: Apache-2.0
"""Files that an ASGI application names instead of a body (http.response.pathsend)."""
import asyncio
import os

_CHUNK = 64 * 1024


def _survivesHeader(value):
    return value == value.strip(b" \t") and not any(c < 32 and c != 9 or c == 127 for c in value)


class Folders:
    """The folders of files.send_from. False when there are none: the extension is not announced."""

    def __init__(self, folders):
        self._folders = [(folder.rstrip("/"), os.path.realpath(folder)) for folder in folders]

    def __bool__(self):
        return bool(self._folders)

    def place(self, path):
        """The path as the engine finds it, in bytes, or None when the engine cannot send it.

        It cannot when the path lies in none of the folders, or when its name does not survive a
        header: control characters are forbidden there and blanks at the end are cut off, which
        would name another file.
        """
        path = os.fspath(path)
        if not os.path.isabs(path):
            raise RuntimeError("http.response.pathsend names %r, which is no absolute path" % path)
        real = os.path.realpath(path)
        for folder, realFolder in self._folders:
            if real.startswith(realFolder + "/"):
                raw = os.fsencode(folder + real[len(realFolder):])
                return raw if _survivesHeader(raw) else None
        return None


async def copy(path, put):
    """Reads a file in a thread and hands it to put(bytes, last)."""
    loop = asyncio.get_running_loop()
    file = await loop.run_in_executor(None, open, path, "rb")
    try:
        chunk = await loop.run_in_executor(None, file.read, _CHUNK)
        while True:
            following = await loop.run_in_executor(None, file.read, _CHUNK) if chunk else b""
            await put(chunk, not following)
            if not following:
                return
            chunk = following
    finally:
        file.close()
