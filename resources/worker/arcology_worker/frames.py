# SPDX-License-Identifier: Apache-2.0
"""Frames of threads and of tasks: which of them are the application's, and how they are told."""
import _thread
import linecache
import os
import sys

STACK_CHARACTERS = 24 * 1024
FRAMES_MAX = 60
THREADS_MAX = 8
PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
THREADING = os.sep + "threading.py"
_OURS = (PACKAGE, os.path.join(os.path.dirname(PACKAGE[:-1]), "main.py"), "<frozen")
_WAITS = (THREADING, os.sep + "queue.py", os.sep + "selectors.py")
# who has a thread wait when there is nothing to do: end of the file's name, function
_IDLE = ((os.path.join("futures", "thread.py"), "_worker"),
         (os.path.join("_backends", "_asyncio.py"), "run"))


def outermostFirst(frame):
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    frames.reverse()
    return frames


def framesOfTask(task):
    """Of a task that waits: its coroutine, what that waits for, and so on."""
    frames = []
    waiting = task.get_coro()
    while waiting is not None and len(frames) < FRAMES_MAX:
        frame = None
        for kind in ("cr", "gi", "ag"):
            frame = getattr(waiting, kind + "_frame", None)
            if frame is not None:
                frames.append(frame)
                waiting = getattr(waiting, "gi_yieldfrom" if kind == "gi" else kind + "_await",
                                  None)
                break
        if frame is None:
            break
    return frames


def ofApplication(frames):
    """Without what runs below it: this package, and how a thread begins."""
    frames = [frame for frame in frames if not frame.f_code.co_filename.startswith(_OURS)]
    while frames and frames[0].f_code.co_filename.endswith(THREADING):
        frames.pop(0)
    return frames


def otherThreads():
    own = _thread.get_ident()
    return [(thread, frame) for thread, frame in sys._current_frames().items() if thread != own]


def describe(frame, name):
    return "%s:%d in %s" % (name, frame.f_lineno or 0, frame.f_code.co_name)


def formatFrames(frames):
    lines = []
    if len(frames) > FRAMES_MAX:
        lines.append("  ... %d frames further out\n" % (len(frames) - FRAMES_MAX))
    for frame in frames[-FRAMES_MAX:]:
        code = frame.f_code
        line = frame.f_lineno or 0
        lines.append('  File "%s", line %d, in %s\n' % (code.co_filename, line, code.co_name))
        source = linecache.getline(code.co_filename, line, frame.f_globals).strip()
        if source:
            lines.append("    %s\n" % source)
    return "".join(lines)


def isIdle(frames):
    """Whether the innermost of them only wait for something to do."""
    for frame in reversed(frames):
        name = frame.f_code.co_filename
        if name.endswith(_WAITS):
            continue
        return os.sep + "asyncio" + os.sep in name \
            or any(name.endswith(file) and frame.f_code.co_name == function
                   for file, function in _IDLE)
    return True


def busyThreads():
    """Stacks of threads that do something for the application."""
    texts = []
    for _ident, frame in otherThreads():
        frames = ofApplication(outermostFirst(frame))
        if not frames or isIdle(frames):
            continue
        if len(texts) == THREADS_MAX:
            texts.append("  ... and more threads\n")
            break
        texts.append(formatFrames(frames))
    return "\n".join(texts)[:STACK_CHARACTERS]
