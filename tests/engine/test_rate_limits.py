"""Responses with status 429 are counted apart, whatever user code makes of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from perftui.model.tick import RateLimitDelta
from perftui.wire.messages import Ticked

DATE = "Wed, 01 Jul 2026 12:00:00 GMT"
IN_HALF_A_MINUTE = "Wed, 01 Jul 2026 12:00:30 GMT"
# Status and Retry-After by path.
ANSWERS = {
    "/seconds": (429, "7"),
    "/date": (429, IN_HALF_A_MINUTE),
    "/silent": (429, None),
    "/nonsense": (429, "soon"),
    "/busy": (503, "5"),
    "/open": (200, "5"),
}
TASK = """
import gevent
from locust.exception import StopUser

class Visitor({base}):
    @task
    def visit(self):
        get = self.client.get
        for path in ("/seconds", "/silent", "/nonsense", "/busy", "/open"):
            get(path)
        with get("/date", catch_response=True) as response:
            response.success()
        with get("/seconds", name="failed", catch_response=True) as response:
            response.failure("too many")
        with get("/seconds", name="looked at", catch_response=True) as response:
            gevent.sleep(0.5)
            response.success()
        self.environment.runner.quit()
        raise StopUser
"""


class Limited(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, retry_after = ANSWERS[self.path]
        self.send_response_only(status)
        self.send_header("Date", DATE)
        self.send_header("Content-Length", "0")
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()


@pytest.fixture
def limited_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Limited) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("base", ["HttpUser", "FastHttpUser"])
def test_each_429_is_counted_with_what_it_said_and_when(
    base: str, engine: Any, limited_url: str, locustfile: Any, configure: Any
) -> None:
    engine.run(configure(locustfile(TASK.format(base=base)), host=limited_url))
    told: dict[str, RateLimitDelta] = {}
    ended_s: dict[str, float] = {}
    for ticked in engine.all(Ticked):
        for delta in ticked.tick.rate_limits:
            told[delta.name] = delta
            ended_s[delta.name] = ticked.tick.elapsed_s
    assert {name: (delta.count, delta.retry_after_s) for name, delta in told.items()} == {
        "/seconds": (1, 7.0),
        "/silent": (1, None),
        "/nonsense": (1, None),
        "/date": (1, 30.0),
        "failed": (1, 7.0),
        "looked at": (1, 7.0),
    }
    for name, delta in told.items():
        assert 0 < delta.first_s == delta.last_s <= ended_s[name]
        assert delta.told_s == (None if delta.retry_after_s is None else delta.last_s)
    # The response ended before user code looked at it, not when it was reported.
    assert ended_s["looked at"] - told["looked at"].last_s > 0.45
    assert engine.counts["/date"] == engine.counts["looked at"] == (1, 0)
    assert engine.counts["failed"] == (0, 1)


@pytest.mark.parametrize("base", ["HttpUser", "FastHttpUser"])
def test_the_429s_of_one_name_are_one_entry_a_tick(
    base: str, engine: Any, limited_url: str, locustfile: Any, configure: Any
) -> None:
    task = (
        f"class U({base}):\n    wait_time = constant(0.02)\n    @task\n    def t(self): self.client.get('/seconds')\n"
    )
    engine.run(configure(locustfile(task), host=limited_url, users=3, run_time_s=1.5))
    ticks = [ticked.tick for ticked in engine.all(Ticked) if ticked.tick.requests]
    before_s = 0.0
    for tick in ticks:
        (delta,) = tick.rate_limits
        assert delta.count == tick.requests[0].statuses[429]
        assert before_s <= delta.first_s < delta.last_s <= tick.elapsed_s
        before_s = delta.last_s
    assert sum(tick.rate_limits[0].count for tick in ticks) == engine.counts["/seconds"][1] > 20
