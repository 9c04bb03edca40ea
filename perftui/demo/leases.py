"""Who uses the server, and when it leaves for want of users."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import uvicorn

# How long a server that others share waits for its first lease, and after its last.
FIRST_LEASE_WITHIN_S = 10.0
LEAVES_AFTER_S = 2.0


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
