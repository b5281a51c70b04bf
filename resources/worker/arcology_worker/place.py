# SPDX-License-Identifier: Apache-2.0
"""Where a request stands: found by what lies in the frames of threads and tasks, told, and
interrupted. Runs in the watcher's thread (watch.py), while those that serve may be stuck.
"""
import os
import sys

from .frames import (FRAMES_MAX, PACKAGE, STACK_CHARACTERS, THREADING, busyThreads, describe,
                     formatFrames, framesOfTask, isIdle, ofApplication, otherThreads,
                     outermostFirst)

OUTER_FRAMES = 16     # a request shows itself in one of the outermost
_STEPS = (PACKAGE + "lifespan.py", PACKAGE + "warmup.py")  # of an ASGI start, whose tasks begin so


class RequestTimedOut(BaseException):
    """The request took longer than pool.request_timeout_s, and its client has been told so."""


class Place:
    """Where a request stands: frames, outermost first, of a thread or of a task that waits."""
    matches = 1  # requests with this id: clients and proxies may choose it

    def __init__(self, frames, thread=None, task=None, loop=None, question=None):
        self._frames = ofApplication(frames)
        self._thread = thread
        self._task = task
        self._loop = loop
        self._question = question

    def text(self):
        text = formatFrames(self._frames)
        if self.matches > 1:
            text = "%s; this is one of them:\n%s" % (self.ambiguity(), text)
        if self._thread is None:  # it may wait for what a thread does for it
            others = busyThreads()
            if others:
                text += "Threads at work meanwhile:\n" + others
        return text[:STACK_CHARACTERS]

    def summary(self):
        """The innermost line of the application's own, else the innermost."""
        try:
            root = os.getcwd() + os.sep
        except OSError:  # its folder was removed
            root = None
        for frame in reversed(self._frames):
            name = frame.f_code.co_filename
            if root and name.startswith(root) and "site-packages" not in name:
                return describe(frame, name[len(root):])
        if not self._frames:
            return ""
        return describe(self._frames[-1], os.path.basename(self._frames[-1].f_code.co_filename))

    def ambiguity(self):
        return "%d requests have its id" % self.matches

    def interrupt(self):
        """(what was done, why nothing was)"""
        if self.matches > 1:
            return "", self.ambiguity()
        if self._thread is None:
            self._loop.call_soon_threadsafe(self._task.cancel)
            return "cancelled", ""
        try:
            import ctypes
            setException = ctypes.pythonapi.PyThreadState_SetAsyncExc
        except (ImportError, AttributeError):
            return "", "this interpreter cannot raise an exception in a thread"
        thread = ctypes.c_ulong(self._thread)
        if not self._isStillThere():
            return "", "it has just ended"
        if setException(thread, ctypes.py_object(RequestTimedOut)) != 1:
            return "", "its thread has just ended"
        # Where the threads changed since, it met the exception and is gone. Should it have ended by
        # itself in that moment, the thread's next request must not hear of what still waits.
        if not self._isStillThere():
            setException(thread, None)
        return "raised", ""

    def _isStillThere(self):
        frame = sys._current_frames().get(self._thread)
        return frame is not None and isRun(outermostFirst(frame), self._question, self._loop)


def find(question):
    places = findInLoop(question) or findInThreads(question)
    if not places:
        return None
    places[0].matches = len(places)
    return places[0]


def findStart(thread):
    """Where a start stands that goes on in this thread: there, or, while its event loop waits, in
    the task that it waits for.
    """
    frame = sys._current_frames().get(thread)
    if frame is None:
        return None
    frames = outermostFirst(frame)
    if isIdle(ofApplication(frames)):
        loop, _thread = eventLoop()
        tasks = [] if loop is None else sys.modules["asyncio"].all_tasks(loop)
        waiting = [(task, framesOfTask(task)) for task in tasks]
        task, own = max(waiting, key=lambda each: stepOf(each[1]), default=(None, []))
        if stepOf(own) >= 0:
            return Place(own, task=task, loop=loop)
    return Place(frames, thread=thread)


def stepOf(frames):
    """The later step of a start these are of, the higher; -1: of none, and not in the application."""
    if not ofApplication(frames):
        return -1
    outermost = frames[0].f_code.co_filename
    return _STEPS.index(outermost) if outermost in _STEPS else -1


def findInThreads(question):
    serving, others, lonely = [], [], []
    for thread, frame in otherThreads():
        frames = outermostFirst(frame)
        serves = servesRequests(frames)
        if isOf(frames, question):
            # a thread of the application's own may have been given what it works with
            (serving if serves else others).append(Place(frames, thread=thread, question=question))
        elif serves and ofApplication(frames) and not showsAnother(frames):
            lonely.append((thread, frames))
    if serving or others:
        return serving or others
    if question.get("alone") and question.get("id") and len(lonely) == 1:
        # an iterator that was returned need not know its environ
        thread, frames = lonely[0]
        return [Place(frames, thread=thread, question=dict(question, frame=outer(frames)))]
    return []


def showsAnother(frames):
    """Whether these, which are not of the request that is asked for, are of another for sure."""
    return any(type(value) is dict and "arcology.request_id" in value
               for frame in frames[:FRAMES_MAX] for value in list(frame.f_locals.values()))


def servesRequests(frames):
    """Whether these are of a thread that our channel, or the native core, began."""
    return any(str(getattr(frame.f_locals.get("self"), "name", "")).startswith("request-")
               for frame in frames[:3] if frame.f_code.co_filename.endswith(THREADING))


def outer(frames):
    """What goes when the request ends."""
    return ofApplication(frames)[0]


def findInLoop(question):
    loop, thread = eventLoop()
    if loop is None:
        return []
    places = []
    frame = sys._current_frames().get(thread)
    running = [] if frame is None else outermostFirst(frame)
    if isRun(running, question, loop):
        places.append(Place(running, thread=thread, loop=loop, question=question))
    for task in sys.modules["asyncio"].all_tasks(loop):
        frames = framesOfTask(task)
        if not frames or frames[0] in running:
            continue
        if isOf(frames, question) or isNative(task.get_coro(), question):
            places.append(Place(frames, task=task, loop=loop, question=question))
    return places


def isRun(frames, question, loop):
    """Whether a thread with these frames works on the request; `loop`: the one it runs, or None."""
    return isOf(frames, question) or (loop is not None and isNative(runs(loop), question))


def runs(loop):
    """The coroutine whose step this loop is in."""
    task = sys.modules["asyncio"].current_task(loop)
    if task is not None:
        return task.get_coro()
    # a first step may have no task (asgi_task.c)
    native = sys.modules.get("arcology_worker.asgi_native")
    return getattr(getattr(native, "_channel", None), "first", None)


def isNative(coroutine, question):
    """The native core's request is the coroutine of its task: no frame of ours knows the id."""
    return type(coroutine).__module__ == "arcology_worker._core" \
        and bool(question.get("id")) and coroutine.requestId == question["id"] \
        and coroutine.cr_frame is not None


def eventLoop():
    """The loop of an ASGI worker with its thread: what loop.serve() has at hand."""
    if "asyncio" not in sys.modules:
        return None, None
    for thread, frame in otherThreads():
        for outer in outermostFirst(frame)[:OUTER_FRAMES]:
            if outer.f_code.co_filename.startswith(PACKAGE) and "loop" in outer.f_locals:
                loop = outer.f_locals["loop"]
                if hasattr(loop, "call_soon_threadsafe"):
                    return loop, thread
    return None, None


def isOf(frames, question):
    """Whether the outermost of these frames hold the request that is asked for."""
    wanted = question.get("id")
    if not wanted:
        return False
    if "frame" in question:
        return question["frame"] in frames
    if not ofApplication(frames):
        return False  # about to end: an exception would meet us, or the next request
    for number, frame in enumerate(frames[:OUTER_FRAMES]):
        values = frame.f_locals
        owner = values.get("self")
        if type(owner).__module__.startswith("arcology_worker"):
            if getattr(owner, "_requestId", None) == wanted:
                return bool(ofApplication(frames[number + 1:]))
        for value in list(values.values()):
            # no other type: looking into it must run none of the application's code
            if type(value) is not dict:
                continue
            if value.get("arcology.request_id") == wanted:
                return True
    return False
