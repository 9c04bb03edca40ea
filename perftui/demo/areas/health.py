"""Health, from the cheapest answer to one that asks the database through the pool."""

from __future__ import annotations

import time

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from perftui.demo.connection_pool import PoolExhaustedError
from perftui.demo.pace import take_about
from perftui.demo.stores import stores_of


async def show_front_page(request: Request) -> JSONResponse:
    """What this is, and where to read on."""
    await take_about(3)
    return JSONResponse({"name": "perftui demo", "docs": "/docs", "metrics": "/metrics"})


async def show_health(request: Request) -> JSONResponse:
    """Whether it is alive."""
    await take_about(2)
    return JSONResponse({"status": "ok"})


async def show_readiness(request: Request) -> JSONResponse:
    """Whether it takes requests."""
    await take_about(2)
    return JSONResponse({"status": "ready"})


async def show_status(request: Request) -> JSONResponse:
    """Since when it runs, and how much it holds."""
    await take_about(3)
    stores = stores_of(request)
    uptime_s = round(time.monotonic() - stores.started_s, 3)
    return JSONResponse({"status": "ok", "uptime_s": uptime_s, "goals": stores.goals.count()})


async def show_details(request: Request) -> JSONResponse:
    """Whether it is alive, and since when."""
    await take_about(3)
    uptime_s = time.monotonic() - stores_of(request).started_s
    return JSONResponse({"status": "ok", "uptime_s": round(uptime_s, 3)})


async def ping(request: Request) -> JSONResponse:
    """The cheapest answer there is."""
    return JSONResponse({"ping": "pong"})


async def check_database(request: Request) -> JSONResponse:
    """Whether the database answers, asked through the pool."""
    await take_about(4)
    try:
        async with stores_of(request).pool.connection() as connection:
            (count,) = connection.execute("SELECT count(*) FROM items").fetchone()
    except PoolExhaustedError:
        raise HTTPException(503, "connection pool exhausted") from None
    return JSONResponse({"status": "ok", "items": count})


routes = [
    Route("/", show_front_page),
    Route("/health", show_health),
    Route("/ready", show_readiness),
    Route("/status", show_status),
    Route("/api/v1/health/", show_details),
    Route("/api/v1/health/ping", ping),
    Route("/api/v1/health/database", check_database),
]
