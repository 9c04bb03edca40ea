"""A report that cannot be true is refused; one that is true passes, whatever is in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from perftui.engine.report_check import ReportError, check_requests, check_tick
from perftui.engine.report_text import cleaned
from perftui.model.exchange import Exchange
from perftui.model.histogram import LONGEST_US, Histogram
from perftui.model.tick import (
    Arrivals,
    ExceptionDelta,
    FailureDelta,
    Health,
    LocalErrorDelta,
    RateLimitDelta,
    RequestDelta,
    Tick,
)
from perftui.wire.codec import to_plain

HEALTH = Health(20.0, 1 << 26, 0.1, 1.0, 2.0, 30, 1024)
ESCAPE = "\x1b]0;PWNED\x07"


def times(*times_us: int) -> Histogram:
    made = Histogram()
    for each in times_us:
        made.record(each)
    return made


def request(**changes: Any) -> RequestDelta:
    made = RequestDelta(
        "GET", "/", 3, 1, 1, 900, times(0, 1_500), times(LONGEST_US), {200: 3, 503: 1}, times(70, 1_000)
    )
    return replace(made, **changes)


def tick(**changes: Any) -> Tick:
    made = Tick(
        seq=1,
        elapsed_s=1.0,
        interval_s=1.0,
        user_count=2,
        target_user_count=2,
        users_by_class={"ShopUser": 2},
        requests=(),
        failures=(FailureDelta("GET", "/", "503", 1, 0.2, 0.2),),
        exceptions=(ExceptionDelta("KeyError", "line 1\nline 2", 1),),
        started=4,
        abandoned=0,
        in_flight=0,
        oldest_in_flight_s=0.0,
        health=HEALTH,
        rate_limits=(RateLimitDelta("GET", "/", 1, 0.1, 0.1, 2.0, 0.1),),
        exchanges=(Exchange(0.2, "GET", "/", "http://box/", 503, "", 1.5, response_body="line 1\nline 2"),),
        arrivals=Arrivals(4.0, 4, 4, 0, 0, 1),
        local_errors=(LocalErrorDelta("no local port left", 1),),
        watched=times(1_500),
        less_own=times(1_000),
    )
    return replace(made, **changes)


def as_plain(*deltas: RequestDelta) -> Any:
    return to_plain(deltas)


def test_what_is_true_passes_and_stays_as_it_is() -> None:
    assert check_requests(as_plain(request(), request(name="/other", succeeded=1000, untimed=998))) == 1005
    check_tick(tick(), 4)
    assert cleaned(tick()) == tick()


@pytest.mark.parametrize(
    "lie",
    [
        {"succeeded": -50},
        {"succeeded": 500},
        {"succeeded": 1 << 62, "untimed": (1 << 62) - 2},
        {"response_bytes": 1 << 63},
        {"failed": 0},
        {"ok_times": Histogram(2, 1_500, 0, 1_500, {0: 1, 1_496: 2})},
        {"ok_times": Histogram(2, 1_500, 0, 1_500, {0: 1, 1_500: 1})},
        {"ok_times": Histogram(2, 1_500, 0, 1 << 63, {0: 1, 1_496: 1})},
        {"ok_times": Histogram(2, -5, -5, -5, {-5: 2})},
        {"ok_times": Histogram(2, 9_999_999, 0, 1_500, {0: 1, 1_496: 1})},
        {"ok_times": Histogram(2, 5, 5, 1, {0: 3, 1_496: -1})},
        {"ok_times": Histogram(2, 5, 0, 5, {})},
        {"ok_times": Histogram(2, 1_500, 0, 1_500, {0: 0.5, 1_496: 1.5})},  # type: ignore[dict-item]
        {"ok_times": Histogram(2, 1_500, 0, 1_500, {0.5: 1, 1_496: 1})},  # type: ignore[dict-item]
        {"ok_times": Histogram(2, 1_500, 0, 1_500, {"0": 1, 1_496: 1})},  # type: ignore[dict-item]
        {"response_times": times(*range(40))},
        {"statuses": {1 << 40: 1}},
        {"statuses": {-5: 1}},
        {"statuses": {200: -1}},
        {"statuses": {200: 500}},
        {"name": 5},
    ],
)
def test_requests_that_cannot_be_are_refused(lie: dict[str, Any]) -> None:
    with pytest.raises(ReportError):
        check_requests(as_plain(request(), request(**lie)))


@pytest.mark.parametrize("plain", [None, 5, [5], [[]], [["GET", "/"]], as_plain(request()) * 1002])
def test_what_is_no_list_of_requests_is_refused(plain: Any) -> None:
    with pytest.raises(ReportError):
        check_requests(plain)


@pytest.mark.parametrize(
    "lie",
    [
        {"started": 1 << 63},
        {"in_flight": -3},
        {"elapsed_s": float("nan")},
        {"interval_s": float("inf")},
        {"oldest_in_flight_s": 1e308},
        {"health": replace(HEALTH, cpu_percent=1e308)},
        {"health": replace(HEALTH, hub_lag_p99_ms=float("nan"))},
        {"health": replace(HEALTH, rss_bytes=1 << 63)},
        {"health": replace(HEALTH, open_files_limit=-1)},
        {"users_by_class": {"ShopUser": -100}, "user_count": -100},
        {"users_by_class": {"ShopUser": 1 << 40}, "user_count": 1 << 40},
        {"user_count": 5},
        {"failures": (FailureDelta("GET", "/", "503", 1 << 40, 0.2, 0.2),)},
        {"failures": (FailureDelta("GET", "/", "503", 1, float("nan"), 1.0),)},
        {"exceptions": (ExceptionDelta("KeyError", "", -5),)},
        {"exceptions": (ExceptionDelta("KeyError", "", 1),) * 100},
        {"local_errors": (LocalErrorDelta("none", -3),)},
        {"rate_limits": (RateLimitDelta("GET", "/", 1, 0.1, 0.1, float("inf"), 0.1),)},
        {"arrivals": Arrivals(float("nan"), 4, 4, 0, 0, 1)},
        {"arrivals": Arrivals(4.0, 4, 4, 0, 0, -1)},
        {"less_own": times(*range(40))},
        {"less_own": Histogram(1, -5, -5, -5, {-5: 1})},
    ],
)
def test_a_tick_that_cannot_be_is_refused(lie: dict[str, Any]) -> None:
    with pytest.raises(ReportError):
        check_tick(tick(**lie), 4)


def test_what_a_worker_did_not_clean_is_cleaned() -> None:
    said = cleaned(
        tick(
            users_by_class={ESCAPE: 2},
            failures=(FailureDelta(ESCAPE, ESCAPE, ESCAPE, 1, 0.2, 0.2),),
            exceptions=(ExceptionDelta(ESCAPE, f"{ESCAPE}\n" * 500, 1),),
            rate_limits=(RateLimitDelta(ESCAPE, ESCAPE, 1, 0.1, 0.1),),
            local_errors=(LocalErrorDelta(ESCAPE + "y" * 5000, 1),),
            exchanges=(
                Exchange(0.2, ESCAPE, ESCAPE, ESCAPE, 503, ESCAPE, 1.5, ESCAPE, ESCAPE, ((ESCAPE, ESCAPE),), ESCAPE),
            ),
        )
    )
    assert "\\x1b" not in repr(said).replace("\\\\x1b", "")
    assert len(repr(said)) < 20_000
