"""What people noted on the timeline of a run, in the formats that have a place for it."""

from __future__ import annotations

from datetime import datetime

from perftui.model.duration import format_clock
from perftui.model.record import Record
from perftui.reports.cells import cell_text, csv_of
from perftui.reports.markup import row, section, shown, table

NOTES_COLUMNS = ["Timestamp", "Elapsed Seconds", "Note", "By"]


def notes_csv(record: Record) -> bytes:
    """A row per note, in the order of time; its Timestamp is that of stats_history.csv, whose columns are Locust's."""
    started_at_s = datetime.fromisoformat(record.started_at).timestamp()
    return csv_of(
        NOTES_COLUMNS,
        (
            [int(started_at_s + note.elapsed_s), round(note.elapsed_s, 3), cell_text(note.text), cell_text(note.by)]
            for note in record.notes
        ),
    )


def notes_section(record: Record) -> str:
    """For report.html, with the numbers that stand on its charts."""
    if not record.notes:
        return ""
    rows = [
        row(
            (
                (f"{number}", ""),
                (format_clock(note.elapsed_s), ""),
                (shown(note.text), "text"),
                (shown(note.by), "text"),
            )
        )
        for number, note in enumerate(record.notes, 1)
    ]
    columns = (("On the charts", ""), ("After", ""), ("Note", "text"), ("By", "text"))
    return section("Notes", table(columns, rows, "Notes"), is_long=True)
