"""started == succeeded + failed + abandoned + in flight, whatever user code does with a request."""

from __future__ import annotations

from typing import Any

import pytest

from perftui.wire.messages import Ticked

BASES = ("HttpUser", "FastHttpUser", "LeanHttpUser")


def abandoned(engine: Any) -> int:
    return sum(ticked.tick.abandoned for ticked in engine.all(Ticked))


@pytest.mark.parametrize("base", BASES)
def test_requests_cut_off_by_the_end_are_abandoned_with_their_age(
    base: str, engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(
        f"from perftui.users import LeanHttpUser\nclass U({base}):\n    @task\n"
        "    def t(self):\n        self.client.get('/')\n        self.client.get('/hang')\n"
    )
    engine.run(configure(path, host=target.url, users=4, run_time_s=1.5, stop_timeout_s=0.3))
    engine.check_accounting()
    assert engine.counts == {"/": (4, 0)}
    assert abandoned(engine) == target.requests["/hang"] == 4
    before = engine.all(Ticked)[0].tick
    assert before.in_flight == 4
    assert before.oldest_in_flight_s > 0
    assert [(method, url) for method, url, _ in engine.ended.abandoned] == [("GET", "/hang")] * 4
    assert all(age_s > 0.5 for _, _, age_s in engine.ended.abandoned)


@pytest.mark.parametrize("base", BASES)
def test_odd_uses_of_a_client_are_counted_once(
    base: str, engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(
        f"""
import gevent
from gevent.pool import Pool
from locust.exception import StopUser
from perftui.users import LeanHttpUser

class U({base}):
    def stages(self):
        get = self.client.get
        get("/redirect")
        get("/cut", name="cut")
        with get("/", name="left by an exception", catch_response=True):
            raise ValueError("in the block")
    def more(self):
        get = self.client.get
        get("/", name="never looked at", catch_response=True)
        with get("/", name="nested", catch_response=True) as outer:
            get("/", name="inner")
            outer.failure("no")
        pool = Pool(5)
        for _ in range(10): pool.spawn(get, "/slow/20", name="pool")
        pool.join()
        with get("/status/503", name="kept", catch_response=True) as response: pass
        with self.rest("GET", "/", name="rest") as response: response.failure("not wanted")
        for _ in range(2):
            try: get("http://[", name="no url")
            except ValueError: pass
        with gevent.Timeout(0.2, False): get("/hang", name="timed out")
    @task
    def t(self):
        try: self.stages()
        except ValueError: pass
        self.more()
        raise StopUser

@events.request.add_listener
def listen(name, **_):
    if name == "kept": U.seen = True
"""
    )
    engine.run(configure(path, host=target.url, users=1, run_time_s=2.0))
    engine.check_accounting()
    counts = engine.counts
    # geventhttpclient's own timeout class is gevent's: FastHttpUser reports what HttpUser lets through.
    timed_out = counts.pop("timed out", (0, 0))
    assert timed_out == ((0, 1) if base == "FastHttpUser" else (0, 0))
    # So does it with a URL that is none, which it tries to reach.
    counts.pop("no url", None)
    assert counts == {
        "/redirect": (1, 0),
        "cut": (0, 1),
        "nested": (0, 1),
        "inner": (1, 0),
        "pool": (10, 0),
        "kept": (0, 1),
        "rest": (0, 1),
    }
    assert abandoned(engine) == 2 + (base != "FastHttpUser")
    assert engine.all(Ticked)[-1].tick.in_flight == 0


def test_listener_that_sends_requests_and_waits(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile(
        """
import gevent
class U(HttpUser):
    wait_time = constant(0.01)
    def on_start(self):
        @events.request.add_listener
        def follow(name, **_):
            gevent.sleep(0.01)
            if name == "/": self.client.get("/slow/5", name="follow")
    @task
    def t(self): self.client.get("/")
"""
    )
    engine.run(configure(path, host=target.url, users=1, run_time_s=1.2, stop_timeout_s=5.0))
    engine.check_accounting()
    assert engine.counts["/"][0] == target.requests["/"]
    # The last one may have been cut off before it reached the server.
    followed = engine.counts["follow"][0]
    assert followed <= target.requests["/slow/5"] <= followed + abandoned(engine)


def test_clients_of_the_users_own_making(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    """A subclass is counted through its base; another client by what it reports."""
    path = locustfile(
        """
from locust.clients import HttpSession
from locust.exception import StopUser
class Session(HttpSession):
    def request(self, method, url, *args, **kwargs): return super().request(method, url + "?v=1", *args, **kwargs)
class U(HttpUser):
    def __init__(self, environment):
        super().__init__(environment)
        self.client = Session(self.host, environment.events.request, self)
    @task
    def t(self):
        self.client.get("/", name="sub")
        with self.environment.events.request.measure("rpc", "measured"): pass
        raise StopUser
"""
    )
    engine.run(configure(path, host=target.url, users=2, run_time_s=1.0))
    engine.check_accounting()
    assert engine.counts == {"sub": (2, 0), "measured": (2, 0)}
    assert sum(ticked.tick.started for ticked in engine.all(Ticked)) == 4
