# SPDX-License-Identifier: Apache-2.0
"""The pages, the sound and the covers."""
import os

import jinja2
from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.staticfiles import StaticFiles

from .api import QUERY_CHARS_MAX, library, number, there
from .ranges import fileAnswer

HERE = os.path.dirname(os.path.abspath(__file__))
TEMPLATES = jinja2.Environment(loader=jinja2.FileSystemLoader(os.path.join(HERE, "templates")),
                               autoescape=True, trim_blocks=True, lstrip_blocks=True)


def clock(seconds):
    return "%d:%02d" % divmod(round(seconds), 60)


TEMPLATES.filters["clock"] = clock


def page(name, status=200, **values):
    return HTMLResponse(TEMPLATES.get_template(name).render(**values), status)


async def albums(request: Request):
    return page("albums.html", here="albums", albums=await library(request).albums(),
                tracks=await library(request).search(""),
                statistics=await library(request).statistics())


async def album(request: Request, slug: str):
    return page("album.html", album=there(await library(request).album(slug), "album"))


async def artist(request: Request, slug: str):
    return page("artist.html", artist=there(await library(request).artist(slug), "artist"))


async def search(request: Request, q: str = ""):
    query = q.strip()[:QUERY_CHARS_MAX].replace("\0", "")
    return page("search.html", here="search", query=query,
                tracks=await library(request).search(query))


async def playlists(request: Request):
    return page("playlists.html", here="playlists", playlists=await library(request).playlists())


async def playlist(request: Request, playlist: str):
    return page("playlist.html",
                playlist=there(await library(request).playlist(number(playlist)), "playlist"))


async def nowPlaying(request: Request):
    return page("now.html", here="now")


async def statistics(request: Request):
    return page("statistics.html", here="statistics",
                statistics=await library(request).statistics())


async def audio(request: Request, slug: str):
    """Only what the library knows becomes a path."""
    track = there(await library(request).track(slug), "track")
    try:
        return await fileAnswer(request, library(request).audioPath(track["slug"]), "audio/ogg",
                                '"%s"' % track["sha256"][:32])
    except FileNotFoundError:
        raise HTTPException(404, "The file of this track is gone.") from None


async def cover(request: Request, slug: str):
    found = there(await library(request).album(slug), "album")
    path = library(request).coverPath(found["slug"])
    try:
        info = os.stat(path)
        return await fileAnswer(request, path, "image/svg+xml",
                                '"%x-%x"' % (info.st_mtime_ns, info.st_size))
    except FileNotFoundError:
        raise HTTPException(404, "The cover of this album is gone.") from None


async def httpError(request, error):
    if request.url.path.startswith("/api/") or request.method not in ("GET", "HEAD"):
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
    return page("error.html", error.status_code, code=error.status_code, text=error.detail)


def install(app):
    for path, view in (("/", albums), ("/albums/{slug}", album), ("/artists/{slug}", artist),
                       ("/search", search), ("/playlists", playlists),
                       ("/playlists/{playlist}", playlist), ("/now", nowPlaying),
                       ("/statistics", statistics), ("/audio/{slug}.opus", audio),
                       ("/covers/{slug}.svg", cover)):
        app.add_api_route(path, view, methods=["GET", "HEAD"], include_in_schema=False,
                          response_model=None)
    app.mount("/static", StaticFiles(directory=os.path.join(HERE, "static")), name="static")
    app.add_exception_handler(StarletteHTTPException, httpError)
