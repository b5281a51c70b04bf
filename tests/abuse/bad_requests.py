#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends broken requests to an engine and watches that none is answered with success, that the next client is served, and that
nothing stays behind.

  tests/abuse/bad_requests.py build/asan/bin/arcology [--count 50000] [--seed 1] [--jobs 8] [--only INDEX]

The engine serves an app of its own choosing on loopback, in plain HTTP and in TLS. A broken request may be answered with an error
or by closing; never with 1xx (but 100), 2xx or 3xx, never twice, and the connection ends. Behind most of them lies a second, sound
request: whoever answers it was smuggled into. After each one a fresh connection asks for something and must get it. At the end the
engine must hold as many descriptors and, but for 16 MiB, as much memory as after the first tenth, and end without a word from a
sanitizer. The first line that fails is told with the index that repeats it.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bad_cases  # noqa: E402

APP = '''
def application(environ, start_response):
    body = environ["wsgi.input"].read()
    text = ("served %s %d" % (environ["PATH_INFO"], len(body))).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [text]
'''
PATIENCE = 30  # seconds for one answer, on a machine that does other things too
MEMORY_MAY_GROW = 16 * 1024  # KiB
TLS_ANSWER_COMES = 0.2  # seconds; a later one is only not seen
WAITS = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
STATUSES = {400, 408, 413, 414, 417, 431, 501, 505}


class Engine:
    def __init__(self, program, folder):
        site = folder / "site"
        site.mkdir()
        (site / "app.py").write_text(APP)
        self.log = folder / "engine.log"
        self.access_log = folder / "data" / "logs" / "access.log"
        # Freed memory that a sanitizer keeps back would look like a leak.
        environment = dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1:detect_leaks=1",
                           UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1", PYTHONDONTWRITEBYTECODE="1")
        self.process = subprocess.Popen(
            [program, "serve", site, "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--workers", "1", "--loops", "2",
             "--json", "--data-dir", folder / "data"],
            stdout=subprocess.PIPE, stderr=open(self.log, "wb"), env=environment)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the engine does not start:\n" + self.log.read_text(errors="replace"))
        ports = [int(url.rpartition(":")[2].strip("/")) for url in json.loads(line)["urls"]]
        self.plain, self.tls = ports

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def wait_for_access_log(self):
        """It is opened with the first batch of lines, and stays open."""
        deadline = time.monotonic() + PATIENCE
        while not self.access_log.exists() and time.monotonic() < deadline:
            select.select([], [], [], 0.05)

    def stop(self):
        """What is wrong with how it ended, or nothing."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "it does not end"
        log = self.log.read_text(errors="replace")
        found = re.search(r"^.*(Sanitizer|runtime error|assertion|Assertion).*$", log, re.M)
        return found[0] if found else "" if code == 0 else f"exit code {code}:\n{log[-2000:]}"


def contexts():
    made = {}
    for name, protocols in (("http", ["http/1.1"]), ("h2", ["h2"])):
        made[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made[name].check_hostname = False
        made[name].verify_mode = ssl.CERT_NONE
        made[name].set_alpn_protocols(protocols)
    return made


def talk(connection, data, says_the_end):
    """Sends all it may and reads to the end; (what came, whether the end came). `says_the_end`: closes its half when all is sent, so
    that what is cut stays cut. In TLS that means the client is gone, so it waits for an answer a while."""
    answer = b""
    is_tls = isinstance(connection, ssl.SSLSocket)
    connection.setblocking(False)
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE:
        try:
            if data:
                data = data[connection.send(data):]
            elif says_the_end and (not is_tls or answer or time.monotonic() > began + TLS_ANSWER_COMES):
                socket.socket.shutdown(connection, socket.SHUT_WR)
                says_the_end = False
        except WAITS:
            pass
        except OSError:
            data, says_the_end = b"", False  # it closed on us; what it said before may still be there
        try:
            piece = connection.recv(65536)
            if not piece:
                return answer, True
            answer += piece
        except WAITS:
            select.select([connection], [connection] if data else [], [], 0.05 if says_the_end else 1)
        except OSError:
            return answer, True
    return answer, False


def http2_success(answer):
    """True when a header block of the answer begins with the byte that means :status 200."""
    while len(answer) >= 9:
        size = int.from_bytes(answer[:3], "big")
        if answer[3] == 1 and answer[9:10] == b"\x88":
            return True
        answer = answer[9 + size:]
    return False


def judge(answer, ended):
    """What is wrong with an answer to a broken request, or nothing."""
    if not ended:
        return "the connection stays open"
    if bad_cases.MARK in answer or b"served" in answer:
        return "the app was reached"
    statuses = [int(text) for text in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]
    final = [status for status in statuses if status != 100]
    if len(final) > 1:
        return f"answered more than once: {final}"
    if final and final[0] not in STATUSES:
        return f"status {final[0]}"
    if not final and http2_success(answer):
        return "an HTTP/2 stream got 200"
    return ""


class Clients:
    """Each call opens connections of its own, so that several threads may send at once."""

    def __init__(self, engine, seed):
        self.engine, self.seed = engine, seed
        self.contexts = contexts()

    def connect(self, tls, speaks):
        connection = socket.create_connection(("127.0.0.1", self.engine.tls if tls else self.engine.plain), PATIENCE)
        if tls and speaks != "record":
            connection = self.contexts[speaks].wrap_socket(connection, server_hostname="localhost")
        return connection

    def send(self, case, tls):
        """(What became of it, what is wrong with that.)"""
        try:
            with self.connect(tls, case.speaks) as connection:
                answer, ended = talk(connection, case.data, True)
        except OSError as error:
            return "no connection", f"no connection: {error}"
        status = re.search(rb"HTTP/1\.1 ([2-5]\d\d) ", answer)
        what = status[1].decode() if status else "h2 or closed" if case.speaks == "h2" else "closed"
        return what, judge(answer, ended)

    def others_are_served(self, tls):
        try:
            with self.connect(tls, "http") as connection:
                answer, _ = talk(connection, b"GET /fresh HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n", False)
        except OSError as error:
            return f"the next client: {error}"
        return "" if b"200 OK" in answer and answer.endswith(b"served /fresh 0") else f"the next client got {answer[:200]!r}"

    def one(self, index):
        case = bad_cases.make_case(self.seed, index)
        tls = index % 4 == 3 or case.speaks == "record"  # a handshake costs more than all the rest
        what, fault = self.send(case, tls)
        faults = [fault, self.others_are_served(tls)]
        where = f"index {index}, {case.name}{' in TLS' if tls else ''}: "
        return what, [f"{where}{fault}\n    {case.data[:300]!r}" for fault in faults if fault]


def settled_descriptors(engine, wanted):
    """Descriptors close a moment after their clients left."""
    deadline = time.monotonic() + PATIENCE
    while engine.descriptors() > wanted and time.monotonic() < deadline:
        select.select([], [], [], 0.05)
    return engine.descriptors()


def send_all(clients, indexes, jobs, answers, faults):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for what, wrong in pool.map(clients.one, indexes):
            answers[what] += 1
            faults += wrong


def run(engine, arguments):
    clients = Clients(engine, arguments.seed)
    answers, faults = collections.Counter(), []
    start = time.monotonic()
    if arguments.only is not None:
        send_all(clients, [arguments.only], 1, answers, faults)
    else:
        idle = engine.descriptors()
        warm = max(1, arguments.count // 10)
        send_all(clients, range(warm), arguments.jobs, answers, faults)
        engine.wait_for_access_log()
        before = settled_descriptors(engine, idle + 8)  # it keeps files and its workers' connections
        memory = engine.memory()
        for begin in range(warm, arguments.count, 1000):
            if len(faults) >= 20 or engine.process.poll() is not None:
                break
            send_all(clients, range(begin, min(begin + 1000, arguments.count)), arguments.jobs, answers, faults)
        if engine.process.poll() is not None:
            return faults + ["the engine died"]
        now = settled_descriptors(engine, before)
        if now > before:
            faults.append(f"{now} descriptors at the end, {before} before")
        if engine.memory() > memory + MEMORY_MAY_GROW:
            faults.append(f"{engine.memory()} KiB at the end, {memory} KiB before")
        print(f"memory {memory} KiB after {warm} requests, {engine.memory()} KiB at the end; descriptors {before}, {now}")
    print(f"{sum(answers.values())} broken requests in {time.monotonic() - start:.0f} s:",
          ", ".join(f"{count} {name}" for name, count in sorted(answers.items())))
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=50000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=8, help="so many at once")
    parser.add_argument("--only", type=int, help="the one request with this index")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(arguments.program, pathlib.Path(folder))
        try:
            faults = run(engine, arguments)
        finally:
            ended = engine.stop()
    if ended:
        faults.append("the engine's end: " + ended)
    for fault in faults:
        print("FAIL!  :", fault)
    print(f"Totals: {0 if faults else 1} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
