"""Where a run's warm-up ends: after a time that was said, or when the run is steady."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from perftui.judgement.measured_scope import Sums
from perftui.model.histogram import Histogram, merge
from perftui.model.plan import UNTIL_STEADY_S
from perftui.model.tick import Tick

STEADY_SPAN_S = 10.0
STEADY_WITHIN = 0.10
# Fewer requests in a span say nothing about it.
STEADY_MIN_REQUESTS = 20
# Of the normal distribution: 95 % of differences by chance are smaller, and the half width of intervals of which two
# that just touch differ by as much.
_Z_OF_DIFFERENCE = 1.96
_Z_OF_EACH = _Z_OF_DIFFERENCE / math.sqrt(2)


class WarmUp:
    """A tick is measured when its middle is at or after `warm_up_s`; with UNTIL_STEADY_S once the run was steady.

    `is_over` says whether what comes next is measured, `lasted_s` how many seconds of ticks were not.
    """

    def __init__(self, warm_up_s: float) -> None:
        self._warm_up_s = warm_up_s
        self._steadiness = _Steadiness()
        self.is_over = warm_up_s <= 0
        self.lasted_s = 0.0

    def is_over_at(self, tick: Tick) -> bool:
        """Whether `tick` is measured; to be asked once for each tick, in order."""
        if not self.is_over:
            self.is_over = tick.elapsed_s - tick.interval_s / 2 >= self._warm_up_s
        if self.is_over:
            return True
        self.lasted_s += tick.interval_s
        if self._warm_up_s == UNTIL_STEADY_S:
            self.is_over = self._steadiness.is_reached_at(tick)
        return False


@dataclass(frozen=True, slots=True)
class Second:
    """One tick with all its users; `sums` are of all requests."""

    elapsed_s: float
    interval_s: float
    sums: Sums


class _Steadiness:
    """Whether the last STEADY_SPAN_S seconds are like as many before, all users being there in both.

    Alike means: the rps and the median of all service times differ by at most STEADY_WITHIN, or by no more than chance
    explains. For rps chance is that of two Poisson counts (their difference has the sum of their variances). For the
    median each span has the distribution-free interval by ranks n/2 ± z·√n/2 (David and Nagaraja, Order Statistics,
    2003, section 7.1); two such intervals that do not touch differ at about 5 % when z is 1.96/√2 (Goldstein and Healy,
    "The graphical presentation of a collection of means", 1995).

    It is a rule of thumb: it sees no change slower than STEADY_WITHIN in a span, with little traffic (200 requests in a
    span) only changes of rps of about 20 %, and takes requests for independent, which those of one user are not.
    """

    def __init__(self) -> None:
        self._user_count = 0
        # Two spans, at a tick a second.
        self._seconds: deque[Second] = deque()

    def is_reached_at(self, tick: Tick) -> bool:
        # In the tick at whose end all users are there they still came.
        is_full = tick.user_count == tick.target_user_count == self._user_count > 0
        self._user_count = tick.user_count
        if not is_full:
            self._seconds.clear()
            return False
        sums = Sums()
        for delta in tick.requests:
            sums.add_delta(delta)
        seconds = self._seconds
        seconds.append(Second(tick.elapsed_s, tick.interval_s, sums))
        from_s = tick.elapsed_s - 2 * STEADY_SPAN_S
        while seconds[0].elapsed_s - seconds[0].interval_s / 2 < from_s and len(seconds) > 1:
            seconds.popleft()
        if seconds[0].elapsed_s - seconds[0].interval_s - from_s > tick.interval_s / 2:
            return False
        middle_s = tick.elapsed_s - STEADY_SPAN_S
        before = [each for each in seconds if each.elapsed_s - each.interval_s / 2 < middle_s]
        return are_alike(before, list(seconds)[len(before) :])


def are_alike(before: list[Second], after: list[Second]) -> bool:
    """Whether two spans differ by no more than STEADY_WITHIN, or than chance explains, as `_Steadiness` has it."""
    times_before, times_after = (merge(each.sums.times for each in span) for span in (before, after))
    if min(times_before.count, times_after.count) < STEADY_MIN_REQUESTS:
        return False
    return _is_rps_alike(before, after) and _is_median_alike(times_before, times_after)


def _is_rps_alike(before: list[Second], after: list[Second]) -> bool:
    (rps_before, variance_before), (rps_after, variance_after) = _rate_of(before), _rate_of(after)
    noise = _Z_OF_DIFFERENCE * math.sqrt(variance_before + variance_after)
    return abs(rps_after - rps_before) <= max(STEADY_WITHIN * rps_before, noise)


def _rate_of(span: list[Second]) -> tuple[float, float]:
    """Requests per second, and their variance if they are a Poisson count."""
    requests = sum(each.sums.requests for each in span)
    covered_s = math.fsum(each.interval_s for each in span)
    return requests / covered_s, requests / covered_s**2


def _is_median_alike(before: Histogram, after: Histogram) -> bool:
    low_before, median_before, high_before = _median_of(before)
    low_after, median_after, high_after = _median_of(after)
    is_within = abs(median_after - median_before) <= STEADY_WITHIN * median_before
    return is_within or (low_before <= high_after and low_after <= high_before)


def _median_of(times: Histogram) -> tuple[float, float, float]:
    """In ms, between the ends of its interval."""
    reach = 50 * _Z_OF_EACH / math.sqrt(times.count)
    low, median, high = (value or 0.0 for value in times.percentiles_ms((50 - reach, 50, 50 + reach)))
    return low, median, high
