"""The service times that FastHttpUser and LeanHttpUser tell, against the server's own log of the same requests.

    python -m benchmarks.user_times

2,000 requests per second: 200 users with 10 each, each at a moment of its own, under Locust's own command. The server,
on a core of its own, holds each request for 5 ms, and each fiftieth for 20 ms. Its times go from the first byte of a
request to the last byte of its answer written; a client's may only be longer, by the way there and back and by what the
client itself is late. The first request of each user, which connects, is left out on both sides.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator, Sequence
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
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


class _Holding(asyncio.Protocol):
    """Answers each request after a while; `times_ms` grows by each that is not a user's first one."""

    def __init__(self, holds_s: Iterator[float], times_ms: array[float]) -> None:
        self._holds_s = holds_s
        self._times_ms = times_ms
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        began_s = time.perf_counter()
        # A request of these users is one read.
        assert data.endswith(b"\r\n\r\n")
        is_counted = data.startswith(b"GET /paced")
        asyncio.get_running_loop().call_later(next(self._holds_s), self._answer, began_s, is_counted)

    def _answer(self, began_s: float, is_counted: bool) -> None:
        assert self._transport is not None
        self._transport.write(_ANSWER)
        if is_counted:
            self._times_ms.append((time.perf_counter() - began_s) * 1e3)


def _serve(parent: Any, core: int) -> None:
    """Tells its port; then its times, each time it is asked, and forgets them."""
    os.sched_setaffinity(0, {core})
    times_ms: array[float] = array("d")
    holds_s = itertools.cycle([LONG_HOLD_S] + [HOLD_S] * (LONG_EACH - 1))

    async def serve() -> None:
        loop = asyncio.get_running_loop()

        def tell() -> None:
            parent.recv()
            parent.send(list(times_ms))
            del times_ms[:]

        loop.add_reader(parent.fileno(), tell)
        server = await loop.create_server(lambda: _Holding(holds_s, times_ms), "127.0.0.1", 0, backlog=1024)
        parent.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


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
