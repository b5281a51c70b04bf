#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Arcology beside its peers, on loopback: CPU microseconds per request of each server's whole process tree.

  tests/bench/bench.py build/release/bin/arcology [S1 S2 S7-django ...] [--only h2o,nginx] [--rounds 5] [--seconds 5] [--set log.access=off]

The servers of a scenario run on core 0, the load (wrk or h2load, 64 keep-alive connections unless the title says otherwise) on core 1, in
alternating rounds after a warm-up; the median counts. S9 counts memory instead, once. Only ratios inside one run mean anything. Needs
wrk, h2load, curl, openssl, and as peers nginx, h2o, haproxy, lighttpd, caddy, apache2, uwsgi with its Python plugin, uvicorn with uvloop
and httptools; a peer that is not installed, or does not start, is named and left out. Arcology writes an access line for each request, as
it does by default, and no peer does; --set takes settings of Arcology for the run.
"""
import argparse
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
import load  # noqa: E402
import peers  # noqa: E402
import servers  # noqa: E402


def make_files(folder):
    folder.mkdir()
    for name, size in (("1k.txt", 1024), ("100k.bin", 100 * 1024), ("10m.bin", 10 * 1024 * 1024)):
        (folder / name).write_bytes(b"x" * size)
    return folder


def make_certificate(folder):
    """ECDSA P-256, signed by itself: what every peer of a TLS scenario shows."""
    folder.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    (folder / "both.pem").write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return folder


class Bench:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.www = make_files(folder / "www")
        self.certificate = make_certificate(folder / "certificate")

    def started(self, scenario):
        """One server after the other, each ready and warm. Whoever takes one stops it."""
        for peer in scenario.peers:
            if self.options.only and peer.name not in (peers.OURS, *self.options.only):
                continue
            if not shutil.which(peer.command.split()[0]):
                print(f"  {peer.name}: not installed, left out")
                continue
            server = servers.Server(peer, scenario, self.folder / scenario.name, self.www, self.certificate)
            try:
                server.wait_until_ready(scenario.path)
                load.load(server, scenario, 1)
            except Exception as error:
                server.stop()
                if server.name == peers.OURS:
                    raise
                print(f"  {error}\n  left out")
                continue
            yield server

    def run(self, scenario):
        (self.folder / scenario.name).mkdir()
        print(f"{scenario.name}: {scenario.title}", flush=True)
        figures = (self.memory if scenario.mib else self.processor)(scenario)
        others = [value for name, value in figures.items() if name != peers.OURS]
        if peers.OURS in figures and others:
            ratio = figures[peers.OURS] / min(others)
            target = scenario.mib / min(others) if scenario.mib else scenario.target
            print(f"  ratio to the best peer {ratio:.2f}, target {target:.2f}"
                  f"{f' ({scenario.mib} MiB)' if scenario.mib else ''}: {'met' if ratio <= target else 'missed'}", flush=True)

    def processor(self, scenario):
        running = []
        try:
            running.extend(self.started(scenario))
            results = {server.name: [] for server in running}
            for _ in range(self.options.rounds):
                for server in running:
                    results[server.name].append(load.load(server, scenario, self.options.seconds))
        finally:
            for server in running:
                server.stop()
        medians = {name: statistics.median(each["us"] for each in rounds) for name, rounds in results.items()}
        for name, rounds in results.items():
            rate = statistics.median(each["rate"] for each in rounds)
            print(f"  {name:10} {medians[name]:8.1f} µs CPU/request  {rate:10.0f} requests/s  p99 {rounds[-1]['p99']}")
        return medians

    def memory(self, scenario):
        figures = {}
        for server in self.started(scenario):
            try:
                found = load.idle(server, scenario)
            except (OSError, RuntimeError) as error:
                print(f"  {server.name}: {error}, left out")
                continue
            finally:
                server.stop()
            figures[server.name] = found["mib"]
            each = found["mib"] * 1024 / load.IDLE_CONNECTIONS
            print(f"  {server.name:10} {found['mib']:8.1f} MiB  {each:6.2f} KiB each  (before {found['before']:.1f} MiB)", flush=True)
        return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("names", nargs="*", help="of scenarios; S2 names all that begin with S2-")
    parser.add_argument("--only", type=lambda text: text.split(","), help="these peers alone")
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as temporary:
        os.chmod(temporary, 0o755)
        bench = Bench(pathlib.Path(temporary), options)
        for scenario in peers.scenarios(options.binary, options.settings):
            if not options.names or any(scenario.name == name or scenario.name.startswith(name + "-") for name in options.names):
                bench.run(scenario)


if __name__ == "__main__":
    main()
