"""What the panes of a run say, below the screens: margins, marks, bins, and lines of the log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perftui.model.histogram import Histogram
from perftui.model.judged import ThresholdResult, ThresholdState, Window
from perftui.model.marks import Note
from perftui.tui.brush import window_text
from perftui.tui.columns.count_columns import meaning_of, status_rows
from perftui.tui.columns.threshold_columns import failing_text, margin_bar, named_by, states_of
from perftui.tui.renderables.line import Line, width_of
from perftui.tui.renderables.time_bins import time_bins
from perftui.tui.widgets.log_pane import entry_of, with_notes


def result(measure: str, state: ThresholdState) -> ThresholdResult:
    return ThresholdResult(f"{measure} < 1s", measure, state, 500.0, "ms", 10, 1000.0)


def text_of(line: Line) -> str:
    return "".join(piece.text for piece in line.pieces)


def test_a_margin_goes_right_with_what_is_to_spare_and_left_with_what_is_beyond() -> None:
    assert margin_bar(0.5) == "      │━━━   "
    assert margin_bar(-0.5) == "   ━━━│      "
    assert margin_bar(0.001) == "      │━     "
    assert margin_bar(-40.0) == "━━━━━━│      "
    assert margin_bar(0.0) == margin_bar(None) == "      │      "


def test_a_request_bears_the_worst_of_the_thresholds_that_name_it() -> None:
    pay, items = ("POST", "/pay(1)"), ("GET", "/items")
    results = [
        result("p95(POST /pay(1))", ThresholdState.FAILED),
        result("p99[10s]( /pay* )", ThresholdState.PASSED),
        result("rps", ThresholdState.FAILED),
        result("p50(GET *)", ThresholdState.ACCEPTABLE),
    ]
    assert states_of(results, [pay, items]) == {pay: ThresholdState.FAILED, items: ThresholdState.ACCEPTABLE}


def test_a_threshold_of_a_group_is_one_of_its_requests() -> None:
    failed = ThresholdResult("p95(auth) < 1ms", "p95(auth)", ThresholdState.FAILED, 3.0, "ms", 9, 1.0)
    keys = [("POST", "/api/auth/login"), ("GET", "/api/tasks")]
    groups = {"auth": ("* /api/auth/*",)}
    assert states_of([failed], keys, groups) == {keys[0]: ThresholdState.FAILED}
    assert named_by([failed], keys[0], groups) == (failed,)
    assert not states_of([failed], keys)


def test_failing_says_since_when_and_until_when() -> None:
    failing = replace(result("p95", ThresholdState.FAILED), failed_since_s=182.0)
    assert failing_text(failing) == "since 03:02"
    assert failing_text(replace(failing, failed_until_s=190.0)) == "03:02–03:10"


def test_statuses_are_named_with_their_share() -> None:
    rows = status_rows({0: 1, 200: 98, 503: 1})
    assert [(row.name, row.meaning, row.share) for row in rows] == [
        ("–", "no response", 0.01),
        ("200", "OK", 0.98),
        ("503", "Service Unavailable", 0.01),
    ]
    assert meaning_of(799) == "not a registered status"


@pytest.mark.parametrize("width", [20, 50, 160])
def test_the_spread_of_times_has_no_gap_and_fits(width: int) -> None:
    succeeded, failed = Histogram(), Histogram()
    for time_ms in (12, 12, 12, 90):
        succeeded.record(time_ms * 1000)
    failed.record(12_000)
    lines = time_bins(succeeded, failed, {"p50": 12.0, "p95": 88.0, "p99": None}, width)
    texts = [text_of(each) for each in lines]
    assert [text.split()[0] for text in texts] == ["10–15ms", "15–20ms", "20–30ms", "30–50ms", "50–70ms", "70–100ms"]
    assert texts[0].endswith("p50")
    assert texts[-1].endswith("p95")
    assert "80.0%" in texts[0]
    # One of the four failed.
    bars = {piece.role: len(piece.text) for piece in lines[0].pieces[1:3]}
    assert bars["bad"] == round((bars["rps"] + bars["bad"]) / 4)
    assert len({width_of(each.pieces[:-1]) for each in lines}) == 1
    assert not time_bins(Histogram(), Histogram(), {}, width)


def test_a_line_of_the_log_is_taken_apart() -> None:
    assert entry_of("    72.500 WARNING  shop: slow") == ("01:12", "WARNING", "shop: slow")
    assert entry_of("INFO by hand") == ("", "", "INFO by hand")


def test_notes_stand_in_the_log_where_they_were_written() -> None:
    log = ["     1.000 INFO     a", "of no form", "     9.000 INFO     b"]
    notes = [Note(30.0, "end"), Note(5.0, "deploy", "ann")]
    assert with_notes(log, notes) == [
        *log[:2],
        "     5.000 NOTE     deploy  (ann)",
        log[2],
        "    30.000 NOTE     end",
    ]


def test_a_window_says_what_it_covers() -> None:
    assert window_text(Window(70.0, 100.0), 30.0) == "01:10–01:40 (30s)"
    assert window_text(Window(70.0), 8.0) == "01:10–the end (8s)"
