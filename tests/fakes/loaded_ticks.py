"""Ticks of a run with load workers, an arrival rate, a schedule, and a generator that is late for a while."""

from __future__ import annotations

from dataclasses import replace

from perftui.model.histogram import Histogram
from perftui.model.tick import Arrivals, Health, LoadWorkerSample, LocalErrorDelta, Tick
from tests.fakes.shop_ticks import shop_ticks
from tests.fakes.ticks import histogram_of

RATE = 500.0
USERS = 80
STRAINED = range(60, 75)
_HEALTH = Health(41.0, 90_000_000, 0.1, 1.4, 3.0, 120, 4096)


def arriving_ticks(count: int, *, dropped: int = 90) -> list[Tick]:
    """`count` seconds at RATE; in each of them `dropped` find no user. Responses take ten times as long."""
    return [_arriving(tick, dropped) for tick in shop_ticks(count)]


def strained_ticks(count: int) -> list[Tick]:
    """Late in the seconds STRAINED, with an open file missing in the first of them."""
    ticks = shop_ticks(count)
    for seq in STRAINED:
        if seq < count:
            ticks[seq] = replace(ticks[seq], health=replace(ticks[seq].health, hub_lag_p99_ms=80.0))
    if STRAINED.start < count:
        lost = (LocalErrorDelta("no file left to open (EMFILE)", 12),)
        ticks[STRAINED.start] = replace(ticks[STRAINED.start], local_errors=lost)
    return ticks


def with_workers(ticks: list[Tick]) -> list[Tick]:
    """A master, a local load worker, a stock one, and one that is lost."""
    return [replace(tick, load_workers=_workers(tick)) for tick in ticks]


def _workers(tick: Tick) -> tuple[LoadWorkerSample, ...]:
    requests, users = sum(each.requests for each in tick.requests), tick.user_count
    return (
        LoadWorkerSample("master", "bench-1", "master", "running", 0, 0, 0.0, replace(_HEALTH, cpu_percent=6.0)),
        LoadWorkerSample("local-1", "bench-1", "local", "running", users // 2, requests // 2, 0.2, _HEALTH),
        LoadWorkerSample("bench-2_4f", "bench-2", "stock", "running", users // 2, requests // 2, 1.4, None),
        LoadWorkerSample("local-2", "bench-1", "local", "missing", 0, 0, 31.0, None),
    )


def _arriving(tick: Tick, dropped: int) -> Tick:
    requests = tuple(replace(each, response_times=_slower(each.ok_times)) for each in tick.requests)
    arrivals = Arrivals(RATE, int(RATE), int(RATE) - dropped, dropped, 0, USERS)
    return replace(tick, requests=requests, user_count=USERS, target_user_count=USERS, arrivals=arrivals)


def _slower(times: Histogram) -> Histogram:
    known = [times.percentile_ms(percent) for percent in (50, 90, 95, 99)]
    return histogram_of(*(10 * each for each in known if each is not None))
