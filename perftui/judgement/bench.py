"""The statistics of a bench, and whether a task became worse: from every single round, so exact."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from perftui.judgement.change_verdict import ALARMING_RISE
from perftui.judgement.intervals import difference_interval, share_interval
from perftui.model.bench import MIN_ROUNDS, TaskRounds

Verdict = Literal["better", "same", "worse", "unclear", "no data"]

# Of the interval in which a median or a share lies: 99 %, and the normal quantile that goes with it.
_ALPHA = 0.01
_Z = 2.576
# Rounds in their order are cut into so many slices; Student's t for 99 % with one degree of freedom less.
_SLICES = 10
_T = 3.250
_MIN_SLICED = 2 * _SLICES
# Up to here the binomial distribution is added up; from here on the normal one is as good.
_MAX_EXACT = 200


@dataclass(frozen=True, slots=True)
class Statistics:
    """What pytest-benchmark says of a benchmark, by its names and definitions. Times in seconds.

    `stddev` is the sample's (n - 1). The quartiles of an even number of rounds are the medians of the two halves, of an
    odd number those of "method 3" (https://en.wikipedia.org/wiki/Quartile#Computing_methods). `stddev_outliers` counts
    rounds more than one `stddev` from the mean, `iqr_outliers` those more than 1.5 `iqr` beyond the quartiles (Tukey);
    `ld15iqr` and `hd15iqr` are the lowest and the highest round that is none of these. `ops` is rounds per second: one
    divided by `mean`.
    """

    min: float
    max: float
    mean: float
    stddev: float
    rounds: int
    median: float
    iqr: float
    q1: float
    q3: float
    iqr_outliers: int
    stddev_outliers: int
    outliers: str
    ld15iqr: float
    hd15iqr: float
    ops: float
    total: float


def statistics_of(times_s: Sequence[float]) -> Statistics | None:
    """None where there is no round."""
    if not times_s:
        return None
    ordered = sorted(times_s)
    count, total = len(ordered), math.fsum(ordered)
    mean = total / count
    stddev = math.sqrt(math.fsum((each - mean) ** 2 for each in ordered) / (count - 1)) if count > 1 else 0.0
    q1, q3 = _quartiles(ordered)
    iqr = q3 - q1
    inside = [each for each in ordered if q1 - 1.5 * iqr <= each <= q3 + 1.5 * iqr]
    far = sum(not mean - stddev <= each <= mean + stddev for each in ordered)
    return Statistics(
        min=ordered[0],
        max=ordered[-1],
        mean=mean,
        stddev=stddev,
        rounds=count,
        median=statistics.median(ordered),
        iqr=iqr,
        q1=q1,
        q3=q3,
        iqr_outliers=count - len(inside),
        stddev_outliers=far,
        outliers=f"{far};{count - len(inside)}",
        ld15iqr=inside[0],
        hd15iqr=inside[-1],
        ops=count / total if total else 0.0,
        total=total,
    )


def _quartiles(ordered: Sequence[float]) -> tuple[float, float]:
    count = len(ordered)
    if count == 1:
        return ordered[0], ordered[0]
    half = count // 2
    if count % 2 == 0:
        return statistics.median(ordered[:half]), statistics.median(ordered[half:])
    # Method 3 interpolates at a quarter of the way; where that lies depends on the rest of a division by four.
    below, share = (count // 4 - 1, 0.75) if count % 4 == 1 else (count // 4, 0.25)
    q1 = (1 - share) * ordered[below] + share * ordered[below + 1]
    # The upper quartile is the same seen from the other end.
    q3 = (1 - share) * ordered[-1 - below] + share * ordered[-2 - below]
    return q1, q3


@dataclass(frozen=True, slots=True)
class TaskComparison:
    """A task before and now: medians in s, `change` relative to before; None where one of them has no rounds.

    `reason` is why nothing can be said, or that more rounds failed; "" where the medians say it all.
    """

    name: str
    before_s: float | None
    now_s: float | None
    change: float | None
    verdict: Verdict
    reason: str = ""


def compare_tasks(
    before: Sequence[TaskRounds], now: Sequence[TaskRounds], allowed: float
) -> tuple[TaskComparison, ...]:
    """Each task of `now` with the one of the same name in `before`. `allowed` is relative: 0.2 for 20 %.

    A clear rise of the failed rounds is "worse" whatever the medians say; see `_judge_failures`.
    """
    known: Mapping[str, TaskRounds] = {each.name: each for each in before}
    return tuple(_compare(known.get(each.name), each, allowed) for each in now)


def is_cut_short(task: TaskRounds) -> bool:
    """Whether it was given up, such as after a round that hung, or no round of it succeeded."""
    return bool(task.given_up) or not task.times_s


def _compare(before: TaskRounds | None, now: TaskRounds, allowed: float) -> TaskComparison:
    """ "worse" needs two things: the median rose by more than `allowed`, and by more than the noise of the rounds.

    The noise is the interval in which each median lies with 99 % confidence; the two must not overlap, which for equal
    distributions happens far less often than in 1 % of cases. See `median_interval` for where it comes from. A change
    above `allowed` within the noise is "unclear". Fewer than MIN_ROUNDS rounds on either side are no data: with five
    each, ranges that do not overlap have a chance of 1 in 252 (the rank test of Mann and Whitney, 1947).
    What differs between two benches as a whole (another load on the machine) no bench can know: `allowed` is for that.
    """
    old_s, new_s = before.times_s if before else (), now.times_s
    before_s = statistics.median(old_s) if old_s else None
    now_s = statistics.median(new_s) if new_s else None
    change = now_s / before_s - 1 if before_s and now_s is not None else None
    verdict, reason = _judge(old_s, new_s, change, allowed)
    failing, failures = _judge_failures(before, now, allowed) if before else ("same", "")
    # Of both, the one that weighs more; a median that is the same hides no failures.
    if failing == "worse" or (failing == "unclear" and verdict in ("same", "better")):
        verdict, reason = failing, failures
    return TaskComparison(now.name, before_s, now_s, change, verdict, reason)


def _judge(old_s: Sequence[float], new_s: Sequence[float], change: float | None, allowed: float) -> tuple[Verdict, str]:
    for times_s, when in ((old_s, "before"), (new_s, "now")):
        if len(times_s) < MIN_ROUNDS:
            return "no data", f"{len(times_s)} good rounds {when}; {MIN_ROUNDS} are needed"
    if change is None:
        return "no data", "its median was 0 s"
    if abs(change) <= allowed:
        return "same", ""
    old_low, old_high = median_interval(old_s)
    new_low, new_high = median_interval(new_s)
    if new_low > old_high:
        return "worse", ""
    if new_high < old_low:
        return "better", ""
    return "unclear", "the change is within the noise of the rounds"


def _judge_failures(before: TaskRounds, now: TaskRounds, allowed: float) -> tuple[Verdict, str]:
    """ "worse" where the share of failed rounds rose by more than `allowed`, and by more than its noise.

    The noise is the 99 % interval of each share by its counts alone, put together for the change: nobody knows which
    rounds failed. A rise of more than ALARMING_RISE within the noise is "unclear", a smaller one the same.
    """
    shares, intervals, counts = [], [], []
    for task in (before, now):
        rounds = task.failed + len(task.times_s)
        if not rounds:
            return "same", ""
        shares.append(task.failed / rounds)
        intervals.append(share_interval(task.failed, rounds, _ALPHA / 2))
        counts.append(f"{task.failed:,} of {rounds:,}")
    (old, new), rise = shares, shares[1] - shares[0]
    if rise <= allowed * old:
        return "same", ""
    reason = f"failed in {counts[1]} rounds, before in {counts[0]}"
    if difference_interval(old, intervals[0], new, intervals[1])[0] > 0:
        return "worse", reason
    return ("unclear", f"{reason}, which is within the noise") if rise > ALARMING_RISE else ("same", "")


def median_interval(times_s: Sequence[float]) -> tuple[float, float]:
    """Where the median lies with 99 % confidence; `times_s` in the order in which they were measured, not empty.

    From order statistics, without a distribution assumed (Conover, Practical Nonparametric Statistics, 3rd ed.,
    section 3.2): of 8 rounds or more; of fewer the whole range. Rounds that follow each other are alike, and such an
    interval is then too narrow: from 20 rounds on it is widened to that of the medians of ten slices in a row (batch
    means, Law, Simulation Modeling and Analysis, 5th ed., section 9.5.3).
    """
    ordered = sorted(times_s)
    rank = _rank(len(ordered))
    low, high = ordered[rank], ordered[-1 - rank]
    if len(ordered) >= _MIN_SLICED:
        middle = statistics.median(ordered)
        width = len(times_s) / _SLICES
        medians = [
            statistics.median(times_s[round(index * width) : round((index + 1) * width)]) for index in range(_SLICES)
        ]
        margin = _T * statistics.stdev(medians) / math.sqrt(_SLICES)
        low, high = min(low, middle - margin), max(high, middle + margin)
    return low, high


@cache
def _rank(count: int) -> int:
    """How many of `count` values lie below the interval of their median, and as many above."""
    if count > _MAX_EXACT:
        return max(0, math.floor((count - _Z * math.sqrt(count)) / 2) - 1)
    chance, rank = 0.0, 0
    while True:
        chance += math.comb(count, rank) / 2**count
        if chance > _ALPHA / 2:
            return max(0, rank - 1)
        rank += 1
