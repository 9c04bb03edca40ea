"""Whether the generator was quick enough to be believed."""

from __future__ import annotations

from perftui.model.judged import Trust
from perftui.model.totals import RunTotals

# A generator that was late for more than one second and more than this share of them is worth a sentence: the first
# second, in which user code is used for the first time, often is.
LIMITED_ABOVE = 0.05
# Above this share most of what was measured is the generator.
BAD_ABOVE = 0.5


def trust_of(totals: RunTotals) -> Trust:
    """By the share of seconds in which it was late."""
    strained = totals.strained_ticks
    if strained <= max(1, totals.ticks * LIMITED_ABOVE):
        return Trust.OK
    return Trust.LIMITED if strained <= totals.ticks * BAD_ABOVE else Trust.BAD
