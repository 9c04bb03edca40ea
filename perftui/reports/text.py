"""A sealed run as plain text for a terminal or a pipe, at most 80 columns wide."""

from __future__ import annotations

import textwrap
import unicodedata

from perftui.model.duration import format_clock
from perftui.model.record import Record
from perftui.model.snapshot import RequestRow, row_of
from perftui.model.text import clean
from perftui.model.totals import RequestTotals
from perftui.reports.capacity import capacity_text
from perftui.reports.figures import (
    THRESHOLD_MARKS,
    accounting,
    arrivals_text,
    covered_text,
    duration_s,
    load_worker_text,
    margin_text,
    thresholds_in_order,
    warnings_of,
)

WIDTH = 80
# Longer tables are for report.html.
MAX_ROWS = 40
MAX_NOTES_SHOWN = 20


def results_text(record: Record, where: str) -> str:
    """The verdict in words, a table of the requests, failures, and `where` the files are."""
    parts = [_verdict(record)]
    if record.outcome is not None and record.outcome.capacity is not None and record.outcome.capacity.levels:
        parts.append(capacity_text(record.outcome.capacity))
    if record.thresholds:
        parts.append(_thresholds(record))
    rows = _rows(record)
    if record.totals.total.requests:
        parts.append(_table(rows, record))
    if record.has_schedule:
        parts.append(_response_table(record))
    if record.load_workers:
        parts.append(_load_workers(record))
    failures = _failures(record)
    if failures:
        parts.append(failures)
    if record.notes:
        parts.append(_notes(record))
    parts.append(f"Files: {where}")
    return "\n\n".join(parts)


def time_text(time_ms: float | None) -> str:
    """A time to three significant digits with its unit: 0.45ms, 12.3ms, 241ms, 1.20s; "-" for none."""
    if time_ms is None:
        return "-"
    if time_ms >= 999.5:
        seconds = time_ms / 1000
        return f"{seconds:.2f}s" if seconds < 9.995 else f"{seconds:.1f}s" if seconds < 99.95 else f"{seconds:.0f}s"
    return f"{time_ms:.2f}ms" if time_ms < 9.995 else f"{time_ms:.1f}ms" if time_ms < 99.95 else f"{time_ms:.0f}ms"


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` terminal cells, cut with an ellipsis or filled with spaces."""
    used = 0
    kept: list[str] = []
    for character in text:
        cells = 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used + cells > width:
            while used + 1 > width:
                used -= 2 if unicodedata.east_asian_width(kept[-1]) in "WF" else 1
                kept.pop()
            return "".join(kept) + "…" + " " * (width - used - 1)
        kept.append(character)
        used += cells
    return "".join(kept) + " " * (width - used)


def _verdict(record: Record) -> str:
    if record.outcome is None:
        state = "still going on" if not record.state.is_over else "interrupted: it was never sealed"
        head = f"{record.plan.title}: {state}; what was recorded is here."
        return clean(head, 500)
    lines = [f"{clean(record.plan.title)}  ({clean(record.run_id)})"]
    lines += [clean(each, 500) for each in record.sentences]
    covered = covered_text(record)
    lines += [covered] if covered else []
    lines += [f"! {clean(each, 500)}" for each in warnings_of(record)]
    lines += [f"{each}." for each in (arrivals_text(accounting(record)),) if each]
    return "\n".join(textwrap.fill(line, WIDTH, break_on_hyphens=False) for line in lines)


def _thresholds(record: Record) -> str:
    """A line each, what is worst first."""
    lines = []
    for result in thresholds_in_order(record.thresholds):
        margin = f"  ({margin_text(result)})" if result.margin is not None else ""
        line = f"{THRESHOLD_MARKS[result.state]} {clean(result.text, 300)}{margin}"
        lines.append(textwrap.fill(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False))
    return "\n".join(["Thresholds", *lines])


def _notes(record: Record) -> str:
    lines = []
    for note in record.notes[:MAX_NOTES_SHOWN]:
        line = f"{format_clock(note.elapsed_s)}  {clean(note.text)}" + (f"  ({clean(note.by)})" if note.by else "")
        lines.append(textwrap.fill(line, WIDTH, subsequent_indent="       ", break_on_hyphens=False))
    more = len(record.notes) - MAX_NOTES_SHOWN
    return "\n".join(["Notes", *lines, *([f"… and {more} more in report.html"] if more > 0 else [])])


def _rows(record: Record) -> list[RequestRow]:
    return [
        row_of(each, (each.requests, each.failed), duration_s(record))
        for each in sorted(record.totals.by_request.values(), key=lambda each: -each.requests)
    ]


def _table(rows: list[RequestRow], record: Record) -> str:
    lines = [f"{'Request':<28}{'Reqs':>8}{'Fails':>8}{'rps':>8}{'p50':>7}{'p95':>7}{'p99':>7}{'max':>7}"]
    lines += [_line(row, clean(f"{row.method} {row.name}".strip())) for row in rows[:MAX_ROWS]]
    if len(rows) > MAX_ROWS:
        lines.append(f"… and {len(rows) - MAX_ROWS:,} more in report.html")
    total = record.totals.total
    both = row_of(total, (total.requests, total.failed), duration_s(record))
    lines.append(_line(both, "Aggregated"))
    return "\n".join([*lines, "Service times, from the send; percentiles to within 1 %."])


def _response_table(record: Record) -> str:
    """The same requests with their times from the intended start."""
    lines = [f"{'Request':<28}{'Timed':>8}{'p50':>8}{'p90':>8}{'p95':>7}{'p99':>7}{'p99.9':>7}{'max':>7}"]
    known = [each for each in record.totals.by_request.values() if each.response_times.count]
    known.sort(key=lambda each: -each.requests)
    lines += [_response_line(each, clean(f"{each.method} {each.name}".strip())) for each in known[:MAX_ROWS]]
    if len(known) > MAX_ROWS:
        lines.append(f"… and {len(known) - MAX_ROWS:,} more in report.html")
    lines.append(_response_line(record.totals.total, "Aggregated"))
    return "\n".join([*lines, "Response times, from the intended start; percentiles to within 1 %."])


def _response_line(totals: RequestTotals, label: str) -> str:
    times = totals.response_times
    known = (*times.percentiles_ms((50, 90, 95, 99, 99.9)), times.max_ms)
    cells = [time_text(each).rjust(width) for each, width in zip(known, (8, 8, 7, 7, 7, 7), strict=True)]
    return f"{fit(label, 28)}{_count(times.count)}{''.join(cells)}"


def _load_workers(record: Record) -> str:
    warnings = record.outcome.warnings if record.outcome else ()
    lines = [f"{'Load worker':<20}{'Host':<11}{'Role':<7}{'Users':>7}{'Requests':>9}  What became of it"]
    lines += [
        f"{fit(clean(each.name), 19)} {fit(clean(each.host), 10)} {each.role:<7}{each.most_users:>7,}"
        f" {_count(each.requests)}  {fit(load_worker_text(each, warnings), 24).rstrip()}"
        for each in record.load_workers[:MAX_ROWS]
    ]
    if len(record.load_workers) > MAX_ROWS:
        lines.append(f"… and {len(record.load_workers) - MAX_ROWS:,} more in report.html")
    return "\n".join(lines)


def _line(row: RequestRow, label: str) -> str:
    times = row.times
    cells = [time_text(each).rjust(7) for each in (times.p50_ms, times.p95_ms, times.p99_ms, times.max_ms)]
    return f"{fit(label, 28)}{_count(row.requests)}{_count(row.failures)}{row.rps:>8,.1f}{''.join(cells)}"


def _count(count: int) -> str:
    """In eight cells, one of them empty: 999,999, then 1.23M."""
    return f"{count:>8,}" if count < 1_000_000 else f"{count / 1e6:>7.4g}M"


def _failures(record: Record) -> str:
    groups = sorted(record.totals.failures.values(), key=lambda group: -group.count)[:5]
    return "\n".join(
        fit(f"{group.count:>8,} × {clean(f'{group.method} {group.name}: {group.message}'.strip())}", WIDTH).rstrip()
        for group in groups
    )


def history_text(rows: list[tuple[str, str, str, str, str, str]]) -> str:
    """Run id, verdict, duration, requests, failures and p95 of each row, aligned; one line each."""
    head = ("run", "verdict", "time", "requests", "failed", "p95")
    width = max(len(row[0]) for row in [head, *rows])
    return "\n".join(
        f"{row[0]:<{width}}  {row[1]:<11} {row[2]:>8} {row[3]:>10} {row[4]:>7} {row[5]:>7}" for row in [head, *rows]
    )
