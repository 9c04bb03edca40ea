"""A bounded pool of database connections, and what happens when it is empty."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

SMALLEST = 5
LARGEST = 20
DEFAULT_SIZE = 10
# Connections beyond the pool's size that are opened for a moment when all are in use.
OVERFLOW = 10
WAITS_S = 1.0


class PoolExhaustedError(Exception):
    """No connection became free in time."""


class ConnectionPool:
    """`size` connections that are kept and OVERFLOW that are not. Who finds none free waits in line for WAITS_S."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], size: int = DEFAULT_SIZE) -> None:
        self.size = size
        self.in_use = 0
        self.waiting = 0
        self.exhausted_total = 0
        self._connect = connect
        self._idle = [connect() for _ in range(size)]
        self._free = asyncio.Semaphore(size + OVERFLOW)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[sqlite3.Connection]:
        """A connection of one's own. Raises PoolExhaustedError when none is free within WAITS_S."""
        await self._wait_in_line()
        self.in_use += 1
        connection = self._idle.pop() if self._idle else self._connect()
        try:
            yield connection
        finally:
            if len(self._idle) < self.size:
                self._idle.append(connection)
            else:
                connection.close()
            self.in_use -= 1
            self._free.release()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    async def _wait_in_line(self) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(WAITS_S):
                await self._free.acquire()
        except TimeoutError:
            self.exhausted_total += 1
            raise PoolExhaustedError from None
        finally:
            self.waiting -= 1
