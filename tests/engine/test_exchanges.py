"""Some of the requests that fail are kept whole: enough to see why, and never more than is bounded."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from perftui.engine.exchanges import KEPT_AT_ONCE, MAX_FIRST_PER_TICK, MAX_PER_GROUP_AND_TICK, KeptFailures, Reported
from perftui.model.exchange import MAX_EXCHANGE_BYTES_OF_RUN, MAX_EXCHANGES_PER_GROUP, Exchange
from perftui.wire.framing import MAX_FRAME_BYTES
from perftui.wire.messages import Ticked
from tests.fakes.fault_server import RunningFaultServer

GROUP = ("GET", "/a", "boom")

HTTP = """
from locust.exception import StopUser

class Visitor({base}):
    @task
    def visit(self):
        self.client.get("/fine")
        self.client.post("/status/503?page=2&token=CANARY", json={{"name": "oak", "password": "CANARY"}},
            headers={{"X-Shop": "north", "Authorization": "Bearer CANARY-auth"}})
        with self.client.get("/lines", name="looked at", catch_response=True) as response:
            response.failure("not what I want")
        with self.client.get("/lines", name="streamed", stream=True, catch_response=True) as response:
            response.failure("no time to read")
            assert b"".join(response.iter_content(1024, False)) == b"one\\ntwo\\nthree"
        self.client.get("/cut")
        self.environment.runner.quit()
        raise StopUser
"""

OWN = """
class Caller(User):
    @task
    def call(self):
        fire = self.environment.events.request.fire
        fire(request_type="rpc", name="bare", response_time=None, exception=ValueError("no"))
        fire(request_type="rpc", name="text", response_time=3, response="the answer", exception="no", url="rpc://x/y")
        fire(request_type="rpc", name="mapping", response_time=3, response={"token": "CANARY", "n": self},
            exception="no")
        class Evil:
            def __getattr__(self, name): raise RuntimeError(name)
        fire(request_type="rpc", name="evil", response_time="soon", response=Evil(), exception="no")
        self.environment.runner.quit()
"""


def kept(engine: Any) -> dict[str, Exchange]:
    return {each.name: each for ticked in engine.all(Ticked) for each in ticked.tick.exchanges}


@pytest.mark.parametrize("base", ["HttpUser", "FastHttpUser"])
def test_a_failed_request_is_kept_with_what_was_sent_and_what_came_back(
    base: str, engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    engine.run(configure(locustfile(HTTP.format(base=base)), host=target.url))
    exchanges = kept(engine)
    refused = next(each for name, each in exchanges.items() if name.startswith("/status/503"))
    assert (refused.method, refused.status, refused.reason, refused.user_class) == ("POST", 503, "Whatever", "Visitor")
    assert refused.url == f"{target.url}/status/503?page=2&token=***"
    assert refused.time_ms is not None
    assert 0 < refused.time_ms < 10_000
    assert refused.message
    sent = {name.lower(): value for name, value in refused.request_headers}
    assert (sent["x-shop"], sent["authorization"]) == ("north", "***")
    assert refused.request_body == '{"name": "oak", "password": "***"}'
    assert {name.lower(): value for name, value in refused.response_headers} == {"content-length": "2"}
    assert (refused.response_body, refused.response_bytes) == ("ok", 2)
    looked_at = exchanges["looked at"]
    assert (looked_at.status, looked_at.response_body) == (200, "one\ntwo\nthree")
    assert "not what I want" in looked_at.message
    assert exchanges["streamed"].response_body == "(a stream that was not read)"
    cut = exchanges["/cut"]
    assert (cut.status, cut.response_headers, cut.response_body) == (0, (), "")
    assert cut.url == f"{target.url}/cut"
    assert len(exchanges) == 4
    assert "CANARY" not in str(exchanges)
    engine.check_accounting()


def test_failures_of_users_with_their_own_events_are_kept_whatever_they_say(
    engine: Any, locustfile: Any, configure: Any
) -> None:
    engine.run(configure(locustfile(OWN)))
    exchanges = kept(engine)
    assert exchanges["bare"] == Exchange(
        exchanges["bare"].elapsed_s, "rpc", "bare", "", 0, "", None, "ValueError('no')", "Caller"
    )
    assert (exchanges["text"].url, exchanges["text"].response_body) == ("rpc://x/y", "the answer")
    assert exchanges["mapping"].response_body == '{"token": "***", "n": "<Caller>"}'
    assert (exchanges["evil"].time_ms, exchanges["evil"].response_body) == (None, "")
    engine.check_accounting()


def test_a_target_that_always_fails_is_kept_in_parts_over_the_run(engine: Any, locustfile: Any, configure: Any) -> None:
    task = "class U(FastHttpUser):\n    @task\n    def t(self): self.client.get('/')\n"
    with RunningFaultServer("status=500") as server:
        engine.run(configure(locustfile(task), host=server.url, users=3, run_time_s=1.6))
    per_tick = [len(ticked.tick.exchanges) for ticked in engine.all(Ticked)]
    assert max(per_tick) == MAX_PER_GROUP_AND_TICK
    assert sum(per_tick) > MAX_PER_GROUP_AND_TICK
    assert engine.counts["/"][1] > 100


def keep(failures: KeptFailures, now_s: float, group: tuple[str, str, str] = GROUP, body: str = "b") -> bool:
    if not failures.wants(group, now_s):
        return False
    failures.keep(group, Reported(response=body), 500, now_s)
    return True


def test_a_group_is_kept_at_once_and_then_ever_more_rarely() -> None:
    failures = KeptFailures()
    kept_at: list[tuple[int, int]] = []
    for now_s in range(2000):
        if count := sum(keep(failures, now_s) for _ in range(9)):
            kept_at.append((now_s, count))
        failures.take()
    assert kept_at[:5] == [(0, 3), (1, 3), (2, 3), (3, 1), (4, 1)]
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(kept_at)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == 1 << (MAX_EXCHANGES_PER_GROUP - KEPT_AT_ONCE - 1)


def test_nothing_goes_past_its_bound_and_every_group_has_its_turn() -> None:
    failures = KeptFailures()
    names = [f"/{i}" for i in range(60)]
    counts: Counter[str] = Counter()
    for second in range(3000):
        for name in names * 5:
            keep(failures, second, ("GET", name, "boom"))
        taken = failures.take()
        assert len(taken) <= MAX_FIRST_PER_TICK
        counts.update(each.name for each in taken)
    assert set(counts.values()) == {MAX_EXCHANGES_PER_GROUP}
    assert set(counts) == set(names)


def test_the_bytes_of_a_run_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    limit_bytes = 50_000
    assert MAX_EXCHANGE_BYTES_OF_RUN <= MAX_FRAME_BYTES / 2
    monkeypatch.setattr("perftui.engine.exchanges.MAX_EXCHANGE_BYTES_OF_RUN", limit_bytes)
    failures = KeptFailures()
    total = 0
    for number in range(50):
        keep(failures, float(number), ("GET", f"/{number}", "boom"), "ä" * 5000)
        total += sum(len(each.response_body.encode()) for each in failures.take())
    assert limit_bytes - 6000 < total <= limit_bytes
    assert not failures.wants(("GET", "/new", "boom"), 9999.0)
