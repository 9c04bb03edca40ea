"""Each knob through a running target."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.demo import faults
from perftui.demo.faults import Faults
from perftui.demo.knobs import Knobs
from tests.demo.running import Target, running_demo
from tests.fakes.command import perftui
from tests.fakes.waiting import wait_for

PING = "/api/v1/health/ping"


def ping_s(target: Target) -> float:
    return target.get(PING).elapsed.total_seconds()


def test_latency_is_added_to_each_request(target: Target) -> None:
    target.turn(latency_ms=200)
    assert min(ping_s(target) for _ in range(3)) >= 0.2


def test_jitter_spreads_the_latency(target: Target) -> None:
    target.turn(latency_ms=50, jitter_ms=50)
    times_s = [ping_s(target) for _ in range(15)]
    assert max(times_s) - min(times_s) > 0.03


@pytest.mark.parametrize(("share", "fewest", "most"), [(0.0, 0, 0), (0.5, 20, 80), (1.0, 100, 100)])
def test_the_share_of_requests_that_fail(target: Target, share: float, fewest: int, most: int) -> None:
    target.turn(failure_share=share)
    statuses = Counter(target.get(PING).status_code for _ in range(100))
    assert set(statuses) <= {200, 500}
    assert fewest <= statuses[500] <= most


def test_asking_and_metrics_go_on_whatever_is_wrong(target: Target) -> None:
    target.turn(latency_ms=60_000, failure_share=1, freeze_s=60, leak_kb_per_request=100_000)
    assert target.metric("process_resident_memory_bytes") < 300e6
    knobs = target.knobs()
    assert 0 < knobs.pop("freeze_s") <= 60
    assert knobs == {
        "latency_ms": 60_000,
        "jitter_ms": 0,
        "failure_share": 1,
        "leak_kb_per_request": 100_000,
        "leaked_kb": 0,
    }


def test_a_freeze_holds_what_comes_and_what_is_under_way_and_lets_go(target: Target) -> None:
    with ThreadPoolExecutor(2) as threads:
        under_way = threads.submit(target.get, "/database/heavy?hold_ms=200")
        wait_for(lambda: target.json("GET", "/database/pool")["in_use"], "the request to be under way")
        started_s = time.monotonic()
        target.turn(freeze_s=1)
        coming = threads.submit(target.get, PING)
        assert {under_way.result().status_code, coming.result().status_code} == {200}
    assert time.monotonic() - started_s >= 1
    assert under_way.result().elapsed.total_seconds() >= 0.9
    assert target.knobs()["freeze_s"] == 0
    assert target.get(PING).status_code == 200


def test_a_freeze_can_be_ended_early(target: Target) -> None:
    target.turn(freeze_s=600)
    seen = target.received()
    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(target.get, PING)
        wait_for(lambda: target.received() > seen, "the request to arrive")
        assert not held.done()
        target.turn(freeze_s=0)
        assert held.result().status_code == 200


def test_a_freeze_on_a_schedule_counts_from_the_first_request() -> None:
    with running_demo("--freeze-after", "300ms", "--freeze", "1s") as target:
        # Asking is no request: the clock does not run yet.
        asked_s = time.monotonic()
        wait_for(lambda: target.knobs()["freeze_s"] == 0 and time.monotonic() > asked_s + 0.5, "half a second")
        started_s = time.monotonic()
        target.get(PING)
        wait_for(lambda: target.knobs()["freeze_s"] > 0, "the freeze")
        target.get(PING)
        assert time.monotonic() - started_s >= 1.3


def test_a_reset_cancels_a_freeze_on_a_schedule() -> None:
    with running_demo("--freeze-after", "500ms", "--freeze", "60s") as target:
        target.get(PING)
        started_s = time.monotonic()
        target.reset()
        wait_for(lambda: time.monotonic() > started_s + 0.8, "the time of the freeze to pass")
        assert target.knobs()["freeze_s"] == 0
        assert target.get(PING).status_code == 200


def test_the_leak_grows_the_memory_and_a_reset_stops_it() -> None:
    memory = "process_resident_memory_bytes"
    # A target of its own: one that was busy before may have free memory to leak into.
    with running_demo() as target:
        target.get(PING)
        before = target.metric(memory)
        target.turn(leak_kb_per_request=1024)
        for _ in range(40):
            target.get(PING)
        assert target.knobs()["leaked_kb"] == 40 * 1024
        assert target.metric(memory) - before > 38 * 2**20
        target.turn(leak_kb_per_request=0)
        target.get(PING)
        assert target.knobs()["leaked_kb"] == 40 * 1024
        target.reset()
        assert target.knobs()["leaked_kb"] == 0


async def test_the_leak_stops_at_its_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "MAX_LEAKED_BYTES", 2500)
    leaking = Faults(Knobs(leak_kb_per_request=1))
    for _ in range(5):
        leaking.leak()
    assert leaking.leaked_bytes == 2500


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"latency_ms": -1}, "latency_ms: a number from 0 to 60000"),
        ({"failure_share": 1.5}, "failure_share: a number from 0 to 1"),
        ({"failure_share": True}, "failure_share"),
        ({"freeze_s": "2"}, "freeze_s: a number from 0 to 600"),
        ({"latency": 5}, "no such knob; there are latency_ms"),
        ([1], "not a JSON object"),
    ],
)
def test_a_knob_that_is_none_is_named_and_nothing_changes(target: Target, body: object, says: str) -> None:
    assert says in target.json("POST", "/__perftui__/knobs", 422, json=body)["detail"]
    assert set(target.knobs().values()) == {0}


def test_not_a_number_is_no_value(target: Target) -> None:
    target.json("POST", "/__perftui__/knobs", 422, content=b'{"latency_ms": NaN}')


def test_the_options_set_the_knobs() -> None:
    options = ("--latency", "50ms", "--jitter", "20ms", "--failure-share", "5%", "--leak", "64kB")
    with running_demo(*options) as target:
        knobs = target.knobs()
    assert knobs == {
        "latency_ms": 50,
        "jitter_ms": 20,
        "failure_share": 0.05,
        "leak_kb_per_request": 64,
        "freeze_s": 0,
        "leaked_kb": 0,
    }


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--latency", "fast"), "'fast' is not a duration"),
        (("--latency", "2m"), "'2m' is more than 1m"),
        (("--failure-share", "120%"), "is not a share such as 5%"),
        (("--failure-share", "nan"), "is not a share such as 5%"),
        (("--leak", "64"), "is not a size such as 64kB"),
        (("--freeze", "2s"), "--freeze needs --freeze-after"),
        (("--pool-size", "4"), "--pool-size"),
    ],
)
def test_an_option_that_cannot_be_read_is_one_line(options: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = perftui("demo", *options, cwd=tmp_path)
    assert done.returncode == exit_codes.USAGE
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
