"""Two runs, the old and the new, request by request: what changed, and whether that is more than noise.

A change is called worse or better where two things hold: it is beyond the limit, and its interval, as wide as the runs'
own noise, does not hold "no change". The interval is the wider of two:

- from the counts alone, as if each request stood for itself: order statistics for percentiles, Wilson's interval for
  shares of failed requests, put together for the change (see perftui.judgement.intervals);
- from slices: both runs are cut into the same number of slices of the same length, each slice is compared with the one
  at the same place in the other run, and the spread of these changes is taken, autocorrelation included. A ramp or a
  load shape is in both runs and cancels out; a drift, pauses and bursts are in the spread. Rates have only this one.

Two changes are taken by their counts alone, because a target that dies or hangs half-way is one event, and slices call
one event noise: a large rise of the failed requests (ALARMING_RISE), and a large fall of the rate of all requests
(ALARMING_FALL). That of one name may fall as far by chance: a user who sends it ten times in a row makes its counts
more uneven than the formula holds them to be.

Times of a request that failed more often are never called better: failures are often quick.

Times and rates are compared by the logarithm of their ratio, shares of failed requests by their difference.
All changes of a pair of runs share one chance of a false alarm, FALSE_ALARMS (Bonferroni).

What lasts longer than a run, such as a busy machine, is in no spread within it: `benchmarks/comparison_truth.py` shows
how often that misleads.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from perftui.judgement.change_verdict import ALARMING_RISE, judged_change, none_better
from perftui.judgement.changes import (
    METRICS,
    PERCENTS,
    Change,
    ChangeVerdict,
    Comparison,
    Metric,
    RequestChange,
)
from perftui.judgement.intervals import (
    Interval,
    difference_interval,
    log_rate_half_width,
    mean_half_width,
    quantile_interval_ms,
    share_interval,
)
from perftui.model.tick import Tick
from perftui.model.totals import RequestKey, RequestTotals, RunTotals

DEFAULT_LIMIT = 0.2
# The share of pairs of equal runs in which something may be called worse.
FALSE_ALARMS = 0.02
MAX_SLICES = 20
# Of fewer, and of slices shorter than a second, nothing can be said about noise.
MIN_SLICES = 8
# Like ALARMING_RISE: a fall of the requests per second in total by a larger share than this, with as many users.
ALARMING_FALL = 0.3


@dataclass(frozen=True, slots=True)
class Sliced:
    """A run's measured window: the whole of it, and the same in slices of the same length."""

    totals: RunTotals
    slices: tuple[RunTotals, ...]


def slice_count(old: RunTotals, new: RunTotals) -> int:
    """Into how many slices these two are cut."""
    return max(1, min(MAX_SLICES, int(old.covered_s), int(new.covered_s)))


def sliced(totals: RunTotals, ticks: Iterable[Tick], count: int) -> Sliced:
    """`ticks` are those that `totals` adds up."""
    slices = tuple(RunTotals() for _ in range(count))
    begin_s = totals.elapsed_s - totals.covered_s
    for tick in ticks:
        place = (tick.elapsed_s - tick.interval_s / 2 - begin_s) / totals.covered_s if totals.covered_s > 0 else 0.0
        slices[min(max(int(place * count), 0), count - 1)].add(tick)
    return Sliced(totals, slices)


def compare(old: Sliced, new: Sliced, limit: float = DEFAULT_LIMIT) -> Comparison:
    """Raises ValueError where the two have different numbers of slices."""
    if len(old.slices) != len(new.slices):
        raise ValueError("the runs are cut into different numbers of slices")
    in_both = old.totals.by_request.keys() & new.totals.by_request.keys()
    # One request name alone is the total.
    alpha = FALSE_ALARMS / (len(METRICS) * (len(in_both) + (len(in_both) > 1) or 1))
    requests = [
        _only(old.totals.by_request.get(key), new.totals.by_request.get(key))
        if key not in in_both
        else _Pair(old, new, key, limit, alpha).request_change()
        for key in sorted(old.totals.by_request.keys() | new.totals.by_request.keys())
    ]
    return Comparison(
        limit=limit,
        slices=len(old.slices),
        total=_Pair(old, new, None, limit, alpha).request_change(),
        requests=tuple(sorted(requests, key=_place)),
    )


def _only(old: RequestTotals | None, new: RequestTotals | None) -> RequestChange:
    if old is not None:
        return RequestChange(old.method, old.name, old.requests, 0, ChangeVerdict.ONLY_OLD)
    assert new is not None
    return RequestChange(new.method, new.name, 0, new.requests, ChangeVerdict.ONLY_NEW)


def _place(request: RequestChange) -> tuple[int, float, str, str]:
    """What got worse most comes first."""
    most = max((_size(each) for each in request.changes if each.verdict is request.verdict), default=0.0)
    return list(ChangeVerdict).index(request.verdict), -most, request.name, request.method


def _size(change: Change) -> float:
    if not change.old or not change.new:
        return math.inf if change.old != change.new else 0.0
    return abs(math.log(change.new / change.old))


class _Pair:
    """One request name (None: all of them) in both runs."""

    def __init__(self, old: Sliced, new: Sliced, key: RequestKey | None, limit: float, alpha: float) -> None:
        self._limit = limit
        self._alpha = alpha
        self._old, self._new = _of(old.totals, key), _of(new.totals, key)
        self._is_total = (self._old.requests, self._new.requests) == (
            old.totals.total.requests,
            new.totals.total.requests,
        )
        self._covered_s = old.totals.covered_s, new.totals.covered_s
        self._slices = [
            (_of(one, key), one.covered_s, _of(other, key), other.covered_s)
            for one, other in zip(old.slices, new.slices, strict=True)
        ]

    def request_change(self) -> RequestChange:
        times, fail_ratio = self._times(), self._fail_ratio()
        if fail_ratio.verdict is ChangeVerdict.WORSE:
            times = none_better(times)
        changes = (self._rate(), *times, fail_ratio)
        verdicts = {change.verdict for change in changes}
        verdict = next(each for each in ChangeVerdict if each in verdicts)
        return RequestChange(self._old.method, self._old.name, self._old.requests, self._new.requests, verdict, changes)

    def _rate(self) -> Change:
        (old_s, new_s), (old, new) = self._covered_s, (self._old.requests, self._new.requests)
        if not (old and new and old_s and new_s):
            return self._judged("rps", None, None, None)
        old_rps, new_rps = old / old_s, new / new_s
        if self._is_total and new_rps < old_rps * (1 - ALARMING_FALL):
            half = log_rate_half_width(old, new, self._alpha)
        else:
            half = self._half_width(
                [
                    # Half a request more in both: a slice without one has a logarithm, too.
                    math.log((new.requests + 0.5) / new_s) - math.log((old.requests + 0.5) / old_s)
                    for old, old_s, new, new_s in self._slices
                    if old_s > 0 and new_s > 0
                ]
            )
        change = math.log(new_rps) - math.log(old_rps)
        interval = _relative(change - half), _relative(change + half)
        return self._judged("rps", old_rps, new_rps, interval)

    def _times(self) -> list[Change]:
        percents = list(PERCENTS.values())
        old_times, new_times = self._old.times(), self._new.times()
        old_ms, new_ms = old_times.percentiles_ms(percents), new_times.percentiles_ms(percents)
        in_slices = [
            (old.times().percentiles_ms(percents), new.times().percentiles_ms(percents))
            for old, _, new, _ in self._slices
        ]
        changes = []
        for index, (metric, percent) in enumerate(PERCENTS.items()):
            old, new = old_ms[index], new_ms[index]
            if old is None or new is None:
                changes.append(self._judged(metric, old, new, None))
                continue
            half = self._half_width(
                [
                    _log(new_in_slice) - _log(old_in_slice)
                    for old_in_slices, new_in_slices in in_slices
                    if (old_in_slice := old_in_slices[index]) is not None
                    and (new_in_slice := new_in_slices[index]) is not None
                ]
            )
            low, high = difference_interval(
                _log(old),
                _logs(quantile_interval_ms(old_times, percent, self._alpha)),
                _log(new),
                _logs(quantile_interval_ms(new_times, percent, self._alpha)),
            )
            change = _log(new) - _log(old)
            low, high = min(low, change - half), max(high, change + half)
            changes.append(self._judged(metric, old, new, (_relative(low), _relative(high))))
        return changes

    def _fail_ratio(self) -> Change:
        old, new = self._old.fail_ratio, self._new.fail_ratio
        if old is None or new is None:
            return self._judged("fail_ratio", old, new, None)
        half = self._half_width(
            [
                new_in_slice - old_in_slice
                for one, _, other, _ in self._slices
                if (old_in_slice := one.fail_ratio) is not None and (new_in_slice := other.fail_ratio) is not None
            ]
        )
        low, high = difference_interval(
            old,
            share_interval(self._old.failed, self._old.requests, self._alpha),
            new,
            share_interval(self._new.failed, self._new.requests, self._alpha),
        )
        if low > ALARMING_RISE:
            return self._judged("fail_ratio", old, new, (low, high))
        if math.isinf(half):
            return self._judged("fail_ratio", old, new, (-half, half))
        low, high = max(-1.0, min(low, new - old - half)), min(1.0, max(high, new - old + half))
        return self._judged("fail_ratio", old, new, (low, high))

    def _half_width(self, changes: Sequence[float]) -> float:
        return mean_half_width(changes, self._alpha) if len(changes) >= MIN_SLICES else math.inf

    def _judged(self, metric: Metric, old: float | None, new: float | None, interval: Interval | None) -> Change:
        return judged_change(metric, old, new, interval, self._limit)


def _of(totals: RunTotals, key: RequestKey | None) -> RequestTotals:
    return totals.total if key is None else totals.by_request.get(key) or RequestTotals(*key)


# Of ratios beyond this, a factor of a million, it only matters that they are.
_LARGEST_LOG = math.log(1e6)
# Times are measured to the microsecond: what is shorter counts as one where a ratio is taken.
_SHORTEST_MS = 0.001


def _log(time_ms: float) -> float:
    return math.log(max(time_ms, _SHORTEST_MS))


def _logs(interval: Interval) -> Interval:
    low, high = interval
    return math.log(max(low, _SHORTEST_MS)) if low > 0 else -math.inf, math.log(max(high, _SHORTEST_MS))


def _relative(log_ratio: float) -> float:
    """A ratio less 1; what is not bounded stays so."""
    return math.expm1(min(log_ratio, _LARGEST_LOG)) if math.isfinite(log_ratio) else log_ratio
