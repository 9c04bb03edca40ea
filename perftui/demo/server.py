"""The server's own process: sockets, signals and when to leave."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from perftui import exit_codes
from perftui.demo.app import build_app
from perftui.demo.connection_pool import DEFAULT_SIZE
from perftui.demo.faults import Faults
from perftui.demo.knobs import ALL_OFF, Knobs, ScheduledFreeze
from perftui.demo.leases import LeaseBook
from perftui.demo.process import lease_path
from perftui.demo.request_counts import RequestCounts
from perftui.demo.terminal_keys import terminal_keys
from perftui.model.errors import PerftuiError

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Settings:
    """How one server starts. `pool_size` is of the database's connections."""

    knobs: Knobs = ALL_OFF
    freeze: ScheduledFreeze | None = None
    pool_size: int = DEFAULT_SIZE


DEFAULTS = Settings()


def serve(port: int = 0, settings: Settings = DEFAULTS) -> None:
    """Serve until SIGINT, SIGTERM or the key q, and say where in one line on stdout. Port 0 takes a free one.

    On a terminal, keys turn the knobs. Raises PerftuiError when the port cannot be had.
    """
    with _listen(port) as listener:
        server = _TargetServer(settings)
        _announce(listener)

        async def serve_with_keys() -> None:
            with terminal_keys(server.faults, server.counts, server.leave):
                await server.serve(sockets=[listener])

        asyncio.run(serve_with_keys())


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
        server = _TargetServer(DEFAULTS)
        book = LeaseBook(server, _url(listener), lease_path(lease_dir))

        async def serve_holders() -> None:
            await book.open(leases)
            await server.serve(sockets=[listener])

        asyncio.run(serve_holders())


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


class _TargetServer(uvicorn.Server):
    """uvicorn with the target as its application; its handlers for SIGINT and SIGTERM are the ones that end it."""

    def __init__(self, settings: Settings) -> None:
        self.counts = RequestCounts()
        self.faults = Faults(settings.knobs, settings.freeze)
        super().__init__(
            uvicorn.Config(
                build_app(self.counts, self.faults, settings.pool_size, lambda: len(self.server_state.connections)),
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
        # uvicorn raises a signal again once it has shut down; it lands here, instead of ending the process.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.leave)

    def leave(self, *_: object) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What waits in a freeze is answered, as in a target that was let go.
        self.faults.freeze(0)
        # What it cuts off after the grace period is no error to report.
        logging.getLogger("uvicorn.error").disabled = True
        await super().shutdown(sockets)
