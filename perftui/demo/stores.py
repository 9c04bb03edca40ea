"""Everything the target keeps while it runs: one embedded SQLite database in memory, and what stands around it."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request

from perftui.demo.account_store import AccountStore
from perftui.demo.connection_pool import ConnectionPool
from perftui.demo.item_store import ItemStore
from perftui.demo.rate_limit import FixedWindowLimit
from perftui.demo.tables import Table
from perftui.demo.task_queue import TaskQueue

# Of what is added to a table only the newest are kept.
MAX_ADDED = 5000
SESSIONS = 100
RATE_LIMIT = 100
RATE_LIMIT_WINDOW_S = 60

_TEXT = "TEXT NOT NULL DEFAULT ''"


@dataclass(frozen=True, slots=True)
class Stores:
    started_s: float
    items: ItemStore
    accounts: AccountStore
    agents: Table
    goals: Table
    trips: Table
    sessions: Table
    uploads: Table
    pool: ConnectionPool
    tasks: TaskQueue
    limit: FixedWindowLimit


@asynccontextmanager
async def open_stores(pool_size: int) -> AsyncIterator[Stores]:
    """The stores and the workers of the queue; both end with the context."""
    # Connections of one process share the database of this name, which lives as long as any of them.
    address = f"file:perftui-demo-{secrets.token_hex(4)}?mode=memory&cache=shared"
    connect = partial(sqlite3.connect, address, uri=True, isolation_level=None)
    with closing(connect()) as database, closing(ConnectionPool(connect, pool_size)) as pool:
        tasks = TaskQueue()
        workers = [asyncio.create_task(tasks.work(name)) for name in tasks.done_by_worker]
        try:
            yield _stores(database, pool, tasks)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)


def stores_of(request: Request) -> Stores:
    stores: Stores = request.state.stores
    return stores


def _stores(database: sqlite3.Connection, pool: ConnectionPool, tasks: TaskQueue) -> Stores:
    patients = [(f"patient {number}",) for number in range(1, SESSIONS + 1)]
    trip = {"title": _TEXT, "username": _TEXT, "state": "TEXT NOT NULL DEFAULT 'draft'"}
    goal = {"title": _TEXT, "username": "TEXT", "state": "TEXT NOT NULL DEFAULT 'open'"}
    upload = {"session_id": "INTEGER NOT NULL", "bytes": "INTEGER NOT NULL", "sha256": _TEXT}
    return Stores(
        started_s=time.monotonic(),
        items=ItemStore(database),
        accounts=AccountStore(database),
        agents=Table(database, "agents", {"name": _TEXT, "model": _TEXT}, max_added=MAX_ADDED),
        goals=Table(database, "goals", goal, max_added=MAX_ADDED),
        trips=Table(database, "trips", trip, max_added=MAX_ADDED, index="username"),
        sessions=Table(database, "sessions", {"patient": _TEXT}, max_added=MAX_ADDED, seeds=patients),
        uploads=Table(database, "uploads", upload, max_added=MAX_ADDED, index="session_id"),
        pool=pool,
        tasks=tasks,
        limit=FixedWindowLimit(RATE_LIMIT, RATE_LIMIT_WINDOW_S),
    )
