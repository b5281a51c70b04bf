# SPDX-License-Identifier: Apache-2.0
"""The second way into a worker: a thread that tells where a request stands, and interrupts it.

It must answer while every thread that serves is stuck, so it shares nothing with the channel: a
request is found by what lies in the frames of threads and tasks, which holds for the native core
as for its twin. It is no threading.Thread, for applications count those, and it takes what it
needs from modules before an application can replace it. Where C code keeps the interpreter to
itself, no thread answers; a signal then has faulthandler write all stacks without it.

Questions and answers are JSON, one a message. {"n": 1, "do": "stack" | "interrupt" | "start",
"id": request id, "alone": nothing else runs in this worker} is answered {"n": 1, "found": true,
"stack": text, "at": "views.py:12 in report", "done": "raised" | "cancelled" | "", "why": phrase}.
"""
import _thread
import json
import linecache
import os
import signal
import socket
import sys
# As they are: gevent replaces them.
from socket import socket as _Socket
from time import monotonic as _monotonic, sleep as _sleep

MESSAGE_BYTES = 64 * 1024
STACK_CHARACTERS = 24 * 1024
FRAMES_MAX = 60
THREADS_MAX = 8
OUTER_FRAMES = 16     # a request shows itself in one of the outermost
END_SECONDS = 5.0     # that its thread has to end; it only has to wake up for it
SWITCH_SECONDS = 0.0002  # while it answers: among busy threads its turn comes sooner
_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_OURS = (_PACKAGE, os.path.join(os.path.dirname(_PACKAGE[:-1]), "main.py"), "<frozen")
_WAITS = tuple(os.sep + name for name in ("threading.py", "queue.py", "selectors.py"))
# who has a thread wait when there is nothing to do: end of the file's name, function
_IDLE = ((os.path.join("futures", "thread.py"), "_worker"),
         (os.path.join("_backends", "_asyncio.py"), "run"))


class RequestTimedOut(BaseException):
    """The request took longer than pool.request_timeout_s, and its client has been told so."""


def start(hello):
    """Once, before the application is imported, and in a forked worker once more. Answers the
    watcher; without the engine's two descriptors, None.
    """
    ends = hello.get("watch")
    if not isinstance(ends, dict):
        return None
    for fd in (ends["lane"], ends["stacks"]):
        os.set_inheritable(fd, False)
    lane = _Socket(fileno=ends["lane"])
    lane.setblocking(True)  # in a forked worker the app may have set another default
    watcher = Watcher(lane, _thread.get_ident())
    watcher.greet(enableDumps(ends["stacks"]))
    _thread.start_new_thread(watcher.run, ())
    return watcher


def enableDumps(fd):
    """Fatal errors write their stacks to fd, and so does the signal that is returned (0: none)."""
    try:
        import faulthandler
        faulthandler.enable(file=fd, all_threads=True)
        number = int(signal.SIGRTMAX) - 3
        faulthandler.register(number, file=fd, all_threads=True, chain=False)
        return number
    except (ImportError, AttributeError, OSError, RuntimeError, ValueError):
        return 0


class Watcher:
    def __init__(self, lane, mainThread):
        self._receive = lane.recv
        self._send = lane.send
        self._lane = lane
        self._mainThread = mainThread

    def greet(self, number):
        self._send(json.dumps({"ready": True, "signal": number}).encode())

    def end(self):
        """Before a fork, which no other thread may see: it ends. Its descriptor stays open, so that
        nothing else gets that number.
        """
        self._lane.shutdown(socket.SHUT_RDWR)
        tasks = "/proc/self/task"
        limit = _monotonic() + END_SECONDS
        while len(os.listdir(tasks)) > 1 and _monotonic() < limit:
            _sleep(0.0005)

    def forget(self):
        """In a forked worker: the descriptor is its own now."""
        self._lane.detach()

    def run(self):
        while True:
            try:
                data = self._receive(MESSAGE_BYTES)
                if not data:
                    return
                usual = sys.getswitchinterval()
                sys.setswitchinterval(SWITCH_SECONDS)
                try:
                    answer = self._answer(json.loads(data.decode("utf-8")))
                finally:
                    sys.setswitchinterval(usual)
                self._send(json.dumps(answer).encode())
            except OSError:
                return

    def _answer(self, question):
        answer = {"n": question.get("n"), "found": False, "stack": "", "at": "", "done": "",
                  "why": ""}
        try:
            place = self._startPlace() if question.get("do") == "start" else find(question)
            if place is None:
                answer["stack"] = busyThreads()
                answer["why"] = "no thread or task shows that it works on it"
            else:
                answer.update(found=True, stack=place.text(), at=place.summary())
                if question.get("do") == "interrupt":
                    answer["done"], answer["why"] = place.interrupt()
        # whatever an application left in the frames: the engine gets an answer
        except BaseException as error:
            answer["why"] = "looking for it failed: %s: %s" % (type(error).__name__, error)
        return answer

    def _startPlace(self):
        frame = sys._current_frames().get(self._mainThread)
        return None if frame is None else Place(outermostFirst(frame), thread=self._mainThread)


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


# -- finding ---------------------------------------------------------------------------------------

def find(question):
    places = findInLoop(question) or findInThreads(question)
    if not places:
        return None
    places[0].matches = len(places)
    return places[0]


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
               for frame in frames[:3] if frame.f_code.co_filename.endswith(_WAITS[0]))


def outer(frames):
    """What goes when the request ends."""
    return ofApplication(frames)[0]


def ofApplication(frames):
    """Without what runs below it: this package, and how a thread begins."""
    frames = [frame for frame in frames if not frame.f_code.co_filename.startswith(_OURS)]
    while frames and frames[0].f_code.co_filename.endswith(_WAITS[0]):
        frames.pop(0)
    return frames


def otherThreads():
    own = _thread.get_ident()
    return [(thread, frame) for thread, frame in sys._current_frames().items() if thread != own]


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
            if outer.f_code.co_filename.startswith(_PACKAGE) and "loop" in outer.f_locals:
                loop = outer.f_locals["loop"]
                if hasattr(loop, "call_soon_threadsafe"):
                    return loop, thread
    return None, None


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


# -- telling ---------------------------------------------------------------------------------------

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
