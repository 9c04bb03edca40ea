"""Whether a series moved once and stayed there, and how sure that is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations

from perftui.judgement.findings.trend import MIN_CONFIDENCE, MIN_POINTS, inflation_of, is_clear, ranks_of

# Fewer points on a side are no plateau.
_MIN_SIDE = 3
# So many points of either side are nearer to their own plateau than to the other: what rose and fell again has not.
_MIN_ON_OWN_SIDE = 0.8
# Two plateaus leave so much less than a line does. Of what rises steadily they leave more.
_MAX_SHARE_OF_LINE = 0.8
# What stays and what is left is seen in running medians of so many points on either side: they keep a step as it is.
_SMOOTH = 2


@dataclass(frozen=True, slots=True)
class Step:
    """`index` is that of the first value after it; `confidence` (0 to 1) that the series did change."""

    index: int
    confidence: float


def step_of(values: Sequence[float]) -> Step | None:
    """The step in `values`, in their order; None where it is not sure, did not last, or a line fits as well.

    It is where the medians of both sides leave least (the sum of distances). The statistic is that of Mann and Whitney
    (1947), standardised, at the split where it is largest: a maximally selected rank statistic (Lausen and Schumacher,
    Biometrics 48, 1992), here with the bound of Bonferroni for the number of splits, which is never too sure. Its
    variance is corrected for autocorrelation as that of a trend is, from what the medians leave.
    """
    n = len(values)
    if n < MIN_POINTS:
        return None
    sums = list(accumulate(ranks_of(values), initial=0.0))
    splits = range(_MIN_SIDE, n - _MIN_SIDE + 1)
    scores = (abs(sums[k] - k * (n + 1) / 2) / math.sqrt(k * (n - k) * (n + 1) / 12) for k in splits)
    index = min(splits, key=lambda k: math.fsum(map(abs, _left_by_plateaus(values, k))))
    inflation = 1.0 if _is_clear(values) else inflation_of(_left_by_plateaus(values, index))
    z = max(scores) / math.sqrt(inflation)
    confidence = 1 - min(1.0, len(splits) * math.erfc(z / math.sqrt(2)))
    if confidence < MIN_CONFIDENCE:
        return None
    smooth = [statistics.median(values[max(0, i - _SMOOTH) : i + _SMOOTH + 1]) for i in range(n)]
    left = math.fsum(map(abs, _left_by_plateaus(smooth, index)))
    is_told = _lasts(smooth, index) and left <= _MAX_SHARE_OF_LINE * _left_by_line(smooth)
    return Step(index, confidence) if is_told else None


def _is_clear(values: Sequence[float]) -> bool:
    """As shares of what they are: slow response times scatter more than quick ones."""
    logs = [math.log(value) for value in values] if min(values) > 0 else values
    return is_clear(logs) or is_clear([-value for value in logs])


def _left_by_plateaus(values: Sequence[float], index: int) -> list[float]:
    before, after = statistics.median(values[:index]), statistics.median(values[index:])
    return [value - (before if i < index else after) for i, value in enumerate(values)]


def _lasts(values: Sequence[float], index: int) -> bool:
    before, after = values[:index], values[index:]
    middle = (statistics.median(before) + statistics.median(after)) / 2
    below, above = sorted((before, after), key=statistics.median)
    return sum(value < middle for value in below) >= _MIN_ON_OWN_SIDE * len(below) and sum(
        value > middle for value in above
    ) >= _MIN_ON_OWN_SIDE * len(above)


def _left_by_line(values: Sequence[float]) -> float:
    """The sum of the distances from the line of Theil and Sen."""
    slope = statistics.median((values[b] - values[a]) / (b - a) for a, b in combinations(range(len(values)), 2))
    rest = [value - slope * index for index, value in enumerate(values)]
    start = statistics.median(rest)
    return math.fsum(abs(value - start) for value in rest)
