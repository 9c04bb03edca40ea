"""A record as rows and sentences, by the model's own arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from perftui.model.duration import format_duration
from perftui.model.record import Record
from perftui.model.run_state import RunState
from perftui.model.snapshot import FailureRow, RequestRow, failure_rows_of, row_of
from perftui.model.totals import RunTotals
from perftui.reports.figures import covered_text
from perftui.tui.columns.request_columns import ExceptionRow


def duration_s(record: Record) -> float:
    """Seconds that the numbers of the record cover."""
    return record.totals.covered_s


def request_rows(totals: RunTotals) -> list[RequestRow]:
    """One per request; the rates are means over all that `totals` covers."""
    return [row_of(each, (each.requests, each.failed), totals.covered_s) for each in totals.by_request.values()]


def total_row(totals: RunTotals) -> RequestRow:
    total = totals.total
    return row_of(total, (total.requests, total.failed), totals.covered_s)


def failure_rows(totals: RunTotals) -> list[FailureRow]:
    return list(failure_rows_of(totals))


def exception_rows(totals: RunTotals) -> list[ExceptionRow]:
    return [ExceptionRow(group.message, group.count, group.traceback) for group in totals.exceptions.values()]


def sentences_of(record: Record) -> Sequence[str]:
    """The verdict in words. A record that was never sealed has none: then what is known of its end."""
    if record.outcome is not None:
        covered = covered_text(record)
        return (*record.sentences, covered) if covered else record.sentences
    kept = format_duration(round(record.whole.elapsed_s, 1)) if record.whole.last else ""
    what = f"What was recorded until then is kept: {kept} of load." if kept else "Nothing was recorded."
    if record.state is RunState.INTERRUPTED:
        return ("NO VERDICT: the run was never sealed. Its conductor died, or could not write.", what)
    return (f"NO VERDICT: the run is {record.state.value}, and was not sealed.", what)
