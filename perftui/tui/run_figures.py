"""What the panes of a run show, wherever it comes from: live, kept, replayed, or a window of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perftui.model.judged import ThresholdResult
from perftui.model.record import Record
from perftui.model.snapshot import FailureRow, RequestRow, Snapshot
from perftui.model.totals import RequestKey, RunTotals
from perftui.tui.request_columns import ExceptionRow
from perftui.tui.summary import exception_rows, failure_rows, request_rows, total_row


@dataclass(frozen=True, slots=True)
class RunFigures:
    """`covers` says in words which part of the run it is, empty for all of it. `trends` are rps over time, by request,
    the newest last.
    """

    rows: Sequence[RequestRow] = ()
    total: RequestRow | None = None
    failures: Sequence[FailureRow] = ()
    failure_groups: int = 0
    exceptions: Sequence[ExceptionRow] = ()
    statuses: Mapping[int, int] = field(default_factory=dict)
    users_by_class: Mapping[str, int] = field(default_factory=dict)
    thresholds: Sequence[ThresholdResult] = ()
    trends: Mapping[RequestKey, Sequence[float | None]] = field(default_factory=dict)
    covers: str = ""


def of_snapshot(snapshot: Snapshot, trends: Mapping[RequestKey, Sequence[float | None]]) -> RunFigures:
    return RunFigures(
        snapshot.rows,
        snapshot.total if snapshot.rows else None,
        snapshot.failures,
        snapshot.failure_groups,
        [ExceptionRow(*each) for each in snapshot.exceptions],
        snapshot.statuses,
        snapshot.users_by_class,
        snapshot.thresholds,
        trends,
    )


def of_record(record: Record) -> RunFigures:
    figures = of_totals(record.totals, "")
    last = record.whole.last
    return RunFigures(
        figures.rows,
        figures.total,
        figures.failures,
        figures.failure_groups,
        figures.exceptions,
        figures.statuses,
        dict(last.users_by_class) if last else {},
        record.thresholds,
    )


def of_totals(totals: RunTotals, covers: str) -> RunFigures:
    """Of a window: the thresholds are not judged over it."""
    rows = request_rows(totals)
    failures = failure_rows(totals)
    return RunFigures(
        rows,
        total_row(totals) if rows else None,
        failures,
        len(failures),
        exception_rows(totals),
        dict(sorted(totals.total.statuses.items())),
        covers=covers,
    )
