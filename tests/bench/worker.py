#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a request costs in a worker alone, as CPU time of its process.

  tests/bench/worker.py hello_asgi:app asgi [--core python --core build/dev/worker_core/_core.abi3.so] [--batch 32] [--python /usr/bin/python3]

This script plays the engine: it writes --batch requests at once and reads until their answers are whole. The cores take turns, so
that only ratios inside one run mean anything; the median of the rounds counts. The app is one of tests/bench/apps that always gives the
same short answer.
"""
import argparse
import os
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "integration/worker"))
import peer  # noqa: E402

# as wrk's, behind the engine
HEADERS = (("host", "127.0.0.1:8080"),)


def cpu_nanoseconds(pid):
    """Of all its threads, those that have ended included: Linux makes a clock of each process."""
    return time.clock_gettime_ns((~pid << 3) | 2)


class Candidate:
    def __init__(self, core, options):
        self.name = core
        peer.sys.executable = options.python
        environment = {peer.CORE: core if core == "python" else os.path.abspath(core)}
        self.worker = peer.Worker(options.app, options.interface, root=str(HERE / "apps"), requests=options.batch, environment=environment)
        self.worker.ready()
        self.batch = options.batch
        self.worker.get("/", headers=HEADERS)
        self.head = peer.requestHead(headers=HEADERS)
        self.number = self.worker.nextStream()
        self.worker.send(peer.REQUEST, self.number, self.head, peer.END)
        _kind, flags, _stream, payload = self.worker.receive()
        if flags != peer.END:
            raise SystemExit("the answer is not one frame")
        self.answer = 12 + len(payload)

    def rounds(self, requests):
        """Nanoseconds of CPU per request."""
        before = cpu_nanoseconds(self.worker.process.pid)
        done = 0
        while done < requests:
            # numbers may come back as soon as they are free
            data = b"".join(peer.frame(peer.REQUEST, self.number + i + 1, self.head, peer.END) for i in range(self.batch))
            self.worker.sock.sendall(data)
            left = self.answer * self.batch
            while left:
                left -= len(self.worker.sock.recv(min(left, 1 << 16)))
            done += self.batch
        return (cpu_nanoseconds(self.worker.process.pid) - before) / done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("app")
    parser.add_argument("interface", choices=("asgi", "wsgi"))
    parser.add_argument("--core", action="append", dest="cores")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=20000)
    options = parser.parse_args()
    candidates = [Candidate(core, options) for core in options.cores or ["python"]]
    results = {candidate.name: [] for candidate in candidates}
    for candidate in candidates:
        candidate.rounds(2000)
    for _ in range(options.rounds):
        for candidate in candidates:
            results[candidate.name].append(candidate.rounds(options.requests))
    for candidate in candidates:
        print(f"{candidate.name}: {statistics.median(results[candidate.name]) / 1000:.2f} µs CPU per request")
        candidate.worker.__exit__()


if __name__ == "__main__":
    main()
