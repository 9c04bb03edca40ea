"""Whether a run says so when its own generator, and not the target, made the times: the table of docs/honesty.md.

    python -m benchmarks.honesty [ROUNDS]

A server in a process of its own holds each request for 20 ms and writes down for how long it really did, from when
its kernel had the request (so Linux only): one that lies there unread is no doing of the generator. What the engine
reports is held against that, for two kinds of user and five numbers of users: where the reported p99 is more
than 20 % above the server's own, the run has to be marked, else not. Trust the comparison within one run: what a
number of users costs depends on the machine, and on what else it does.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import struct
import sys
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import time

from benchmarks._engine import run_engine
from perftui.judgement.trust import trust_of
from perftui.model.judged import Trust
from perftui.model.tick import Tick
from perftui.model.totals import RunTotals
from perftui.wire.messages import Configure

HELD_S = 0.020
RUN_S = 10
# What is in flight at the end ends: the server's log and the report are of the same requests.
STOP_TIMEOUT_S = 20.0
USERS = (5, 20, 50, 100, 600)
CLIENTS = ("HttpUser", "FastHttpUser")
# What of the reported p99 above the server's own is still the network's and the client's.
FAIR_EXCESS = 0.2
# The server's log ends here: no run of this length comes near.
MAX_HELD = 1_000_000
RECEIVE_BYTES = 65536
# socket(7); Python has no name for it.
SO_TIMESTAMPNS = 35

LOCUSTFILE = """
from locust import {client}, between, task
class HeldUser({client}):
    wait_time = between(0.05, 0.15)
    @task
    def get(self):
        self.client.get("/")
"""
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run, and what the server held meanwhile; `held_ms` is sorted."""

    client: str
    users: int
    ticks: tuple[Tick, ...]
    held_ms: tuple[float, ...]


class HoldingServer:
    """Answers after HELD_S, and notes for how long it held each request: from when the kernel had it, which may be well
    before the server had a core to read it."""

    def __init__(self, listener: socket.socket, held_ms: array[float]) -> None:
        self._listener = listener
        self._held_ms = held_ms
        self._loop = asyncio.get_running_loop()
        # Bounded by the users.
        self._connections: set[socket.socket] = set()
        listener.setblocking(False)
        self._loop.add_reader(listener, self._accept)

    def close(self) -> None:
        self._loop.remove_reader(self._listener)
        for connection in self._connections:
            self._loop.remove_reader(connection)
            connection.close()

    def _accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                connection, _ = self._listener.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._connections.add(connection)
                self._loop.add_reader(connection, self._read, connection)

    def _read(self, connection: socket.socket) -> None:
        try:
            data, control, _, _ = connection.recvmsg(RECEIVE_BYTES, 64)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(connection)
            self._connections.discard(connection)
            connection.close()
            return
        came_s = time()
        if control:
            # What came on a connection before its times were asked for has none.
            seconds, nanoseconds = struct.unpack("ll", control[0][2])
            came_s = seconds + nanoseconds / 1e9
        self._loop.call_later(HELD_S, self._answer, connection, came_s)

    def _answer(self, connection: socket.socket, came_s: float) -> None:
        if connection in self._connections:
            with suppress(OSError):
                connection.send(_ANSWER)
        if len(self._held_ms) < MAX_HELD:
            self._held_ms.append((time() - came_s) * 1000)


def serve(listener: socket.socket, asked: Connection) -> None:
    """Hold until `asked` is closed; each word on it is answered with what was held since the last."""
    held_ms = array("d")

    async def main() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()

        def on_asked() -> None:
            try:
                asked.recv()
            except EOFError:
                loop.remove_reader(asked.fileno())
                over.set()
                return
            asked.send(held_ms.tobytes())
            del held_ms[:]

        loop.add_reader(asked.fileno(), on_asked)
        server = HoldingServer(listener, held_ms)
        await over.wait()
        server.close()

    asyncio.run(main())


@contextmanager
def holding_server() -> Iterator[tuple[str, Connection]]:
    """The server in its own process: its URL, and the line on which it is asked."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    ours, theirs = multiprocessing.Pipe()

    def run() -> None:
        ours.close()
        serve(listener, theirs)

    process = multiprocessing.get_context("fork").Process(target=run, daemon=True)
    process.start()
    theirs.close()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", ours
    finally:
        ours.close()
        process.join(10)
        listener.close()


def measure(client: str, users: int, folder: Path) -> Measured:
    locustfile = folder / f"{client.lower()}.py"
    locustfile.write_text(LOCUSTFILE.format(client=client))
    with holding_server() as (url, asked):
        asked_load = Configure(
            "run", (str(locustfile),), url, users, float(users), float(RUN_S), STOP_TIMEOUT_S, 60.0, 60.0
        )
        ticks = tuple(run_engine(asked_load).ticks)
        asked.send("held")
        held_ms = array("d")
        held_ms.frombytes(asked.recv())
    return Measured(client, users, ticks, tuple(sorted(held_ms)))


@dataclass(frozen=True, slots=True)
class Row:
    client: str
    users: int
    p50_ms: float
    p99_ms: float
    held_p99_ms: float
    lag_p99_ms: float
    cpu_percent: float
    trust: Trust

    @property
    def excess(self) -> float:
        return self.p99_ms / self.held_p99_ms - 1

    @property
    def is_right(self) -> bool:
        return (self.excess > FAIR_EXCESS) == (self.trust is not Trust.OK)


def row_of(measured: Measured) -> Row:
    totals = RunTotals()
    for tick in measured.ticks:
        totals.add(tick)
    p50_ms, p99_ms = totals.total.times().percentiles_ms((50, 99))
    full = [tick.health for tick in measured.ticks if tick.interval_s > 0.5]
    held_ms = measured.held_ms
    return Row(
        measured.client,
        measured.users,
        p50_ms or 0.0,
        p99_ms or 0.0,
        held_ms[-(-len(held_ms) * 99 // 100) - 1],
        sorted(health.hub_lag_p99_ms for health in full)[len(full) // 2],
        sum(health.cpu_percent for health in full) / len(full),
        trust_of(totals),
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(f"{RUN_S} s each; the server holds {HELD_S * 1000:.0f} ms; to be marked: more than {FAIR_EXCESS:.0%} above")
    print(
        f"{'client':<13}{'users':>6}{'p50 ms':>8}{'p99 ms':>8}{'server p99':>12}{'excess':>8}"
        f"{'lag p99':>9}{'CPU':>7}  {'trust':<8}right"
    )
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for client in CLIENTS:
                for users in USERS:
                    row = row_of(measure(client, users, Path(folder)))
                    rows.append(row)
                    print(
                        f"{row.client:<13}{row.users:>6}{row.p50_ms:>8.1f}{row.p99_ms:>8.1f}{row.held_p99_ms:>12.1f}"
                        f"{row.excess:>8.0%}{row.lag_p99_ms:>9.1f}{row.cpu_percent:>6.0f}%  {row.trust.value:<8}"
                        f"{'yes' if row.is_right else 'NO'}",
                        flush=True,
                    )
    print(f"{sum(row.is_right for row in rows)} of {len(rows)} runs say of themselves what is true")


if __name__ == "__main__":
    main()
