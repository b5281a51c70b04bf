# SPDX-License-Identifier: Apache-2.0
"""Answers with a file, or the part of it that a player asks for (RFC 9110, sections 13 and 14)."""
import os
import re
from email.utils import formatdate, parsedate_to_datetime

import anyio
from starlette.responses import Response, StreamingResponse

PIECE_BYTES = 64 * 1024
RANGES = re.compile(r"bytes=\s*(\d*)-(\d*)\s*$", re.I)


class NotSatisfiable(Exception):
    pass


def wantedRange(text, size):
    """(first, last) byte, None for all of it. Raises NotSatisfiable. What is no byte range, and
    several ranges at once, may be answered with everything.
    """
    match = RANGES.match(text or "")
    if not match or match.group(0) == "bytes=-" or not any(match.groups()):
        return None
    first, last = match.groups()
    if max(len(first), len(last)) > 18:
        raise NotSatisfiable
    if not first:  # the last N bytes
        count = min(int(last), size)
        if count == 0:
            raise NotSatisfiable
        return size - count, size - 1
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise NotSatisfiable
    return int(first), min(int(last), size - 1) if last else size - 1


def tagsIn(text):
    return re.findall(r'(?:W/)?"[^"]*"|\*', text or "")


def isFresh(headers, tag, modified):
    """Whether the client has this version."""
    if "if-none-match" in headers:
        known = tagsIn(headers["if-none-match"])
        return "*" in known or any(one.replace("W/", "", 1) == tag for one in known)
    since = dateOf(headers.get("if-modified-since"))
    return since is not None and int(modified) <= since


def rangeHolds(headers, tag, modified):
    """If-Range: a part is of use only when the rest, fetched earlier, is of the same version."""
    condition = headers.get("if-range")
    if condition is None:
        return True
    if '"' in condition:
        return condition.strip() == tag  # a weak tag never matches
    return dateOf(condition) == int(modified)


def dateOf(text):
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


async def fileAnswer(request, path, mediaType, tag):
    """The answer to GET or HEAD. Raises FileNotFoundError."""
    info = await anyio.to_thread.run_sync(os.stat, path)
    headers = {"ETag": tag, "Last-Modified": formatdate(info.st_mtime, usegmt=True),
               "Accept-Ranges": "bytes", "Cache-Control": "public, max-age=3600"}
    if isFresh(request.headers, tag, info.st_mtime):
        return Response(status_code=304, headers=headers)
    part = None
    # Ranges are defined for GET alone.
    if request.method == "GET" and rangeHolds(request.headers, tag, info.st_mtime):
        try:
            part = wantedRange(request.headers.get("range"), info.st_size)
        except NotSatisfiable:
            return Response(status_code=416, headers={
                "Content-Range": "bytes */%d" % info.st_size, "Accept-Ranges": "bytes"})
    first, last = part or (0, info.st_size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if part:
        headers["Content-Range"] = "bytes %d-%d/%d" % (first, last, info.st_size)
    if request.method == "HEAD":
        return Response(headers=headers, media_type=mediaType)
    return StreamingResponse(pieces(path, first, last + 1 - first), 206 if part else 200, headers,
                             mediaType)


async def pieces(path, at, left):
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(at)
        while left > 0:
            piece = await file.read(min(PIECE_BYTES, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
