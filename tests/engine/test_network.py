"""What of a request's time is the target's, while the generator itself is kept from its work."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from perftui.model.histogram import Histogram, merge
from perftui.model.totals import times_of
from perftui.wire.messages import Ticked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says when bytes came")

# One user computes for 60 ms again and again, in which no other can go on.
BUSY = """
from time import monotonic
from locust.exception import StopUser

class Busy(User):
    fixed_count = 1
    wait_time = constant(0.03)
    @task
    def compute(self):
        until_s = monotonic() + 0.06
        while monotonic() < until_s:
            pass
"""


def measured(engine: Any) -> tuple[Histogram, Histogram]:
    """All times, and those without what the generator added."""
    ticks = [ticked.tick for ticked in engine.all(Ticked)]
    return merge(times_of(tick) for tick in ticks), merge(tick.less_own for tick in ticks)


@pytest.mark.parametrize("base", ["HttpUser", "FastHttpUser", "LeanHttpUser"])
def test_what_a_busy_generator_adds_is_known_of_each_request(
    base: str, engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(
        BUSY
        + f"""
from perftui.users import LeanHttpUser

class Kept({base}):
    @task
    def t(self): self.client.get("/slow/5")
class Anew({base}):
    @task
    def t(self):
        self.client.get("/slow/5", headers={{"Connection": "close"}})
"""
    )
    engine.run(configure(path, host=target.url, users=5, run_time_s=1.5, stop_timeout_s=5.0))
    times, less_own = measured(engine)
    assert less_own.count == times.count > 20
    # Nearly every request meets the computing; what the target took stays.
    assert (times.mean_ms or 0) - (less_own.mean_ms or 0) > 10
    assert (less_own.percentile_ms(25) or 0) >= 5


def test_a_slow_target_is_not_taken_for_a_slow_generator(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(
        """
class U(FastHttpUser):
    @task
    def t(self):
        self.client.get("/slow/100")
        self.client.get("/cut", name="cut")
        with self.client.get("/slow/100", name="thought about", catch_response=True) as response:
            gevent.sleep(0.2)
import gevent
"""
    )
    engine.run(configure(path, host=target.url, users=3, run_time_s=1.0, stop_timeout_s=5.0))
    times, less_own = measured(engine)
    assert less_own.count == times.count > 5
    assert (less_own.percentile_ms(50) or 0) > 98
    assert less_own.sum_us > 0.7 * times.sum_us


def test_requests_inside_of_a_request_and_those_of_other_clients(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    """What waits for a token waits for the network; what is only reported stands as it was reported."""
    path = locustfile(
        """
from locust.exception import StopUser
class U(HttpUser):
    def login(self, request):
        if "token" not in request.url:
            self.client.get("/slow/100?token")
        return request
    @task
    def t(self):
        self.client.get("/", auth=self.login)
        self.environment.events.request.fire(
            request_type="rpc", name="told", response_time=300, response_length=0, exception=None
        )
        raise StopUser
"""
    )
    engine.run(configure(path, host=target.url, users=1, run_time_s=1.0, stop_timeout_s=5.0))
    times, less_own = measured(engine)
    assert (times.count, less_own.count) == (3, 3)
    assert (less_own.max_us, sum(count for us, count in less_own.buckets.items() if us > 90_000)) == (300_000, 3)


def test_where_no_request_is_known_nothing_is_said(engine: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile(
        """
class U(User):
    wait_time = constant(0.1)
    @task
    def t(self):
        with self.environment.events.request.measure("rpc", "measured"): pass
"""
    )
    engine.run(configure(path, users=1, run_time_s=0.5))
    times, less_own = measured(engine)
    assert times.count > 0
    assert less_own == Histogram()


def test_a_reset_in_a_body_fails_the_request_as_without_perftui(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    """Who looks when the bytes came must leave the error to the client: it is told once."""
    path = locustfile(
        """
from perftui.users import LeanHttpUser
def once(user): user.client.get("/reset-in-body", name=type(user).__name__)
class Once:
    fixed_count = 1
    wait_time = constant(60)
    tasks = [once]
class Requests(Once, HttpUser): pass
class Fast(Once, FastHttpUser): pass
class Lean(Once, LeanHttpUser): pass
"""
    )
    asked = configure(path, host=target.url, users=3)
    engine.run(asked, until=lambda engine: len(engine.counts) == 3 or engine.all(Ticked)[5:])
    assert engine.counts == {"Requests": (0, 1), "Fast": (0, 1), "Lean": (0, 1)}
    failures = {each.name: each.message for ticked in engine.all(Ticked) for each in ticked.tick.failures}
    reset = "ConnectionResetError(<n>, 'Connection reset by peer')"
    assert failures == {
        "Requests": f'ChunkedEncodingError(ProtocolError("Connection broken: {reset}", {reset}))',
        "Fast": reset,
        "Lean": "reset: the server broke the connection off",
    }
