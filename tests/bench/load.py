# SPDX-License-Identifier: Apache-2.0
"""What is asked of a server: requests as fast as it answers them (wrk, h2load), or connections that do nothing."""
import concurrent.futures
import re
import socket
import ssl
import statistics
import subprocess
import tempfile

from peers import OURS
from servers import CLIENT_CPU

IDLE_CONNECTIONS = 10000
OPENED_TOGETHER = 16
STILL_ALIVE_EVERY = 100  # one connection in so many is asked again at the end


def load(server, scenario, seconds):
    before = server.cpu_seconds()
    result = (h2load if scenario.streams else wrk)(server.url(scenario.path), scenario, seconds)
    used = server.cpu_seconds() - before
    # A peer that closes after each answer shows read errors; ours must show none.
    if result["errors"] and server.name == OURS:
        raise RuntimeError("errors under load:\n" + result["report"])
    return result | {"us": used / result["requests"] * 1e6}


def wrk(url, scenario, seconds):
    headers = [word for header in scenario.headers for word in ("-H", header)]
    report = subprocess.run(["taskset", "-c", CLIENT_CPU, "wrk", "-t1", f"-c{scenario.connections}", f"-d{seconds}s", "--timeout",
                             "10s", "--latency", *headers, url], capture_output=True, text=True, check=True).stdout
    return {"requests": int(re.search(r"(\d+) requests in", report)[1]), "p99": re.search(r"99%\s+(\S+)", report)[1],
            "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", report)[1]), "report": report,
            "errors": "Non-2xx" in report or re.search(r"Socket errors: (?!connect 0, read 0, write 0, timeout 0)", report)}


def h2load(url, scenario, seconds):
    with tempfile.NamedTemporaryFile() as log:
        report = subprocess.run(["taskset", "-c", CLIENT_CPU, "h2load", "-t1", f"-c{scenario.connections}", f"-m{scenario.streams}",
                                 f"-D{seconds}", "--log-file", log.name, url], capture_output=True, text=True, check=True).stdout
        times = sorted(int(line.split(b"\t")[2]) for line in log if line.count(b"\t") >= 2)
    done, good = re.search(r"(\d+) done, (\d+) succeeded", report).groups()
    # What was under way when the time was over is neither done nor an error.
    return {"requests": int(good), "p99": f"{times[len(times) * 99 // 100] / 1000:.2f}ms", "rate": int(good) / seconds,
            "report": report, "errors": done != good}


def ask(connection, path):
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: idle\r\nAccept: */*\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += received(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    missing = int(re.search(rb"(?i)content-length: *(\d+)", head)[1]) - len(body)
    while missing > 0:
        missing -= len(received(connection))
    return answer.startswith(b"HTTP/1.1 200 ")


def received(connection):
    some = connection.recv(65536)
    if not some:
        raise RuntimeError("the server closed a connection")
    return some


def idle(server, scenario):
    """Memory that connections cost which have each had one answer and are quiet."""
    context = ssl.create_default_context() if scenario.tls else None
    if context:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    before = server.memory_mib()
    connections = []

    def open_one(_):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        connections.append(context.wrap_socket(connection) if context else connection)
        ask(connections[-1], scenario.path)

    try:
        with concurrent.futures.ThreadPoolExecutor(OPENED_TOGETHER) as pool:
            list(pool.map(open_one, range(IDLE_CONNECTIONS)))
        # What a server gives back a moment later counts as given back.
        after = min(server.memory_mib() for _ in range(5))
        alive = statistics.mean(ask(each, scenario.path) for each in connections[::STILL_ALIVE_EVERY])
    finally:
        for each in connections:
            each.close()
    if alive < 1:
        raise RuntimeError(f"{server.name}: only {alive:.0%} of the connections answered again")
    return {"mib": after - before, "before": before}
