"""Health, from the cheapest answer to one that asks the store."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from perftui.demo.pace import take_about


async def show_health(request: Request) -> JSONResponse:
    await take_about(2)
    return JSONResponse({"status": "ok"})


async def show_details(request: Request) -> JSONResponse:
    await take_about(3)
    uptime_s = time.monotonic() - request.state.started_s
    return JSONResponse({"status": "ok", "uptime_s": round(uptime_s, 3)})


async def ping(request: Request) -> JSONResponse:
    return JSONResponse({"ping": "pong"})


async def check_database(request: Request) -> JSONResponse:
    await take_about(4)
    return JSONResponse({"status": "ok", "items": request.state.item_store.count()})


routes = [
    Route("/health", show_health),
    Mount(
        "/api/v1/health",
        routes=[Route("/", show_details), Route("/ping", ping), Route("/database", check_database)],
    ),
]
