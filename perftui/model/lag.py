"""What the generator itself adds to the times that it measures: as was measured, else as far as a probe can tell."""

from __future__ import annotations

import math

from perftui.model.histogram import Histogram, bucket_of, midpoint_of
from perftui.model.tick import Health, Tick

# Where a request waits for gevent's loop: when its answer is there, and less often before it is sent. Where the loop is
# behind all the time, with half of its lags longer than ALWAYS_LATE_MS, it waits at every turn. Found by experiment.
LAGS_PER_REQUEST = 1.1
ALWAYS_LATE_MS = 2.0
MORE_TURNS = 2
# Where the generator added this share of what the times would be without it, they are its times too.
STRAINED_EXCESS = 0.2
# Less than this is what any machine adds now and then: times under 20 ms are not known better.
LEAST_LAG_MS = 4.0
# Of fewer requests p99 is the slowest one, which says nothing of the others: p90 then stands for the slowest, and of
# fewer than LEAST_REQUESTS nothing does.
P99_REQUESTS = 100
LEAST_REQUESTS = 20


def is_excess(time_ms: float | None, less_own_ms: float | None) -> bool:
    """Whether of `time_ms`, which would be `less_own_ms` without the generator's part, too much is the generator."""
    if time_ms is None or less_own_ms is None:
        return False
    own_ms = time_ms - less_own_ms
    return own_ms >= LEAST_LAG_MS and own_ms > STRAINED_EXCESS * less_own_ms


def tail_percent(count: int) -> int | None:
    """The percentile that stands for the slowest of `count` requests; None where there are too few."""
    if count < LEAST_REQUESTS:
        return None
    return 99 if count >= P99_REQUESTS else 90


def is_tail_excess(times: Histogram, less_own_times: Histogram) -> bool:
    """Whether too much of the slowest of `times` is the generator."""
    percent = tail_percent(times.count)
    return percent is not None and is_excess(times.percentile_ms(percent), less_own_times.percentile_ms(percent))


def is_measured(tick: Tick) -> bool:
    """Whether it was measured what the generator added to the times of the tick."""
    return 0 < tick.watched.count == tick.less_own.count


def watched_and_less_own(tick: Tick, times: Histogram) -> tuple[Histogram, Histogram]:
    """What stands for `times`, those of the tick, and the same without what the generator added."""
    return (tick.watched, tick.less_own) if is_measured(tick) else (times, less_lag(times, tick.health))


def less_lag(times: Histogram, health: Health) -> Histogram:
    """`times` of one tick without what the generator is thought to have added to them: where that was not measured.

    The longest are taken for those that met the longest lags. Where the target's own times differ much this takes too
    much from them, but then it is little beside them.
    """
    result = Histogram()
    seen = 0
    typical_ms = health.hub_lag_p50_ms
    always_ms = MORE_TURNS * typical_ms if typical_ms > ALWAYS_LATE_MS else 0.0
    for bucket, count in sorted(times.buckets.items()):
        lag_ms = always_ms + LAGS_PER_REQUEST * _lag_ms(health, (seen + count / 2) / times.count)
        seen += count
        time_us = max(0, round(midpoint_of(bucket) - lag_ms * 1000))
        result.add(Histogram(count, count * time_us, time_us, time_us, {bucket_of(time_us): count}))
    return result


def _lag_ms(health: Health, share: float) -> float:
    """The lag that `share` of the probes stayed below: as with waiting times, the tail is thought to be exponential."""
    p50, p99, most = health.hub_lag_p50_ms, health.hub_lag_p99_ms, health.hub_lag_max_ms
    if share < 0.5:
        return p50 * share / 0.5
    if share < 0.99:
        return p50 + (p99 - p50) * math.log(0.5 / (1 - share)) / math.log(0.5 / 0.01)
    return p99 + (most - p99) * (share - 0.99) / 0.01
