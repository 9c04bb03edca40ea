"""All that is known of one request name in a part of a run."""

from __future__ import annotations

from dataclasses import dataclass

from perftui.model.snapshot import FailureRow, TimelinePoint
from perftui.model.tick import MAX_FAILURE_GROUPS
from perftui.model.totals import RequestKey, RequestTotals

__all__ = ["MAX_FAILURE_GROUPS", "RequestCounts", "RequestPage"]


@dataclass(frozen=True, slots=True)
class RequestPage:
    """`points` are of this request alone, each with the users of all; `failures` are at most MAX_FAILURE_GROUPS.

    `covered_s` is how many seconds `totals` covers.
    """

    totals: RequestTotals
    covered_s: float
    failures: tuple[FailureRow, ...]
    points: tuple[TimelinePoint, ...]


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """How many requests of each name ended in one tick."""

    seq: int
    elapsed_s: float
    interval_s: float
    counts: dict[RequestKey, int]
