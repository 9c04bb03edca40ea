"""All formats of a record say the same."""

from __future__ import annotations

import csv
import io
import json
import re

from hypothesis import given, settings

from perftui.model.record import Record
from perftui.model.tick import Tick
from perftui.reports.exports import FORMATS, render, render_all
from tests.fakes.random_ticks import runs
from tests.fakes.records import record_of


@settings(max_examples=40, deadline=None)
@given(runs())
def test_totals_are_equal_in_every_format(ticks: list[Tick]) -> None:
    files = render_all(record_of(ticks))
    *rows, aggregated = csv.DictReader(io.StringIO(files["stats.csv"].decode(), newline=""))
    document = json.loads(files["result.json"])
    (shown,) = re.findall(r'id="total-requests">([\d,]+)<', files["report.html"].decode())
    history = list(csv.DictReader(io.StringIO(files["stats_history.csv"].decode(), newline="")))

    requests = sum(int(row["Request Count"]) for row in rows)
    assert requests == int(aggregated["Request Count"]) == document["totals"]["requests"]
    assert requests == int(shown.replace(",", "")) == sum(each["requests"] for each in document["requests"])
    assert sum(int(row["Failure Count"]) for row in rows) == document["totals"]["failed"]
    assert len(history) == len(ticks)
    if history:
        assert int(history[-1]["Total Request Count"]) == requests
        assert history[-1]["Total Max Response Time"] == aggregated["Max Response Time"]
    if document["totals"]["times"]["count"]:
        assert float(aggregated["95%"]) == document["totals"]["times"]["p95_ms"]


def test_each_format_has_its_files(sample_record: Record) -> None:
    every = render_all(sample_record)
    assert {name for form in FORMATS for name in render(sample_record, form)} == every.keys()
    assert every.keys() == {
        "report.html",
        "result.json",
        "stats.csv",
        "stats_history.csv",
        "failures.csv",
        "exceptions.csv",
        "notes.csv",
        "seconds.csv",
        "junit.xml",
    }
