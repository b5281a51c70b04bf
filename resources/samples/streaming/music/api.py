# SPDX-License-Identifier: Apache-2.0
"""The API of the player and of everybody else. Bodies are JSON: a form of a foreign page cannot
send that.
"""
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from .library import LibraryFull
from .live import TooManyWatchers

router = APIRouter()
QUERY_CHARS_MAX = 100
ID_MAX = 2**53


class NewPlaylist(BaseModel):
    title: str = Field(min_length=1, max_length=80)


class NewEntry(BaseModel):
    track: str = Field(max_length=80)


class Heard(BaseModel):
    session: str = Field(min_length=8, max_length=40)
    play: str = Field(min_length=1, max_length=40)
    track: str = Field(max_length=80)
    playing: bool


def library(request):
    return request.app.state.library


def there(found, what):
    if not found:
        raise HTTPException(404, "There is no such %s." % what)
    return found


@router.get("/albums")
async def albums(request: Request):
    return {"albums": await library(request).albums()}


@router.get("/albums/{slug}")
async def album(request: Request, slug: str):
    return there(await library(request).album(slug), "album")


@router.get("/artists")
async def artists(request: Request):
    return {"artists": await library(request).artists()}


@router.get("/artists/{slug}")
async def artist(request: Request, slug: str):
    return there(await library(request).artist(slug), "artist")


@router.get("/tracks")
async def tracks(request: Request, q: str = Query("", max_length=QUERY_CHARS_MAX)):
    return {"tracks": await library(request).search(q)}


@router.get("/tracks/{slug}")
async def track(request: Request, slug: str):
    return there(await library(request).track(slug), "track")


@router.get("/playlists")
async def playlists(request: Request):
    return {"playlists": await library(request).playlists()}


@router.post("/playlists", status_code=201)
async def addPlaylist(request: Request, body: NewPlaylist):
    title = " ".join(body.title.split())
    if not title or not title.isprintable():
        raise HTTPException(422, "A playlist needs a title that can be read.")
    try:
        return {"id": await library(request).addPlaylist(title), "title": title}
    except LibraryFull as full:
        raise HTTPException(409, str(full)) from None


def number(text):
    """A row's number. What is none names nothing."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise HTTPException(404, "There is no such playlist.")
    return int(text)


@router.get("/playlists/{playlist}")
async def playlist(request: Request, playlist: str):
    return there(await library(request).playlist(number(playlist)), "playlist")


@router.delete("/playlists/{playlist}", status_code=204)
async def removePlaylist(request: Request, playlist: str):
    there(await library(request).removePlaylist(number(playlist)), "playlist")


@router.post("/playlists/{playlist}/tracks", status_code=201)
async def addEntry(request: Request, playlist: str, body: NewEntry):
    try:
        entry = await library(request).addToPlaylist(number(playlist), body.track)
    except LibraryFull as full:
        raise HTTPException(409, str(full)) from None
    return {"entry": there(entry, "playlist or track")}


@router.delete("/playlists/{playlist}/tracks/{entry}", status_code=204)
async def removeEntry(request: Request, playlist: str, entry: str):
    there(await library(request).removeFromPlaylist(number(playlist), number(entry)), "entry")


@router.post("/listening")
async def listening(request: Request, body: Heard):
    known = await library(request).heard(body.session, body.play, body.track, body.playing)
    return {"known": there(known, "track")}


@router.get("/statistics")
async def statistics(request: Request):
    return await library(request).statistics()


@router.get("/statistics/live")
async def live(request: Request):
    try:
        stream = await request.app.state.live.watch()
    except TooManyWatchers:
        raise HTTPException(503, "Too many pages watch already.",
                            headers={"Retry-After": "10"}) from None
    return StreamingResponse(stream, media_type="text/event-stream",
                             headers={"Cache-Control": "no-store"})
