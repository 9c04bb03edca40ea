"""A note is on every chart and in every export."""

from __future__ import annotations

import csv
import io
import json
import re
from xml.etree import ElementTree

from perftui.model.marks import NOTE, Note
from perftui.model.record import Record, RunEvent
from perftui.model.snapshot import point_of
from perftui.reports.charts import charts_of
from perftui.reports.exports import render_all
from perftui.reports.text import results_text
from tests.fakes.records import record_of
from tests.fakes.ticks import delta, tick

TICKS = [tick(seq, delta("/", (5.0,))) for seq in range(100)]
NOTES = (RunEvent(12.25, NOTE, "the new release"), RunEvent(60.0, NOTE, '=HYPERLINK("http://x") <b>'))


def noted() -> Record:
    return record_of(TICKS, events=(RunEvent(0.0, "state", "running"), *NOTES))


def test_every_export_has_the_notes() -> None:
    files = render_all(noted())
    rows = list(csv.DictReader(io.StringIO(files["notes.csv"].decode(), newline="")))
    assert [(row["Elapsed Seconds"], row["Note"]) for row in rows] == [
        ("12.25", "the new release"),
        ("60.0", '\'=HYPERLINK("http://x") <b>'),
    ]
    assert [each["text"] for each in json.loads(files["result.json"])["notes"]] == [note.text for note in NOTES]
    said = ElementTree.fromstring(files["junit.xml"]).findtext("testsuite/system-out") or ""
    assert "Note at 00:12: the new release" in said
    page = files["report.html"].decode()
    assert "<b>" not in page
    assert page.count("the new release") == page.count("&lt;b&gt;") >= 4
    assert "Notes\n00:12  the new release\n01:00  =HYPERLINK" in results_text(noted(), "here")


def test_the_rows_of_a_note_and_of_a_second_have_the_same_clock() -> None:
    files = render_all(noted())
    history, notes = (
        [row["Timestamp"] for row in csv.DictReader(io.StringIO(files[name].decode(), newline=""))]
        for name in ("stats_history.csv", "notes.csv")
    )
    assert notes[1] == history[59]


def test_a_note_stands_on_each_chart_where_it_was_put() -> None:
    charts = charts_of([point_of(each) for each in TICKS], notes=noted().notes)
    for svg in (charts.times, charts.rate, charts.failures):
        first, second = sorted({float(x) for x in re.findall(r'class="noted" x1="([\d.]+)"', svg)})
        # 52 units on the left, 18 on the right of 520.
        assert abs(first - (52 + 450 * 0.1225)) < 0.1
        assert abs(second - (52 + 450 * 0.6)) < 0.1


def test_notes_that_crowd_keep_their_lines_and_the_first_its_number() -> None:
    crowd = [Note(50.0 + second / 10, f"note {second}") for second in range(5)]
    svg = charts_of([point_of(each) for each in TICKS], notes=crowd).times
    assert len(re.findall('class="noted"', svg)) == 5
    assert re.findall(r'y="24">([^<]+)<', svg) == ["1"]


def test_a_run_without_notes_says_nothing_of_them() -> None:
    files = render_all(record_of(TICKS))
    assert len(files["notes.csv"].splitlines()) == 1
    assert ">Notes<" not in files["report.html"].decode()
    assert "Notes" not in results_text(record_of(TICKS), "here")
