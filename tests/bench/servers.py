# SPDX-License-Identifier: Apache-2.0
"""Servers that were started for a measurement: their processes, what these have used, and where to send requests."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
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


def memory_mib(root):
    """Of the whole tree; a page that several processes share counts once."""
    total = 0
    for pid in process_tree(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                total += int(re.search(r"Pss:\s+(\d+)", file.read())[1])
        except OSError:
            continue
    return total / 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A peer that was started for a scenario."""

    def __init__(self, peer, scenario, folder, www, certificate):
        self.name = peer.name
        self.tls = scenario.tls
        self.port = free_port()
        self.folder = folder / re.sub(r"\W+", "_", peer.name)
        self.folder.mkdir()
        self.folder.chmod(0o777)  # some go on as another user
        words = {"port": self.port, "dir": self.folder, "www": www, "apps": HERE / "apps", "cert": certificate / "cert.pem",
                 "key": certificate / "key.pem", "certkey": certificate / "both.pem"}
        for name, text in peer.files.items():
            (self.folder / name).write_text(self.fill(text, words))
        self.log = open(self.folder / "output.log", "wb")
        command = ["taskset", "-c", SERVER_CPU, *self.fill(peer.command, words).split()]
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", HOME=str(self.folder))
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=self.log, stderr=self.log, env=environment,
                                        process_group=0)

    @staticmethod
    def fill(text, words):
        for name, value in words.items():
            text = text.replace("{%s}" % name, str(value))
        return text

    def url(self, path):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}{path}"

    def wait_until_ready(self, path):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            answer = subprocess.run(["curl", "-sk", "-o", "/dev/null", "-m", "2", "-w", "%{http_code}", self.url(path)],
                                    capture_output=True, text=True, check=False)
            if answer.stdout == "200":
                return
            time.sleep(0.05)
        self.log.flush()
        raise RuntimeError(f"{self.name} does not answer: " + (self.folder / "output.log").read_text(errors="replace")[-400:])

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def memory_mib(self):
        return memory_mib(self.process.pid)

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        except ProcessLookupError:
            pass  # it ended by itself
        self.log.close()
