# SPDX-License-Identifier: Apache-2.0
"""Which names a file may have. A name never becomes a path on this machine, since contents are
kept under their checksum; but clients write it into a folder of theirs, so nothing may pass that
could leave that folder or be told apart from another name only on some systems.
"""
import unicodedata

NAME_BYTES_MAX = 700
PART_BYTES_MAX = 200
DEPTH_MAX = 16
RESERVED = ".filesync"  # where sync.py keeps its notes


class BadName(ValueError):
    """What is wrong with a name, in one sentence."""


def checkedName(name):
    """The name in its one spelling; raises BadName."""
    if not isinstance(name, str) or not name:
        raise BadName("A file needs a name.")
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        raise BadName("The name is not UTF-8.") from None
    if size > NAME_BYTES_MAX:
        raise BadName("The name is longer than %d bytes." % NAME_BYTES_MAX)
    name = unicodedata.normalize("NFC", name)
    parts = name.split("/")
    if len(parts) > DEPTH_MAX:
        raise BadName("The name has more than %d folders." % (DEPTH_MAX - 1))
    for part in parts:
        checkPart(part)
    if parts[0].lower() == RESERVED:
        raise BadName("The folder %s belongs to the client." % RESERVED)
    return name


def checkPart(part):
    if part in ("", ".", ".."):
        raise BadName("A name is relative, without empty parts, “.” and “..”.")
    if part != part.strip():
        raise BadName("No part of a name begins or ends with a blank.")
    if len(part.encode("utf-8")) > PART_BYTES_MAX:
        raise BadName("A part of the name is longer than %d bytes." % PART_BYTES_MAX)
    for letter in part:
        # Cc: NUL and its like. Cf: marks that turn text around and hide what a name ends with.
        if letter == "\\" or unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            raise BadName("A name has no backslash and no invisible characters.")
