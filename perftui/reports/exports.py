"""The formats that a record can be had in, and the names of their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from perftui.model.record import Record
from perftui.reports.html import report_html
from perftui.reports.junit import junit_xml
from perftui.reports.locust_csv import exceptions_csv, failures_csv, stats_csv, stats_history_csv
from perftui.reports.notes import notes_csv
from perftui.reports.result_json import result_json
from perftui.reports.seconds_csv import seconds_csv

Render = Callable[[Record], bytes]

FORMATS: Mapping[str, tuple[tuple[str, Render], ...]] = MappingProxyType(
    {
        "html": (("report.html", report_html),),
        "csv": (
            ("stats.csv", stats_csv),
            ("stats_history.csv", stats_history_csv),
            ("failures.csv", failures_csv),
            ("exceptions.csv", exceptions_csv),
            ("notes.csv", notes_csv),
            ("seconds.csv", seconds_csv),
        ),
        "json": (("result.json", result_json),),
        "junit": (("junit.xml", junit_xml),),
    }
)
"""By the name that people give: the files of a format and what makes each."""


def render(record: Record, form: str) -> dict[str, bytes]:
    """The files of one format by name. Raises KeyError for a format that FORMATS does not have."""
    return {name: make(record) for name, make in FORMATS[form]}


def render_all(record: Record, seen: Callable[[int, int], None] | None = None) -> dict[str, bytes]:
    """The files of all formats by name. `seen` is told how many of how many are done; what it raises ends it."""
    makers = [each for form in FORMATS.values() for each in form]
    files: dict[str, bytes] = {}
    for name, make in makers:
        if seen is not None:
            seen(len(files), len(makers))
        files[name] = make(record)
    return files
