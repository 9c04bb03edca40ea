"""When arrivals are due at a rate that is constant or changes evenly: by closed forms, so that nothing drifts."""

from __future__ import annotations

import math


class Pace:
    """Counts arrivals off one by one. All times are in seconds of the run's clock."""

    def __init__(self) -> None:
        self._from_s = 0.0
        self._from_rate = self._to_rate = 0.0
        self._over_s = 0.0
        # Of the arrivals since `_from_s`: how many were counted off, and where between two of them it began (0 to 1).
        self._counted = 0
        self._first = 0.0

    def change(self, at_s: float, rate_per_s: float, over_s: float = 0.0, phase: float | None = None) -> None:
        """From `at_s` on, go evenly to `rate_per_s` within `over_s`.

        The next arrival is `phase` of the time between two away; None: as far as it was, in arrivals and not in time.
        """
        left = self._first + self._counted - self._integral(at_s)
        rate_now = self.rate_at(at_s)
        self._first = max(0.0, left) if phase is None else phase
        self._counted = 0
        self._from_s = at_s
        self._from_rate, self._to_rate, self._over_s = rate_now, rate_per_s, max(0.0, over_s)

    def rate_at(self, at_s: float) -> float:
        passed_s = max(0.0, at_s - self._from_s)
        if passed_s >= self._over_s:
            return self._to_rate
        return self._from_rate + (self._to_rate - self._from_rate) * passed_s / self._over_s

    def next_due_s(self) -> float:
        """When the next arrival is due; infinite where there will be none."""
        wanted = self._first + self._counted
        ramp = (self._from_rate + self._to_rate) / 2 * self._over_s
        if wanted <= ramp and ramp > 0:
            return self._from_s + min(self._within_ramp(wanted), self._over_s)
        if self._to_rate <= 0:
            return math.inf
        return self._from_s + self._over_s + (wanted - ramp) / self._to_rate

    def count_off(self) -> None:
        self._counted += 1

    def count_off_before(self, at_s: float) -> int:
        """Count off all that were due before `at_s`; how many there were."""
        due = math.ceil(self._integral(at_s) - self._first)
        counted_now = max(0, due - self._counted)
        self._counted += counted_now
        return counted_now

    def _within_ramp(self, wanted: float) -> float:
        """How long it takes until `wanted` arrivals have come, while the rate changes."""
        if wanted <= 0:
            return 0.0
        half_slope = (self._to_rate - self._from_rate) / (2 * self._over_s)
        root = math.sqrt(max(0.0, self._from_rate**2 + 4 * half_slope * wanted))
        # The form of the solution that does not subtract two numbers that are nearly the same.
        return 2 * wanted / (self._from_rate + root)

    def _integral(self, at_s: float) -> float:
        passed_s = max(0.0, at_s - self._from_s)
        within_s = min(passed_s, self._over_s)
        ramp = self._from_rate * within_s
        if self._over_s > 0:
            ramp += (self._to_rate - self._from_rate) / (2 * self._over_s) * within_s**2
        return ramp + self._to_rate * (passed_s - within_s)
