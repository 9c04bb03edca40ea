"""What the panes of a run show, wherever it comes from: live, kept, replayed, or a window of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from perftui.model.judged import ThresholdResult
from perftui.model.record import Record
from perftui.model.snapshot import FailureRow, RequestRow, Snapshot
from perftui.model.totals import FailureKey, RequestKey, RunTotals
from perftui.tui.columns.load_worker_columns import LoadWorkerRow, load_worker_rows
from perftui.tui.columns.request_columns import ExceptionRow
from perftui.tui.texts.summary import exception_rows, failure_rows, request_rows, total_row

Key = TypeVar("Key", bound=tuple[str, ...])


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
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Globs over request names, by the name that thresholds give them."""
    failure_trends: Mapping[FailureKey, Sequence[float | None]] = field(default_factory=dict)
    """Failures per second over time, by failure group, the newest last."""
    load_workers: Sequence[LoadWorkerRow] = ()


class Trends(Mapping[Key, Sequence[float | None]]):
    """Made for a row when it is looked at: few of hundreds are visible."""

    def __init__(self, keys: Iterable[Key], trend_of: Callable[[Key], Sequence[float | None]]) -> None:
        self._keys = frozenset(keys)
        self._trend_of = trend_of

    def __getitem__(self, key: Key) -> Sequence[float | None]:
        if key not in self._keys:
            raise KeyError(key)
        return self._trend_of(key)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def of_snapshot(
    snapshot: Snapshot,
    trends: Mapping[RequestKey, Sequence[float | None]],
    failure_trends: Mapping[FailureKey, Sequence[float | None]] | None = None,
    groups: Mapping[str, tuple[str, ...]] | None = None,
) -> RunFigures:
    return RunFigures(
        snapshot.rows,
        snapshot.total if snapshot.rows else None,
        snapshot.failures,
        snapshot.failure_groups,
        _exception_rows(snapshot),
        snapshot.statuses,
        snapshot.users_by_class,
        snapshot.thresholds,
        trends,
        groups=groups or {},
        failure_trends=failure_trends or {},
        load_workers=load_worker_rows(snapshot.load_workers, snapshot.now.interval_s if snapshot.now else 0.0),
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
        groups=record.plan.scenario.groups,
        load_workers=load_worker_rows(last.load_workers, last.interval_s) if last else (),
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


def _exception_rows(snapshot: Snapshot) -> list[ExceptionRow]:
    tracebacks = (*snapshot.tracebacks, *[""] * len(snapshot.exceptions))
    return [
        ExceptionRow(message, count, traceback)
        for (message, count), traceback in zip(snapshot.exceptions, tracebacks, strict=False)
    ]
