"""What a search for capacity found, as a table of its levels: for a terminal, and for report.html."""

from __future__ import annotations

import textwrap

from perftui.model.capacity import CapacityLevel, CapacityResult, LevelVerdict, level_text
from perftui.model.duration import format_clock
from perftui.model.record import Record
from perftui.model.text import clean
from perftui.reports.markup import percent, row, section, shown, table, time_cell

# Of a terminal's 80 columns, what decided begins here.
_TEXT_AT, _TEXT_WIDTH = 48, 32
_COLUMNS = (
    ("Level", "n"),
    ("Verdict", "text"),
    ("From", "n"),
    ("To", "n"),
    ("Requests", "n"),
    ("rps", "n"),
    ("p95", "n"),
    ("Failed", "n"),
    ("What decided", "text"),
)


def capacity_text(found: CapacityResult) -> str:
    """A line or more for each level, in the order in which they were tried, at most 80 columns wide."""
    what = "Tasks/s" if found.is_rate else "Users"
    lines = [f"{what:>8} {'Verdict':<11}{'rps':>8}{'p95':>9}{'Failed':>9}  What decided"]
    for each in found.levels:
        first, *more = textwrap.wrap(clean(each.text, 300), _TEXT_WIDTH, break_on_hyphens=False) or [""]
        lines.append(f"{_figures(each)}  {first}")
        lines += [" " * _TEXT_AT + line for line in more]
    return "\n".join(lines)


def _figures(tried: CapacityLevel) -> str:
    p95 = "-" if tried.p95_ms is None else f"{time_cell(tried.p95_ms)}ms"
    failed = "-" if tried.fail_ratio is None else f"{tried.fail_ratio:.2%}"
    return f"{tried.level:>8,.10g} {tried.verdict.value:<11}{tried.rps:>8,.1f}{p95:>9}{failed:>9}"


def capacity_section(record: Record) -> str:
    """Nothing where the run was no search."""
    found = record.outcome.capacity if record.outcome is not None else None
    if found is None or not found.levels:
        return ""
    rows = [_row(each, is_rate=found.is_rate) for each in found.levels]
    note = "in the order in which they were tried; service times in ms, from the send"
    return section("Capacity", table(_COLUMNS, rows, "Capacity"), note)


def _row(tried: CapacityLevel, *, is_rate: bool) -> str:
    style = "text" if tried.verdict is LevelVerdict.HELD else "text failing"
    return row(
        (
            (shown(level_text(tried.level, is_rate=is_rate)), "n"),
            (tried.verdict.value, style),
            (format_clock(tried.from_s), "n"),
            (format_clock(tried.to_s), "n"),
            (f"{tried.requests:,}", "n"),
            (f"{tried.rps:,.1f}", "n"),
            (time_cell(tried.p95_ms), "n"),
            (percent(tried.fail_ratio), "n"),
            (shown(tried.text), "text"),
        )
    )
