"""Ticks as an engine would send them, for tests of everything behind the wire."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from perftui.model.histogram import Histogram
from perftui.model.tick import ExceptionDelta, FailureDelta, Health, RequestDelta, Tick
from perftui.model.totals import RunTotals, times_of


def histogram_of(*times_ms: float) -> Histogram:
    histogram = Histogram()
    for time_ms in times_ms:
        histogram.record(int(time_ms * 1000))
    return histogram


def delta(
    name: str = "/",
    ok_ms: tuple[float, ...] = (10.0,),
    failed_ms: tuple[float, ...] = (),
    method: str = "GET",
    statuses: dict[int, int] | None = None,
) -> RequestDelta:
    if statuses is None:
        statuses = {status: count for status, count in ((200, len(ok_ms)), (500, len(failed_ms))) if count}
    return RequestDelta(
        method=method,
        name=name,
        succeeded=len(ok_ms),
        failed=len(failed_ms),
        untimed=0,
        response_bytes=100 * len(ok_ms),
        ok_times=histogram_of(*ok_ms),
        failed_times=histogram_of(*failed_ms),
        statuses=statuses,
    )


def tick(
    seq: int = 0,
    *deltas: RequestDelta,
    users: int = 5,
    failures: tuple[FailureDelta, ...] = (),
    exceptions: tuple[ExceptionDelta, ...] = (),
    started: int | None = None,
    abandoned: int = 0,
    in_flight: int = 0,
    hub_lag_p99_ms: float = 0.5,
) -> Tick:
    requests = sum(each.requests for each in deltas)
    return Tick(
        seq=seq,
        elapsed_s=float(seq + 1),
        interval_s=1.0,
        user_count=users,
        target_user_count=users,
        users_by_class={"ShopUser": users},
        requests=deltas,
        failures=failures,
        exceptions=exceptions,
        started=requests + abandoned + in_flight if started is None else started,
        abandoned=abandoned,
        in_flight=in_flight,
        oldest_in_flight_s=0.0,
        health=Health(5.0, 60_000_000, 0.1, hub_lag_p99_ms, hub_lag_p99_ms, 20, 4096),
    )


def late_tick(seq: int, lag_ms: float) -> Tick:
    """A hundred requests that the target answered in 20 ms, by a generator that was late for four of them."""
    return tick(seq, delta("/a", (20,) * 96 + (20 + lag_ms,) * 4), hub_lag_p99_ms=lag_ms)


def measured_tick(seq: int, own_ms: float, *, requests: int = 100, late: int = 4) -> Tick:
    """As `late_tick`, where the engine knows what it added; its probe has seen nothing."""
    on_time = (20,) * (requests - late)
    one = tick(seq, delta("/a", on_time + (20 + own_ms,) * late))
    return replace(one, watched=times_of(one), less_own=histogram_of(*(20,) * requests))


def total_of(ticks: Iterable[Tick]) -> RunTotals:
    totals = RunTotals()
    for each in ticks:
        totals.add(each)
    return totals
