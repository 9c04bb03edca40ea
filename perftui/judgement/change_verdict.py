"""What a change is called, from its size and its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from perftui.judgement.changes import Change, ChangeVerdict, Doubt, Metric
from perftui.judgement.intervals import Interval

# A rise of the share of failed requests that is larger than this is no noise, however it is spread over the run.
ALARMING_RISE = 0.05


def judged_change(
    metric: Metric, old: float | None, new: float | None, interval: Interval | None, limit: float
) -> Change:
    """`interval` is relative to `old`, for fail_ratio as `new` - `old`; infinite where it is not bounded."""
    if old is None or new is None or interval is None:
        return Change(metric, old, new, None, None, ChangeVerdict.SAME, Doubt.TOO_FEW)
    is_clear = interval[0] > 0 or interval[1] < 0
    low, high = (None if math.isinf(bound) else bound for bound in interval)
    same = Change(metric, old, new, low, high, ChangeVerdict.SAME)
    is_beyond = same.is_beyond(limit)
    if is_beyond and is_clear:
        return replace(same, verdict=ChangeVerdict.WORSE if same.is_for_the_worse else ChangeVerdict.BETTER)
    if not is_clear and (low is None or high is None):
        return replace(same, doubt=Doubt.TOO_FEW)
    if is_beyond and same.is_for_the_worse:
        return replace(same, doubt=Doubt.NOISE)
    if _may_be_worse(metric, old, interval, limit):
        return replace(same, doubt=Doubt.UNSURE)
    return replace(same, doubt=Doubt.NOISE) if is_beyond else same


def none_better(times: Iterable[Change]) -> list[Change]:
    """`times` of a request that failed more often: that they are shorter says nothing, for failures are often quick."""
    return [
        replace(each, verdict=ChangeVerdict.SAME, doubt=Doubt.FAILURES)
        if each.verdict is ChangeVerdict.BETTER
        else each
        for each in times
    ]


def _may_be_worse(metric: Metric, old: float, interval: Interval, limit: float) -> bool:
    """Whether `interval` holds a change for the worse beyond the limit.

    Of failures it must be beyond ALARMING_RISE, too: where hardly anything fails, any interval is wider than the limit.
    """
    low, high = interval
    if metric == "rps":
        return low < -limit
    return high > (max(limit * old, ALARMING_RISE) if metric == "fail_ratio" else limit)
