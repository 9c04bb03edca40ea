"""Round numbers for axes, chosen so that they change rarely: each change repaints a whole chart."""

from __future__ import annotations

import math

# Seconds that the time axis may cover, each with a step between labels that divides it.
_SPANS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400)
# An axis shrinks only when its values have fallen below this part of it.
_SHRINK_BELOW = 0.45
_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
LARGEST = 1e15
# Nine powers of ten are more than any response spreads over.
_LEAST_TOP = 1e-290
_LEAST_SHOWN = 1e-9


def span_s(elapsed_s: float, run_time_s: float | None) -> float:
    """Seconds that the time axis covers: the next round length, or the run's own when that is sooner."""
    if not math.isfinite(elapsed_s):
        elapsed_s = 0.0
    span = next((each for each in _SPANS_S if elapsed_s <= each), None)
    if span is None:
        span = math.ceil(elapsed_s / 86400) * 86400
    if run_time_s is not None and math.isfinite(run_time_s):
        return float(min(span, max(run_time_s, elapsed_s, 1.0)))
    return float(span)


def round_top(value: float) -> float:
    """The smallest round number at or above `value`; 1 for nothing."""
    if not math.isfinite(value) or value <= 0:
        return 1.0
    value = min(value, LARGEST)
    magnitude = 10.0 ** math.floor(math.log10(value))
    if magnitude <= 0:
        return 1.0
    return next((step * magnitude for step in _STEPS if step * magnitude >= value), 10 * magnitude)


def next_top(current: float, largest: float) -> float:
    """The top of an axis that was `current` (0: none yet) when its largest value is `largest`."""
    if not math.isfinite(largest):
        largest = 0.0
    if current <= 0 or largest > current or largest < current * _SHRINK_BELOW:
        return round_top(largest)
    return current


def log_bounds(current: tuple[float, float], smallest: float, largest: float) -> tuple[float, float]:
    """The ends of a logarithmic axis that were `current` (0, 0: none yet), both above zero and apart.

    `smallest` and `largest` are the values that it has to hold.
    """
    top = next_top(current[1], largest)
    if top < _LEAST_TOP:
        # What is so small has no thousandth.
        top = 1.0
    if not math.isfinite(smallest) or smallest <= 0:
        smallest = top / 1000
    smallest = min(max(smallest, top * _LEAST_SHOWN), top / 2)
    bottom = current[0]
    if not bottom <= smallest < bottom * 5:
        magnitude = 10.0 ** math.floor(math.log10(smallest))
        bottom = max(step * magnitude for step in (1.0, 2.0, 5.0) if step * magnitude <= smallest * (1 + 1e-9))
    return bottom, top


def log_ticks(bottom: float, top: float) -> tuple[float, ...]:
    """The ends and the powers of ten between them, without those too near to an end for a label, as logarithms."""
    low, high = math.log10(bottom), math.log10(top)
    margin = 0.15 * (high - low)
    between = [float(power) for power in range(math.ceil(low), math.floor(high) + 1)]
    return (low, *(power for power in between if low + margin < power < high - margin), high)
