"""Ticks as hypothesis imagines them: any text, any time, nothing that an engine could not send."""

from __future__ import annotations

import copy
from dataclasses import replace

from hypothesis import strategies as st

from perftui.model.histogram import LONGEST_US, Histogram
from perftui.model.tick import (
    Arrivals,
    ExceptionDelta,
    FailureDelta,
    Health,
    LoadWorkerSample,
    LocalErrorDelta,
    RateLimitDelta,
    RequestDelta,
    TargetSample,
    Tick,
)

texts = st.text(st.characters(), max_size=12)
counts = st.integers(0, 1 << 40)
seconds = st.floats(0, 1e6)


@st.composite
def histograms(draw: st.DrawFn) -> Histogram:
    histogram = Histogram()
    for time_us in draw(st.lists(st.integers(0, LONGEST_US * 2) | st.integers(0, 5000), max_size=8)):
        histogram.record(time_us)
    return histogram


@st.composite
def request_deltas(draw: st.DrawFn) -> RequestDelta:
    ok_times, failed_times = draw(histograms()), draw(histograms())
    untimed = draw(st.integers(0, 3))
    succeeded, failed = ok_times.count + untimed, failed_times.count
    statuses = {status: count for status, count in ((200, succeeded), (0, failed)) if count}
    return RequestDelta(
        draw(texts),
        draw(texts),
        succeeded,
        failed,
        untimed,
        draw(counts),
        ok_times,
        failed_times,
        statuses,
        # One of its own: ticks that are added up share no histogram.
        copy.deepcopy(draw(st.sampled_from((Histogram(), ok_times, failed_times)))),
    )


failure_deltas = st.builds(FailureDelta, texts, texts, texts, st.integers(1, 1000), seconds, seconds)
exception_deltas = st.builds(ExceptionDelta, texts, texts, st.integers(1, 1000))
rate_limit_deltas = st.builds(
    RateLimitDelta, texts, texts, st.integers(1, 1000), seconds, seconds, st.none() | seconds, st.none() | seconds
)
target_samples = st.builds(
    TargetSample, st.none() | seconds, st.none() | counts, st.none() | counts, st.none() | st.floats(allow_nan=False)
)
healths = st.builds(Health, seconds, counts, seconds, seconds, seconds, counts, counts)
wider_healths = st.builds(replace, healths, lateness_p99_ms=seconds, local_ports=counts)
arrivals = st.builds(Arrivals, seconds, counts, counts, st.just(3), st.just(2), st.just(1))
local_errors = st.builds(LocalErrorDelta, texts, st.just(7))
load_workers = st.builds(
    LoadWorkerSample,
    texts,
    st.just("bo\x00x"),
    st.sampled_from(("master", "local", "remote", "stock")),
    st.sampled_from(("ready", "running", "missing", "left")),
    counts,
    st.just(5),
    st.just(0.1),
    st.sampled_from((None, Health(97.5, 1 << 33, 0.5, 1.5, 2.5, 7, 8, 0.25, 3, 4))),
)


@st.composite
def runs(draw: st.DrawFn, max_ticks: int = 4) -> list[Tick]:
    """Ticks of one run, in order; every request that was started has ended."""
    ticks = []
    for seq in range(draw(st.integers(0, max_ticks))):
        requests = draw(st.lists(request_deltas(), max_size=4))
        ticks.append(
            Tick(
                seq=seq,
                elapsed_s=seq + 1.0,
                interval_s=draw(st.floats(0.1, 3)),
                user_count=draw(st.integers(0, 100)),
                target_user_count=draw(st.integers(0, 100)),
                users_by_class=draw(st.dictionaries(texts, st.integers(0, 100), max_size=3)),
                requests=tuple(requests),
                failures=tuple(draw(st.lists(failure_deltas, max_size=3))),
                exceptions=tuple(draw(st.lists(exception_deltas, max_size=3))),
                started=sum(each.requests for each in requests),
                abandoned=0,
                in_flight=0,
                oldest_in_flight_s=draw(seconds),
                health=draw(healths | wider_healths),
                rate_limits=tuple(draw(st.lists(rate_limit_deltas, max_size=3))),
                target=draw(st.none() | target_samples),
                arrivals=draw(st.none() | arrivals),
                load_workers=tuple(draw(st.lists(load_workers, max_size=2))),
                local_errors=tuple(draw(st.lists(local_errors, max_size=1))),
                watched=draw(histograms()),
                less_own=draw(histograms()),
            )
        )
    return ticks
