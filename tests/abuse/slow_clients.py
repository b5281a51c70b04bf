#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs slowhttptest's attacks against an engine, and measures what another client gets meanwhile.

  tests/abuse/slow_clients.py build/release/bin/arcology [--connections 400] [--seconds 20]

The engine has short time limits and serves files on loopback, for the slow body an app that reads it. For each attack: how long
small answers took another client (median, 99 %, longest), how many of its requests failed, the most memory the engine had, how many
connections the attack could open, and how long after it all of them were gone. Needs slowhttptest.

Loopback's packets of 64 KiB let the kernel hold 3 MB for each slow reader, twenty times what it does over Ethernet: 400 of them are
short of the machine's limit for TCP (net.ipv4.tcp_mem), and everybody waits. As over Ethernet, and nobody else on the machine is hit:

  unshare -rn sh -c 'ip link set lo up mtu 1500; exec tests/abuse/slow_clients.py build/release/bin/arcology'
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ATTACKS = {
    "nothing": None,
    "slow headers": ["-H", "-i", "2", "-x", "24"],
    "slow body": ["-B", "-i", "2", "-s", "8192", "-x", "10"],
    "slow read": ["-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3"],
    "ranges": ["-R", "-a", "5", "-b", "3000"],
}
APP = '''
def application(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "1024")])
    return [b"s" * 1024]
'''
LIMITS = ("http.head_timeout_s=5", "http.body_timeout_s=5", "http.write_timeout_s=5", "http.idle_timeout_s=5")
GONE_AFTER = 60  # seconds after the attack's end at most


def sockets(pid):
    """Open ones; files that the engine keeps open between requests do not count."""
    count = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            count += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
        except OSError:
            pass  # closed meanwhile
    return count


def memory(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii"))[1])


class OtherClient(threading.Thread):
    """Asks for a small file, each time over a new connection, until it is told to stop."""

    def __init__(self, port):
        super().__init__()
        self.port, self.stopped = port, threading.Event()
        self.seconds, self.failures = [], 0

    def run(self):
        while not self.stopped.is_set():
            begin = time.monotonic()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                connection.request("GET", "/small.txt")
                answer = connection.getresponse()
                if answer.status != 200 or len(answer.read()) != 1024:
                    self.failures += 1
                connection.close()
            except OSError:
                self.failures += 1
            self.seconds.append(time.monotonic() - begin)
            self.stopped.wait(0.005)


def attack(name, words, pid, port, arguments):
    """One line about it; whether the others were served and nothing stayed open."""
    before = sockets(pid)
    client = OtherClient(port)
    client.start()
    program = None
    if words:
        program = subprocess.Popen(
            ["slowhttptest", *words, "-c", str(arguments.connections), "-r", str(arguments.connections), "-l", str(arguments.seconds),
             "-v", "0", "-u", f"http://127.0.0.1:{port}/large.bin"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most_memory = most_sockets = 0
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end and (not program or program.poll() is None):
        most_memory, most_sockets = max(most_memory, memory(pid)), max(most_sockets, sockets(pid))
        client.stopped.wait(0.1)
    lasted = arguments.seconds - max(0, end - time.monotonic())
    if program:
        program.wait(arguments.seconds + 60)
    client.stopped.set()
    client.join()
    ended = time.monotonic()
    while sockets(pid) > before and time.monotonic() < ended + GONE_AFTER:
        time.sleep(0.1)
    left = sockets(pid) - before
    took = sorted(client.seconds)
    print(f"{name:13} {lasted:3.0f} s; others: {len(took)} requests, {client.failures} failed, "
          f"median {took[len(took) // 2] * 1000:.1f} ms, "
          f"99 % {took[len(took) * 99 // 100] * 1000:.1f} ms, longest {took[-1] * 1000:.0f} ms; memory {most_memory} KiB; "
          f"connections {most_sockets - before}, {left} left {time.monotonic() - ended:.1f} s after", flush=True)
    return client.failures == 0 and left <= 0


def run(name, words, folder, arguments):
    site = folder / "site"
    site.mkdir()
    if name == "slow body":
        (site / "app.py").write_text(APP)
    else:
        (site / "small.txt").write_bytes(b"s" * 1024)
        (site / "large.bin").write_bytes(b"l" * 4_000_000)
    command = [arguments.program, "serve", site, "--listen", "127.0.0.1:0", "--loops", "1", "--workers", "2", "--json", "--data-dir",
               folder / "data"]
    for limit in LIMITS:
        command += ["--set", limit]
    with open(folder / "log", "wb") as log:
        engine = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    try:
        port = int(json.loads(engine.stdout.readline())["urls"][0].rpartition(":")[2].strip("/"))
        return attack(name, words, engine.pid, port, arguments)
    finally:
        engine.send_signal(signal.SIGTERM)
        engine.wait(60)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--connections", type=int, default=400)
    parser.add_argument("--seconds", type=int, default=20)
    arguments = parser.parse_args()
    if not shutil.which("slowhttptest"):
        raise SystemExit("slowhttptest is not installed")
    good = True
    for name, words in ATTACKS.items():
        with tempfile.TemporaryDirectory() as folder:
            good = run(name, words, pathlib.Path(folder), arguments) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
