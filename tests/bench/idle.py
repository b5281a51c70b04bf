#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an engine costs that serves two samples nobody asks for: share of a core, and wake-ups of each thread.

  tests/bench/idle.py build/release/bin/arcology [--seconds 60]

Measured twice: without a window, and with one open (offscreen), which asks for figures once a second. The target is below 0.2 % of a
core. Processor time is counted in ticks of 10 ms, so a minute resolves 0.017 %.
"""
import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "resources/samples"
TICKS = os.sysconf("SC_CLK_TCK")
SETTLE = 8  # seconds: workers are ready, logs are written, the window has drawn itself


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def wakeups(pid):
    counts = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii", errors="replace") as file:
            fields = dict(line.split(":", 1) for line in file if ":" in line)
        name = fields["Name"].strip()
        counts[name] = counts.get(name, 0) + int(fields["voluntary_ctxt_switches"])
    return counts


def measure(title, pid, seconds):
    time.sleep(SETTLE)
    cpu, wakes = cpu_seconds(pid), wakeups(pid)
    time.sleep(seconds)
    share = (cpu_seconds(pid) - cpu) / seconds * 100
    per_second = {name: (count - wakes.get(name, 0)) / seconds for name, count in wakeups(pid).items()}
    awake = ", ".join(f"{name} {rate:.1f}" for name, rate in per_second.items() if rate > 0)
    print(f"{title:<16} {share:6.3f} % of a core; wake-ups per second: {awake or 'none'}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    binary = str(pathlib.Path(options.binary).resolve())
    with tempfile.TemporaryDirectory() as data:
        where = ["--data-dir", data]
        started = []
        try:
            engine = subprocess.Popen([binary, "--headless", *where, "--set", "ops.listen=off"], stderr=subprocess.DEVNULL)
            started.append(engine)
            deadline = time.monotonic() + 30
            while subprocess.run([binary, "ctl", "status", *where], capture_output=True).returncode != 0:
                if engine.poll() is not None or time.monotonic() > deadline:
                    sys.exit("the engine does not answer")
                time.sleep(0.1)
            for sample in ("photos", "filesync"):
                subprocess.run([binary, "ctl", "site", "add", str(SAMPLES / sample), *where], check=True, stdout=subprocess.DEVNULL)
            measure("no window", engine.pid, options.seconds)
            started.append(subprocess.Popen([binary, *where], env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}))
            measure("window open", engine.pid, options.seconds)
        finally:
            for process in reversed(started):
                process.send_signal(signal.SIGTERM)
                process.wait()


if __name__ == "__main__":
    main()
