"""Whether a series rises or falls, and how sure that is."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

# With fewer points the normal approximation of the test's statistic is no good.
MIN_POINTS = 10
# A sentence about a trend is wrong in at most one of 200 series that have none; three or so are looked at in each run.
MIN_CONFIDENCE = 0.995
# What is more correlated than this from one point to the next has no end to its memory.
_MAX_CORRELATION = 0.95
# What only ever rises or falls, but for scatter this many times smaller (over the number of points), is no accident of
# correlated noise: where the correlation is 0.8, about 1 in 100 series without a trend looks like it (by
# simulation). What the line leaves is then curvature, which only looks correlated.
_CLEAR = 80


@dataclass(frozen=True, slots=True)
class Trend:
    """The line through a series: its values at both ends; `confidence` (0 to 1) that it is not flat."""

    from_value: float
    to_value: float
    confidence: float

    @property
    def change(self) -> float:
        """As a share of where it began; 0 where that is not above 0."""
        return self.to_value / self.from_value - 1 if self.from_value > 0 else 0.0

    @property
    def is_sure(self) -> bool:
        return self.confidence >= MIN_CONFIDENCE

    @property
    def text(self) -> str:
        """Such as "+50 %, 99 % confidence"; never more confidence than there is."""
        return f"{change_text(self.change)}, {confidence_text(self.confidence)}"


def change_text(change: float) -> str:
    """`change` is a share of where it began: 0.5 is "+50 %"."""
    return f"{change * 100:+,.0f} %"


def confidence_text(confidence: float) -> str:
    """Never more confidence than there is; `confidence` is MIN_CONFIDENCE to 1."""
    sure = "99.9" if confidence >= 0.999 else f"{math.floor(confidence * 100)}"
    return f"{sure} % confidence"


def trend_of(values: Sequence[float], edge: float = 0.5) -> Trend | None:
    """The trend of `values`, which are of equal spans of time; None below MIN_POINTS of them.

    The line is that of Theil and Sen: the median of all slopes between two points, through the median of what is left.
    Its ends are `edge` of a span before the first point and after the last one. The confidence is that of the two-sided
    test of Mann (1945) and Kendall (1975), with the variance corrected for ties and, after Hamed and Rao (Journal of
    Hydrology 204, 1998), for autocorrelation. That is taken for one of the first order: over few points only the
    correlation of neighbours can be told, and it comes out too low, by what Hamed (Journal of Hydrology 368, 2009) puts
    back. The correction never makes it surer.
    """
    n = len(values)
    if n < MIN_POINTS:
        return None
    slope = statistics.median((values[b] - values[a]) / (b - a) for a, b in combinations(range(n), 2))
    rest = [value - slope * index for index, value in enumerate(values)]
    start = statistics.median(rest)
    score = sum((later > earlier) - (later < earlier) for earlier, later in combinations(values, 2))
    ties = sum(count * (count - 1) * (2 * count + 5) for count in Counter(values).values())
    inflation = 1.0 if is_clear(values if slope > 0 else [-value for value in values]) else inflation_of(rest)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18 * inflation
    z = max(0, abs(score) - 1) / math.sqrt(variance) if variance > 0 else 0.0
    return Trend(start - edge * slope, start + (n - 1 + edge) * slope, math.erf(z / math.sqrt(2)))


def is_clear(values: Sequence[float]) -> bool:
    """Whether `values` rise by much more than they scatter around the rising steps that fit them best.

    The steps are the isotonic regression, by pooling adjacent violators (Ayer et al. 1955).
    """
    steps: list[tuple[float, int]] = []
    for value in values:
        level, count = value, 1
        while steps and steps[-1][0] >= level:
            below, below_count = steps.pop()
            level = (level * count + below * below_count) / (count + below_count)
            count += below_count
        steps.append((level, count))
    fitted = [level for level, count in steps for _ in range(count)]
    rest = [value - level for value, level in zip(values, fitted, strict=True)]
    return fitted[-1] - fitted[0] >= _CLEAR / len(values) * (max(rest) - min(rest))


def inflation_of(rest: Sequence[float]) -> float:
    """By how much autocorrelation widens the variance; `rest` is what the trend leaves of the series."""
    n = len(rest)
    ranks, mean = ranks_of(rest), (n + 1) / 2
    spread = math.fsum((rank - mean) ** 2 for rank in ranks)
    if not spread:
        return 1.0
    neighbours = math.fsum((a - mean) * (b - mean) for a, b in pairwise(ranks)) / spread
    correlation = min(max(0.0, (n * neighbours + 2) / (n - 4)), _MAX_CORRELATION)
    weights = ((n - lag) * (n - lag - 1) * (n - lag - 2) * correlation**lag for lag in range(1, n - 2))
    return 1 + 2 / (n * (n - 1) * (n - 2)) * math.fsum(weights)


def ranks_of(values: Sequence[float]) -> list[float]:
    """From 1; equal values share the mean of their ranks."""
    order = sorted(values)
    first = {value: index for index, value in reversed(list(enumerate(order)))}
    count = Counter(order)
    return [first[value] + (count[value] + 1) / 2 for value in values]
