"""The service times that FastHttpUser and LeanHttpUser tell, against the server's own log of the same requests.

    python -m benchmarks.user_times

2,000 requests per second: 200 users with 10 each, each at a moment of its own, under Locust's own command. The server,
on a core of its own, holds each request for 5 ms, and each fiftieth for 20 ms. Its times go from the moment at which
the kernel took a request in (SO_TIMESTAMPNS: while it lies there unread, that is the server's time) to the last byte of
its answer written; a client's may only be longer, by the way there and back and by what the client itself is late. The
first request of each user, which connects, is left out on both sides.
"""

from __future__ import annotations

import heapq
import itertools
import json
import multiprocessing
import os
import selectors
import socket
import struct
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROUNDS = 2
RUN_S, USERS, SPAWN_RATE = 10, 200, 200.0
HOLD_S, LONG_HOLD_S, LONG_EACH = 0.005, 0.020, 50
MODULES = {"FastHttpUser": "locust", "LeanHttpUser": "perftui.users"}
PERCENTILES = (50, 99)
MOST_P50_MS, MOST_P99_MS = 0.2, 1.0

LOCUSTFILE = """
import json, random, gevent
from locust import constant_throughput, events, task
from {module} import {base}
class BenchUser({base}):
    wait_time = constant_throughput(10)
    def on_start(self):
        self.client.get("/first")
        gevent.sleep(random.uniform(0, 0.1))
    @task
    def one(self):
        self.client.get("/paced")
times_ms = []
@events.request.add_listener
def on_request(name, response_time, exception, **_):
    assert exception is None
    if name == "/paced":
        times_ms.append(response_time)
@events.quitting.add_listener
def on_quitting(**_):
    with open("{log}", "w") as file:
        json.dump(times_ms, file)
"""
# socket(7); Python has no name for it.
_SO_TIMESTAMPNS = 35
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


class _Server:
    """Answers each request after a while; `times_ms` grows by each that is not a user's first one."""

    def __init__(self, core: int) -> None:
        os.sched_setaffinity(0, {core})
        self.times_ms = array("d")
        self._holds_s = itertools.cycle([LONG_HOLD_S] + [HOLD_S] * (LONG_EACH - 1))
        # When to answer, a number that settles ties, when the request came, whom to answer, whether it counts.
        self._due: list[tuple[float, int, float, socket.socket, bool]] = []
        self._selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._selector.register(self.listener, selectors.EVENT_READ)

    def serve(self, parent: Any) -> None:
        """Tells its port; then its times, each time it is asked, and forgets them."""
        parent.send(self.listener.getsockname()[1])
        self._selector.register(parent, selectors.EVENT_READ)
        while True:
            timeout_s = max(0.0, self._due[0][0] - time.time()) if self._due else None
            for key, _ in self._selector.select(timeout_s):
                if key.fd == parent.fileno():
                    parent.recv()
                    parent.send(list(self.times_ms))
                    del self.times_ms[:]
                elif key.fd == self.listener.fileno():
                    self._accept()
                else:
                    self._receive(key.fileobj)
            while self._due and self._due[0][0] <= time.time():
                self._answer(*heapq.heappop(self._due)[2:])

    def _accept(self) -> None:
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._selector.register(connection, selectors.EVENT_READ)

    def _receive(self, connection: Any) -> None:
        try:
            data, control, _, _ = connection.recvmsg(65536, 64)
        except ConnectionError:
            data = b""
        if not data:
            self._selector.unregister(connection)
            connection.close()
            return
        # A request of these users is one read.
        assert data.endswith(b"\r\n\r\n")
        came_s = time.time()
        if control:
            seconds, nanoseconds = struct.unpack("ll", control[0][2])
            came_s = seconds + nanoseconds / 1e9
        is_counted = data.startswith(b"GET /paced")
        heapq.heappush(self._due, (came_s + next(self._holds_s), id(data), came_s, connection, is_counted))

    def _answer(self, came_s: float, connection: socket.socket, is_counted: bool) -> None:
        try:
            connection.send(_ANSWER)
        except OSError:
            return  # the load is over, and its user gone
        if is_counted:
            self.times_ms.append((time.time() - came_s) * 1e3)


def _serve(parent: Any, core: int) -> None:
    _Server(core).serve(parent)


def of_locust(folder: Path, base: str, port: int) -> list[float]:
    """Each time that the user class told, in ms."""
    locustfile, log = folder / "paced.py", folder / "times.json"
    locustfile.write_text(LOCUSTFILE.format(module=MODULES[base], base=base, log=log))
    load = ("--headless", "--only-summary", "-u", str(USERS), "-r", f"{SPAWN_RATE:g}", "-t", f"{RUN_S}s")
    ended = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(locustfile), "-H", f"http://127.0.0.1:{port}", *load],
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        raise SystemExit(ended.stderr)
    return list(json.loads(log.read_text()))


def percentiles_ms(times_ms: Sequence[float]) -> list[float]:
    ranked = sorted(times_ms)
    return [ranked[len(ranked) * percent // 100] for percent in PERCENTILES]


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=_serve, args=(there, cores[0]), daemon=True)
    server.start()
    port = here.recv()
    os.sched_setaffinity(0, set(cores[1:]) or set(cores))
    print(f"{USERS} users with constant_throughput(10), {RUN_S} s; ms; aim: p50 +{MOST_P50_MS}, p99 +{MOST_P99_MS}")
    print(f"{'':<14} {'rps':>8} {'server p50':>12} {'told':>8} {'more':>8} {'server p99':>12} {'told':>8} {'more':>8}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(ROUNDS):
                for base in MODULES:
                    told_ms = of_locust(Path(folder), base, port)
                    here.send("times")
                    own_ms = here.recv()
                    columns = "".join(
                        f" {own:>12.2f} {told:>8.2f} {told - own:>8.2f}"
                        for own, told in zip(percentiles_ms(own_ms), percentiles_ms(told_ms), strict=True)
                    )
                    print(f"{base:<14} {len(told_ms) / RUN_S:>8,.0f}{columns}", flush=True)
    finally:
        os.sched_setaffinity(0, set(cores))
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
