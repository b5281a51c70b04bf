#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Arcology beside its peers, on loopback: CPU microseconds per request of each server's whole process tree.

  tests/bench/bench.py build/release/bin/arcology [S1 S7-django ...] [--rounds 5] [--seconds 5]

The servers of a scenario run on core 0, the load (wrk, 64 keep-alive connections) on core 1, in alternating rounds after a
warm-up; the median counts. Only ratios inside one run mean anything. Needs wrk, curl, openssl, nginx, h2o, haproxy, uwsgi with its
Python plugin, uvicorn with uvloop and httptools; a peer that is not installed is named and left out.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
import peers  # noqa: E402

SERVER_CPU, CLIENT_CPU = "0", "1"
TICKS = os.sysconf("SC_CLK_TCK")


def stat_fields(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def process_tree(root):
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                children.setdefault(int(stat_fields(name)[1]), []).append(int(name))
            except OSError:
                pass  # ended meanwhile
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def cpu_seconds(root):
    total = 0
    for pid in process_tree(root):
        try:
            fields = stat_fields(pid)
        except OSError:
            continue
        total += sum(int(fields[i]) for i in (11, 12, 13, 14))
    return total / TICKS


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """A peer that was started."""

    def __init__(self, peer, scenario, folder, www, certificate):
        self.name = peer.name
        self.scheme = "https" if scenario.tls else "http"
        self.headers = [word for header in scenario.headers for word in ("-H", header)]
        self.port = free_port()
        self.folder = folder / re.sub(r"\W+", "_", peer.name)
        self.folder.mkdir(mode=0o755)
        words = {"port": self.port, "dir": self.folder, "www": www, "apps": HERE / "apps", "cert": certificate / "cert.pem",
                 "key": certificate / "key.pem", "certkey": certificate / "both.pem"}
        for name, text in peer.files.items():
            (self.folder / name).write_text(self.fill(text, words))
        self.log = open(self.folder / "output.log", "wb")
        command = ["taskset", "-c", SERVER_CPU, *self.fill(peer.command, words).split()]
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=self.log, stderr=self.log, env=environment,
                                        process_group=0)

    @staticmethod
    def fill(text, words):
        for name, value in words.items():
            text = text.replace("{%s}" % name, str(value))
        return text

    def wait_until_ready(self, path):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            answer = subprocess.run(["curl", "-sk", "-o", "/dev/null", "-m", "2", "-w", "%{http_code}",
                                     f"{self.scheme}://127.0.0.1:{self.port}{path}"], capture_output=True, text=True,
                                    check=False)
            if answer.stdout == "200":
                return
        self.log.flush()
        raise RuntimeError(f"{self.name} does not answer: " + (self.folder / "output.log").read_text(errors="replace")[-400:])

    def load(self, path, seconds):
        before = cpu_seconds(self.process.pid)
        report = subprocess.run(["taskset", "-c", CLIENT_CPU, "wrk", "-t1", "-c64", f"-d{seconds}s", "--latency",
                                 *self.headers, f"{self.scheme}://127.0.0.1:{self.port}{path}"], capture_output=True, text=True, check=True).stdout
        used = cpu_seconds(self.process.pid) - before
        requests = int(re.search(r"(\d+) requests in", report)[1])
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", report)[1])
        if "Non-2xx" in report or re.search(r"Socket errors: (?!connect 0, read 0, write 0, timeout 0)", report):
            # A peer that closes after each answer shows read errors; ours must show none.
            if self.name == "arcology":
                raise RuntimeError("errors under load:\n" + report)
        return {"us": used / requests * 1e6, "rate": rate, "p99": re.search(r"99%\s+(\S+)", report)[1]}

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()


def make_certificate(folder):
    """ECDSA P-256, signed by itself: what every peer of a TLS scenario shows."""
    folder.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    (folder / "both.pem").write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return folder


def measure(scenario, folder, www, certificate, rounds, seconds):
    running = []
    try:
        for peer in scenario.peers:
            if not shutil.which(peer.command.split()[0]):
                print(f"  {peer.name}: not installed, left out")
                continue
            running.append(Running(peer, scenario, folder, www, certificate))
        results = {server.name: [] for server in running}
        for server in running:
            server.wait_until_ready(scenario.path)
            server.load(scenario.path, 1)
        for _ in range(rounds):
            for server in running:
                results[server.name].append(server.load(scenario.path, seconds))
        return results
    finally:
        for server in running:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        www = pathlib.Path(temporary) / "www"
        www.mkdir()
        os.chmod(temporary, 0o755)
        (www / "1k.txt").write_bytes(b"x" * 1024)
        certificate = make_certificate(pathlib.Path(temporary) / "certificate")
        for scenario in peers.scenarios(options.binary):
            if options.names and scenario.name not in options.names:
                continue
            folder = pathlib.Path(temporary) / scenario.name
            folder.mkdir()
            print(f"{scenario.name}: {scenario.title}")
            results = measure(scenario, folder, www, certificate, options.rounds, options.seconds)
            medians = {name: statistics.median(each["us"] for each in rounds) for name, rounds in results.items()}
            for name, rounds in results.items():
                rate = statistics.median(each["rate"] for each in rounds)
                print(f"  {name:10} {medians[name]:8.1f} µs CPU/request  {rate:10.0f} requests/s  p99 {rounds[-1]['p99']}")
            others = [value for name, value in medians.items() if name != "arcology"]
            if "arcology" in medians and others:
                ratio = medians["arcology"] / min(others)
                print(f"  ratio to the best peer {ratio:.2f}, target {scenario.target:.2f}: "
                      f"{'met' if ratio <= scenario.target else 'missed'}")


if __name__ == "__main__":
    main()
