"""What is told of the load itself, as sections of report.html: its schedule and its load workers."""

from __future__ import annotations

from perftui.model.load_workers import LoadWorkerRow
from perftui.model.record import Record
from perftui.model.totals import RequestTotals
from perftui.reports.figures import load_worker_text, requests_in_order
from perftui.reports.markup import row, section, shown, table, time_cell

_PERCENTS = (50, 90, 95, 99, 99.9)
_TIMES_COLUMNS = (
    ("Method", ""),
    ("Name", "text"),
    ("Timed", "n"),
    ("Mean", "n"),
    *((f"p{percent:g}", "n") for percent in _PERCENTS),
    ("Max", "n"),
)
_WORKER_COLUMNS = (
    ("Load worker", "text"),
    ("Host", "text"),
    ("Role", ""),
    ("Most users", "n"),
    ("Requests", "n"),
    ("Most CPU", "n"),
    ("Worst lag p99", "n"),
    ("What became of it", "text"),
)


def response_section(record: Record) -> str:
    """Nothing where no user kept a schedule."""
    if not record.has_schedule:
        return ""
    rows = [_times_row(each) for each in requests_in_order(record) if each.response_times.count]
    rows.append(_times_row(record.totals.total, "total"))
    note = "in ms, from the intended start to the end of the response; percentiles to within 1&nbsp;%"
    return section("Response times", table(_TIMES_COLUMNS, rows, "Response times"), note, is_long=True)


def _times_row(totals: RequestTotals, style: str = "") -> str:
    times = totals.response_times
    values = (times.mean_ms, *times.percentiles_ms(_PERCENTS), times.max_ms)
    return row(
        (
            (shown(totals.method), ""),
            (shown(totals.name), "text"),
            (f"{times.count:,}", "n"),
            *((time_cell(each), "n") for each in values),
        ),
        style,
    )


def load_workers_section(record: Record) -> str:
    """Nothing where the engine made the load itself."""
    if not record.load_workers:
        return ""
    warnings = record.outcome.warnings if record.outcome else ()
    rows = (_worker_row(each, load_worker_text(each, warnings)) for each in record.load_workers)
    note = "over the whole run; the master leads and makes no load"
    if any(each.role == "stock" for each in record.load_workers):
        note += "; times of a stock worker are rounded by Locust to two digits"
    return section("Load workers", table(_WORKER_COLUMNS, rows, "Load workers"), note, is_long=True)


def _worker_row(worker: LoadWorkerRow, became: str) -> str:
    cpu = "–" if worker.most_cpu_percent is None else f"{worker.most_cpu_percent:,.0f} %"
    return row(
        (
            (shown(worker.name), "text"),
            (shown(worker.host), "text"),
            (worker.role, ""),
            (f"{worker.most_users:,}", "n"),
            (f"{worker.requests:,}", "n"),
            (cpu, "n"),
            (time_cell(worker.worst_lag_ms), "n"),
            (became, "text failing" if worker.lost else "text"),
        )
    )
