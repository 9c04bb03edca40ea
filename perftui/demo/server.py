"""The server's own process: sockets, signals and when to leave."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypedDict

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from perftui import exit_codes
from perftui.demo.areas import control, health, items
from perftui.demo.item_store import ItemStore
from perftui.demo.process import lease_path
from perftui.model.errors import PerftuiError

HOST = "127.0.0.1"
# How long a server that others share waits for its first lease, and after its last.
FIRST_LEASE_WITHIN_S = 10.0
LEAVES_AFTER_S = 2.0


class _State(TypedDict):
    item_store: ItemStore
    started_s: float


@asynccontextmanager
async def _open_stores(_: Starlette) -> AsyncIterator[_State]:
    with closing(ItemStore()) as item_store:
        yield {"item_store": item_store, "started_s": time.monotonic()}


def build_app() -> Starlette:
    request_counts: Counter[str] = Counter()
    app = Starlette(
        routes=[*control.routes, *health.routes, *items.routes],
        middleware=[Middleware(control.RequestCounter, counts=request_counts)],
        lifespan=_open_stores,
    )
    app.state.request_counts = request_counts
    return app


def serve(port: int = 0) -> None:
    """Serve until SIGINT or SIGTERM, and say where in one line on stdout. Port 0 takes a free one.

    Raises PerftuiError when the port cannot be had.
    """
    with _listen(port) as listener:
        _run(listener, on_ready=lambda: _announce(listener))


def serve_leased(lease_dir: Path) -> None:
    """Put a server into the background that leaves when nobody holds a lease on it, and return.

    Both of its sockets listen when this returns. Raises PerftuiError when `lease_dir` already has one.
    """
    os.umask(0o077)
    with _listen(0) as listener, _listen_for_leases(lease_dir) as leases:
        # The fork makes it nobody's child: it is neither waited for nor taken for a part of a run.
        if os.fork():
            _announce(listener)
            return
        os.setsid()
        os.chdir("/")
        with open(os.devnull, "r+b") as nothing:
            for standard_fd in (0, 1, 2):
                os.dup2(nothing.fileno(), standard_fd)
        _run(listener, leases=leases, lease_file=lease_path(lease_dir))


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"


def _announce(listener: socket.socket) -> None:
    sys.stdout.write(f"perftui demo target: {_url(listener)}\n")
    sys.stdout.flush()


def _listen(port: int) -> socket.socket:
    # TCP by name: only then does asyncio switch Nagle's algorithm off, which costs 40 ms per answer on a
    # connection that is kept.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        busy = error.errno == errno.EADDRINUSE
        raise PerftuiError(
            f"cannot listen on {HOST} port {port}",
            "something else does" if busy else (error.strerror or str(error)).lower(),
            "Choose another with --port, or leave it out to take a free one",
            exit_code=exit_codes.ENVIRONMENT,
        ) from error
    return listener


def _listen_for_leases(lease_dir: Path) -> socket.socket:
    leases = socket.socket(socket.AF_UNIX)
    try:
        leases.bind(str(lease_path(lease_dir)))
    except OSError as error:
        leases.close()
        raise PerftuiError(
            f"cannot listen on {lease_path(lease_dir)}",
            (error.strerror or str(error)).lower(),
            exit_code=exit_codes.ENVIRONMENT,
        ) from error
    leases.listen()
    return leases


def _run(
    listener: socket.socket,
    *,
    on_ready: Callable[[], None] = lambda: None,
    leases: socket.socket | None = None,
    lease_file: Path | None = None,
) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            build_app(),
            # What a plain install brings: the target behaves alike on every machine.
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            log_level="error",
            # Longer than users pause between requests: a connection closed as it is used again is a failure.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
    )

    def leave(*_: object) -> None:
        server.should_exit = True

    # uvicorn raises a signal again once it has shut down; it lands here, instead of ending the process.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    on_ready()

    async def serve_both() -> None:
        if leases is not None and lease_file is not None:
            await LeaseBook(server, _url(listener), lease_file).open(leases)
        await server.serve(sockets=[listener])

    asyncio.run(serve_both())


class LeaseBook:
    """Knows who uses the server. A lease is a connection, so the kernel ends it when its holder dies.

    A holder is sent the server's URL in one line once its lease counts: who has the line has the server.
    """

    def __init__(self, server: uvicorn.Server, url: str, lease_file: Path) -> None:
        self._server = server
        self._url = url
        self._lease_file = lease_file
        self._holders: set[asyncio.BaseTransport] = set()

    async def open(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._desk = await loop.create_unix_server(lambda: _Lease(self), sock=listener)
        self._end = loop.call_later(FIRST_LEASE_WITHIN_S, self._close)

    def grant(self, holder: asyncio.Transport) -> None:
        if self._server.should_exit:
            holder.abort()
            return
        self._end.cancel()
        self._holders.add(holder)
        holder.write(f"{self._url}\n".encode())

    def end(self, holder: asyncio.BaseTransport) -> None:
        self._holders.discard(holder)
        if not self._holders and not self._server.should_exit:
            self._end.cancel()
            self._end = asyncio.get_running_loop().call_later(LEAVES_AFTER_S, self._close)

    def _close(self) -> None:
        # The file goes first: once connections are refused, the path belongs to whoever starts the next one.
        self._lease_file.unlink(missing_ok=True)
        self._desk.close()
        self._server.should_exit = True


class _Lease(asyncio.Protocol):
    def __init__(self, book: LeaseBook) -> None:
        self._book = book

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._book.grant(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._book.end(self._transport)
