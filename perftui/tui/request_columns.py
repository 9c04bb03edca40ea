"""The columns of the tables, and a row in full; live and in the results alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perftui.model.duration import format_clock
from perftui.model.snapshot import FailureRow, RequestRow
from perftui.tui.figures import bytes_text, count_text, ms_text, rate_text, share_text
from perftui.tui.widgets.table import Column, Table


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    message: str
    count: int


def request_table(*, id: str, rate_label: str) -> Table[RequestRow]:
    """`rate_label` says over which time the rates are."""
    columns: tuple[Column[RequestRow], ...] = (
        Column("Method", 7, lambda row: row.method, lambda row: row.method, is_text=True),
        Column("Name", 12, lambda row: row.name, lambda row: row.name, is_text=True, share=1),
        Column("Reqs", 6, lambda row: count_text(row.requests), lambda row: row.requests),
        Column("Fails", 6, lambda row: count_text(row.failures), lambda row: row.failures, _fail_role, from_width=90),
        Column("Fail%", 6, lambda row: share_text(row.fail_ratio), lambda row: row.fail_ratio, _fail_role),
        Column(rate_label, 6, lambda row: rate_text(row.rps), lambda row: row.rps),
        Column("p50", 6, lambda row: ms_text(row.times.p50_ms), lambda row: row.times.p50_ms, from_width=84),
        Column("p95", 6, lambda row: ms_text(row.times.p95_ms), lambda row: row.times.p95_ms),
        Column("p99", 6, lambda row: ms_text(row.times.p99_ms), lambda row: row.times.p99_ms),
        Column("max", 6, lambda row: ms_text(row.times.max_ms), lambda row: row.times.max_ms, from_width=104),
        Column(
            "size",
            8,
            lambda row: bytes_text(row.mean_response_bytes),
            lambda row: row.mean_response_bytes,
            from_width=130,
        ),
    )
    return Table(
        columns,
        lambda row: (row.method, row.name),
        sorted_by="Reqs",
        searched=lambda row: f"{row.method} {row.name}",
        empty="no request has ended yet",
        of_all=lambda total, count: replace(total, name=f"{total.name} (all {count:,})"),
        id=id,
    )


def failure_table(*, id: str) -> Table[FailureRow]:
    columns: tuple[Column[FailureRow], ...] = (
        Column("Count", 8, lambda row: count_text(row.count), lambda row: row.count, lambda _row: "bad"),
        Column("Method", 7, lambda row: row.method, lambda row: row.method, is_text=True),
        Column("Name", 10, lambda row: row.name, lambda row: row.name, is_text=True, share=2),
        Column("Message", 16, lambda row: row.message, lambda row: row.message, is_text=True, share=3),
        Column("First", 7, lambda row: format_clock(row.first_s), lambda row: row.first_s, from_width=90),
        Column("Last", 7, lambda row: format_clock(row.last_s), lambda row: row.last_s),
    )
    return Table(
        columns,
        lambda row: (row.method, row.name, row.message),
        sorted_by="Count",
        searched=lambda row: f"{row.method} {row.name} {row.message}",
        empty="no request failed",
        id=id,
    )


def exception_table(*, id: str) -> Table[ExceptionRow]:
    columns: tuple[Column[ExceptionRow], ...] = (
        Column("Count", 8, lambda row: count_text(row.count), lambda row: row.count, lambda _row: "bad"),
        Column("Exception in user code", 20, lambda row: row.message, lambda row: row.message, is_text=True, share=1),
    )
    return Table(
        columns,
        lambda row: row.message,
        sorted_by="Count",
        searched=lambda row: row.message,
        empty="user code raised nothing",
        id=id,
    )


def facts_of(row: object) -> Sequence[tuple[str, str]]:
    """All of one row, as (what, value); the values may be foreign text."""
    if isinstance(row, RequestRow):
        times = row.times
        return (
            ("request", f"{row.method} {row.name}".strip()),
            ("requests", f"{row.requests:,}"),
            ("failures", f"{row.failures:,} ({share_text(row.fail_ratio)})"),
            ("requests/s", rate_text(row.rps)),
            ("failures/s", rate_text(row.fails_per_s)),
            ("service time", "from the send to the end of the response"),
            ("  min · mean · max", " · ".join(map(ms_text, (times.min_ms, times.mean_ms, times.max_ms)))),
            ("  p50 · p75 · p90", " · ".join(map(ms_text, (times.p50_ms, times.p75_ms, times.p90_ms)))),
            ("  p95 · p99 · p99.9", " · ".join(map(ms_text, (times.p95_ms, times.p99_ms, times.p99_9_ms)))),
            ("timed", f"{times.count:,}"),
            ("mean response", bytes_text(row.mean_response_bytes)),
        )
    if isinstance(row, FailureRow):
        return (
            ("request", f"{row.method} {row.name}".strip()),
            ("failures", f"{row.count:,}"),
            ("first · last", f"{format_clock(row.first_s)} · {format_clock(row.last_s)} after the start"),
            ("message", row.message),
        )
    if isinstance(row, ExceptionRow):
        return (("raised", f"{row.count:,} times"), ("exception", row.message))
    raise TypeError(type(row).__name__)


def _fail_role(row: RequestRow) -> str:
    return "bad" if row.failures else "muted"
