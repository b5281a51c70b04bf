# SPDX-License-Identifier: Apache-2.0
"""One request as the two sides of a WSGI worker share it, and the worker's sudden end."""
import collections
import os
import sys
import threading

from . import protocol
from .protocol import END


class ClientGone(ConnectionError):
    """Nobody waits for this answer any more."""


class Stream:
    """One request, between the thread that reads the socket and the thread that runs the
    application.

    The reader writes granted, chunks, complete and gone; the application's thread writes the rest.
    """
    __slots__ = ("number", "data", "begin", "end", "chunks", "complete", "gone", "granted", "sent",
                 "consumed", "changed")

    def __init__(self, number, flags, data, begin, end):
        self.number = number
        self.data = data
        self.begin = begin
        self.end = end
        self.complete = flags & END != 0
        self.gone = False
        self.granted = protocol.INITIAL_WINDOW
        self.sent = 0
        self.consumed = 0
        self.chunks = None
        self.changed = None

    def expectBody(self):
        self.chunks = collections.deque()
        self.changed = threading.Condition(threading.Lock())


def leave(code):
    """Ends the process at once: the engine is gone or cannot be understood, so no answer can be
    delivered.
    """
    for file in (sys.stdout, sys.stderr):
        try:
            file.flush()
        except (OSError, ValueError):
            pass
    os._exit(code)
