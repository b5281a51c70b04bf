# SPDX-License-Identifier: Apache-2.0
"""Figures as they change, for every page that watches. One task per worker asks the library,
however many watch; other workers' listeners are in it, since all share one library.
"""
import asyncio
import json

LOOK_SECONDS = 1.0
QUIET_SECONDS = 10    # a comment keeps what lies between from closing a quiet stream
STREAM_SECONDS = 20   # the browser comes again at once; a worker that should end need not wait long
WATCHERS_MAX = 100    # each of them is one request of the worker


class TooManyWatchers(Exception):
    pass


class Live:
    def __init__(self, library):
        self._library = library
        self._watchers = 0
        self._latest = None
        self._changed = asyncio.Condition()
        self._task = None

    async def watch(self):
        """Pieces of an event stream, the figures of this moment first."""
        if self._watchers >= WATCHERS_MAX:
            raise TooManyWatchers
        return self._stream()

    async def _stream(self):
        self._watchers += 1  # here: a stream whose reader has left already never begins nor ends
        try:
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._look())
            shown = None
            end = asyncio.get_running_loop().time() + STREAM_SECONDS
            self._latest = await self._library.statistics()
            yield b"retry: 500\n\n"
            while asyncio.get_running_loop().time() < end:
                if self._latest != shown:
                    shown = self._latest
                    yield b"data: " + json.dumps(shown).encode() + b"\n\n"
                try:
                    await asyncio.wait_for(self._next(shown), QUIET_SECONDS)
                except asyncio.TimeoutError:
                    yield b": nothing new\n\n"
        finally:
            self._watchers -= 1

    async def _next(self, shown):
        async with self._changed:
            await self._changed.wait_for(lambda: self._latest != shown)

    async def _look(self):
        while self._watchers:
            await asyncio.sleep(LOOK_SECONDS)
            found = await self._library.statistics()
            async with self._changed:
                self._latest = found
                self._changed.notify_all()

    async def close(self):
        if self._task is not None:
            self._task.cancel()
            try:
                await self._task
            except asyncio.CancelledError:
                pass
