"""A target of few bytes in a process of its own, on loopback: it counts what it answers."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import psutil

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_END_OF_HEAD = b"\r\n\r\n"


class _Answers(asyncio.Protocol):
    """Requests without a body, answered at once; `served` is shared with whoever asks how many there were."""

    def __init__(self, served: Synchronized[int]) -> None:
        self._served = served
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *heads, self._rest = (self._rest + data).split(_END_OF_HEAD)
        assert self._transport is not None
        # Nobody else writes it.
        self._served.get_obj().value += len(heads)
        self._transport.write(_ANSWER * len(heads))


@dataclass(frozen=True, slots=True)
class Target:
    url: str
    pid: int
    _served: Any

    @property
    def served(self) -> int:
        return int(self._served.value)

    @property
    def cpu_s(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)


def _serve(ready: Any, served: Any, core: int | None) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Answers(served), "127.0.0.1", 0, backlog=4096)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    if core is not None:
        os.sched_setaffinity(0, {core})
    asyncio.run(serve())


@contextlib.contextmanager
def target(core: int | None = None) -> Iterator[Target]:
    """On `core` alone, where one is named."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    served = context.Value("q", 0)
    process = context.Process(target=_serve, args=(there, served, core), daemon=True)
    process.start()
    try:
        assert process.pid is not None
        yield Target(f"http://127.0.0.1:{here.recv()}", process.pid, served)
    finally:
        process.terminate()
        process.join()
