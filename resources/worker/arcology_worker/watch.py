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
import os
import signal
import socket
import sys
# As they are: gevent replaces them.
from socket import socket as _Socket
from time import monotonic as _monotonic, sleep as _sleep

from .frames import busyThreads
from .place import find, findStart

MESSAGE_BYTES = 64 * 1024
END_SECONDS = 5.0     # that its thread has to end; it only has to wake up for it
SWITCH_SECONDS = 0.0002  # while it answers: among busy threads its turn comes sooner


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
    def __init__(self, lane, startThread):
        self._receive = lane.recv
        self._send = lane.send
        self._lane = lane
        self._startThread = startThread

    def startsHere(self):
        """The start goes on in the thread that calls this."""
        self._startThread = _thread.get_ident()

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
            place = findStart(self._startThread) if question.get("do") == "start" else find(question)
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
