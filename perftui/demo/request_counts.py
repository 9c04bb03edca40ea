"""What the target saw, counted when it arrived: a run can be checked against this."""

from __future__ import annotations

from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTROL_PREFIX = "/__perftui__/"
METRICS_PATH = "/metrics"
# Bounds the table of paths; further ones are counted together under OTHER_PATHS.
MAX_PATHS = 1000
OTHER_PATHS = "(other)"


def is_load(scope: Scope) -> bool:
    """Whether this is a request of the load, not one that only asks or controls."""
    return scope["type"] == "http" and scope["path"] != METRICS_PATH and not scope["path"].startswith(CONTROL_PREFIX)


class RequestCounts:
    """Requests by path as they arrived, and by status as they were answered. Never those that only ask."""

    def __init__(self) -> None:
        self.total = 0
        self.by_path: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()

    def add(self, path: str) -> None:
        known = path in self.by_path or len(self.by_path) < MAX_PATHS
        self.by_path[path if known else OTHER_PATHS] += 1
        self.total += 1


class RequestCounter:
    """ASGI middleware that counts each request when it arrives, whatever becomes of it."""

    def __init__(self, app: ASGIApp, counts: RequestCounts) -> None:
        self.app = app
        self.counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_load(scope):
            await self.app(scope, receive, send)
            return
        self.counts.add(scope["path"])

        async def count_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.counts.by_status[message["status"]] += 1
            await send(message)

        await self.app(scope, receive, count_and_send)
