"""All that is known of one request name in a part of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from perftui.model.snapshot import FailureRow, TimelinePoint
from perftui.model.spectrum import Spectrum
from perftui.model.tick import MAX_FAILURE_GROUPS
from perftui.model.totals import RequestKey, RequestTotals

__all__ = ["MAX_FAILURE_GROUPS", "RequestCounts", "RequestPage"]


@dataclass(frozen=True, slots=True)
class RequestPage:
    """`points` are of this request alone, each with the users of all; `failures` are at most MAX_FAILURE_GROUPS.

    `covered_s` is how many seconds `totals` covers. `spectra` say how the times of each tick spread.
    """

    totals: RequestTotals
    covered_s: float
    failures: tuple[FailureRow, ...]
    points: tuple[TimelinePoint, ...]
    spectra: tuple[Spectrum, ...] = ()

    def shared_failures(self) -> tuple[FailureRow, ...]:
        """`failures`, each with its share of the request's."""
        requests = self.totals.requests
        return tuple(
            replace(each, share_of_request=each.count / requests) if requests >= each.count else each
            for each in self.failures
        )


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """How many requests of each name ended in one tick."""

    seq: int
    elapsed_s: float
    interval_s: float
    counts: dict[RequestKey, int]
