"""What the target says about itself. Never counted, so that asking does not change the answer."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/__perftui__/"
# Bounds the table of paths; further ones are counted together under OTHER_PATHS.
MAX_PATHS = 1000
OTHER_PATHS = "(other)"


class RequestCounter:
    """ASGI middleware that counts each request when it arrives, whatever becomes of it.

    A run is checked against this: what the target saw, whatever a load generator believes.
    """

    def __init__(self, app: ASGIApp, counts: Counter[str]) -> None:
        self.app = app
        self.counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(PREFIX):
            known = scope["path"] in self.counts or len(self.counts) < MAX_PATHS
            self.counts[scope["path"] if known else OTHER_PATHS] += 1
        await self.app(scope, receive, send)


async def show_requests(request: Request) -> JSONResponse:
    counts: Counter[str] = request.app.state.request_counts
    return JSONResponse({"total": counts.total(), "by_path": dict(counts)})


routes = [Route(f"{PREFIX}requests", show_requests)]
