"""The target as an ASGI application: its areas, and what stands before them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from perftui.demo.areas import accounts, agents, clinic, control, docs, goals, health, items, metrics, platform, trips
from perftui.demo.bodies import BodyLimit, answer_refusal
from perftui.demo.faults import FaultInjector, Faults
from perftui.demo.request_counts import RequestCounter, RequestCounts
from perftui.demo.stores import Stores, open_stores

# The first that matches answers: the cheapest and most asked stand first.
AREAS = (health, items, accounts, agents, goals, trips, clinic, platform, docs, metrics, control)


class _State(TypedDict):
    stores: Stores


def build_app(
    counts: RequestCounts,
    faults: Faults,
    pool_size: int,
    open_connections: Callable[[], int],
) -> Starlette:
    """`open_connections` is asked for each look at the metrics."""

    @asynccontextmanager
    async def open_state(_: Starlette) -> AsyncIterator[_State]:
        async with open_stores(pool_size) as stores:
            yield {"stores": stores}

    app = Starlette(
        routes=[route for area in AREAS for route in area.routes],
        middleware=[
            Middleware(RequestCounter, counts=counts),
            Middleware(FaultInjector, faults=faults),
            Middleware(BodyLimit),
        ],
        exception_handlers={HTTPException: answer_refusal},
        lifespan=open_state,
    )
    app.state.request_counts = counts
    app.state.faults = faults
    app.state.registry = metrics.build_registry(counts, open_connections)
    return app
