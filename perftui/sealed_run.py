"""A sealed run as a test looks at it: the verdict, and the figures of each request by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perftui import exit_codes
from perftui.model.judged import ThresholdResult
from perftui.model.record import Outcome, Record
from perftui.model.text import clean
from perftui.model.totals import RequestTotals
from perftui.reports.text import results_text
from perftui.store.paths import path_for_people

_MAX_NEAREST = 3


@dataclass(frozen=True, slots=True)
class RequestFigures:
    """One request name, or all requests together, over the part of the run that is judged.

    Times are service times in ms, percentiles to within 1 %; `fail_ratio` is 0 to 1; `statuses` counts by HTTP
    status, 0 stands for no response. What has no data is None: to compare that with a number raises TypeError, and
    passes no test.
    """

    name: str
    requests: int
    failures: int
    fail_ratio: float | None
    rps: float | None
    mean_ms: float | None
    min_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    statuses: Mapping[int, int]


class SealedRun:
    """A run that is over, and its verdict. `record` is the whole of it, as every export has it.

    `run["GET /health"]`, or `run["/health"]` where one method asks for it, are the figures of that request.
    """

    def __init__(self, record: Record, outcome: Outcome) -> None:
        self.record = record
        self._outcome = outcome
        seconds = record.totals.covered_s
        self.total = _figures(record.totals.total, seconds)
        self.requests = {
            figures.name: figures for each in record.totals.by_request.values() for figures in [_figures(each, seconds)]
        }

    @property
    def passed(self) -> bool:
        """As in a pipeline: whether `perftui run` exits 0."""
        return self.exit_code == exit_codes.OK

    @property
    def verdict(self) -> str:
        """ "passed", "acceptable", "failed", "no data" or "aborted"."""
        return self._outcome.verdict.value

    @property
    def exit_code(self) -> int:
        """One of `perftui.exit_codes`, or the locustfile's own."""
        return self._outcome.exit_code

    @property
    def reason(self) -> str:
        """Why it ended as it did, in one line."""
        return self._outcome.reason

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict in words."""
        return self._outcome.sentences

    @property
    def thresholds(self) -> tuple[ThresholdResult, ...]:
        return self._outcome.thresholds

    @property
    def folder(self) -> Path:
        """Where report.html and the other files of the run are."""
        return Path(self.record.folder)

    def __getitem__(self, name: str) -> RequestFigures:
        """Raises KeyError, which lists the nearest names, where no request or more than one is called `name`."""
        if name in self.requests:
            return self.requests[name]
        of_name = [each for each in self.requests if each.partition(" ")[2] == name]
        if len(of_name) == 1:
            return self.requests[of_name[0]]
        near = of_name or difflib.get_close_matches(name, self.requests, _MAX_NEAREST, 0.0)
        listed = ", ".join(clean(each) for each in near[:_MAX_NEAREST]) or "none: nothing was requested"
        raise KeyError(f"{'several requests are' if of_name else 'no request is'} called {name!r}; nearest: {listed}")

    def __str__(self) -> str:
        return results_text(self.record, path_for_people(self.folder))

    def __repr__(self) -> str:
        words = " ".join(clean(each, 500) for each in self.sentences) or clean(self.reason, 500)
        return f"<run {self.verdict}, exit code {self.exit_code}: {words}>"


def _figures(totals: RequestTotals, seconds: float) -> RequestFigures:
    times = totals.times()
    p50_ms, p95_ms, p99_ms = times.percentiles_ms((50, 95, 99))
    return RequestFigures(
        name=f"{totals.method} {totals.name}".strip(),
        requests=totals.requests,
        failures=totals.failed,
        fail_ratio=totals.fail_ratio,
        rps=totals.requests / seconds if seconds else None,
        mean_ms=times.mean_ms,
        min_ms=times.min_ms,
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        p99_ms=p99_ms,
        max_ms=times.max_ms,
        statuses=dict(totals.statuses),
    )
