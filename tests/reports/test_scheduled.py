"""A run with a schedule shows both times, what was dropped, who made the load, and when not to believe it."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from perftui.judgement.trust import run_trust
from perftui.model.judged import Trust
from perftui.model.load_workers import LoadWorkerRow
from perftui.model.plan import Stage
from perftui.model.record import Record
from perftui.reports.charts import charts_of
from perftui.reports.exports import render_all
from perftui.reports.figures import load_worker_text, warnings_of
from perftui.reports.text import WIDTH, results_text
from tests.fakes.records import record_of
from tests.fakes.scheduled_runs import State, scheduled_record
from tests.fakes.ticks import delta, tick


@pytest.fixture(scope="module")
def record() -> Record:
    return scheduled_record()


@pytest.fixture(scope="module")
def files(record: Record) -> dict[str, bytes]:
    return render_all(record)


def test_both_times_are_shown_and_labelled(record: Record, files: dict[str, bytes]) -> None:
    page, text = files["report.html"].decode(), results_text(record, "here")
    for label in ("Service time (from the send)", "Response time (from the intended start)", "Response times"):
        assert label in page
    assert "Closed model" not in page
    assert "Service times, from the send" in text
    assert "Response times, from the intended start" in text
    totals = json.loads(files["result.json"])["totals"]
    assert totals["times"]["p99_ms"] == pytest.approx(100, rel=0.01)
    assert totals["response_times"]["p99_ms"] == pytest.approx(700, rel=0.01)
    # Locust's columns hold what Locust's would: times from the send.
    (row, _) = csv.DictReader(io.StringIO(files["stats.csv"].decode(), newline=""))
    assert float(row["99%"]) == pytest.approx(100, rel=0.01)


def test_seconds_in_which_the_generator_was_late_are_marked_everywhere(record: Record, files: dict[str, bytes]) -> None:
    charts = charts_of(record.timeline)
    for svg in (charts.times, charts.response, charts.rate, charts.arrivals, charts.failures):
        (hatched,) = {
            match[:2] for match in re.findall(r'<rect class="late"[^>]* x="([\d.]+)" y="\d+" width="([\d.]+)"', svg)
        }
        # The third and the fourth of six seconds.
        assert [float(each) for each in hatched] == pytest.approx([52 + 450 / 3, 450 / 3], abs=0.1)
    patterns = re.findall(r'<pattern id="([^"]+)"', files["report.html"].decode())
    assert len(patterns) == len(set(patterns)) == 5
    said = "In 2 of 6 seconds the generator itself was late"
    document = json.loads(files["result.json"])
    assert said in files["report.html"].decode()
    assert said in " ".join(results_text(record, "here").split())
    assert said in (ElementTree.fromstring(files["junit.xml"]).findtext("testsuite/system-out") or "")
    assert [point["is_strained"] for point in document["timeline"]] == [False, False, True, True, False, False]
    assert document["late_seconds"] == 2
    seconds, history = (
        list(csv.DictReader(io.StringIO(files[name].decode(), newline="")))
        for name in ("seconds.csv", "stats_history.csv")
    )
    assert [row["Generator Late"] for row in seconds] == ["no", "no", "yes", "yes", "no", "no"]
    assert [row["Timestamp"] for row in seconds] == [row["Timestamp"] for row in history]
    properties = {
        each.get("name"): each.get("value") for each in ElementTree.fromstring(files["junit.xml"]).iter("property")
    }
    assert properties["generator_late_seconds"] == "2"
    assert properties["tasks_dropped"] == "540"


def test_what_was_due_and_what_could_not_be_sent_is_accounted_for(record: Record, files: dict[str, bytes]) -> None:
    due = "3,000 scheduled = 2,460 started + 540 dropped (no user for 1 s) + 0 still waiting at the end"
    unsent = "This machine could not send 12 requests, which are not the target's failures: no local port left (12)"
    unsealed = replace(record, outcome=None)
    for text in (files["report.html"].decode().replace("&#x27;", "'"), " ".join(results_text(record, "here").split())):
        assert unsent in text
    assert due in render_all(unsealed)["report.html"].decode()
    accounting = json.loads(render_all(unsealed)["result.json"])["accounting"]
    parts = ("succeeded", "failed", "abandoned", "local_errors")
    assert accounting["started"] == sum(accounting[each] for each in parts) == 2472
    assert accounting["scheduled"] == accounting["started_tasks"] + accounting["dropped"] + accounting["waiting"]


def test_load_workers_and_what_became_of_the_load_are_shown(record: Record, files: dict[str, bytes]) -> None:
    page, text = files["report.html"].decode(), results_text(record, "here")
    for shown in (page, text):
        assert "lost, came back" in shown
    document = json.loads(files["result.json"])
    assert [(each["name"], each["role"], each["lost"]) for each in document["load_workers"]] == [
        ("master", "master", 0),
        ("one", "local", 0),
        ("two", "local", 1),
    ]
    assert [(each["kind"], each["by"]) for each in document["events"]] == [
        ("state", ""),
        ("load", "ann"),
        ("worker", ""),
    ]
    assert page.count('class="mark"') == 2 * 7
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize(
    ("state", "lost", "returned", "said"),
    [
        ("running", 0, 0, "stayed"),
        ("running", 1, 1, "lost, came back"),
        ("running", 3, 3, "lost 3 times, came back"),
        ("missing", 1, 0, "lost"),
        ("missing", 2, 1, "lost 2 times, at last for good"),
        ("left", 0, 0, "left"),
        ("left", 1, 1, "lost, came back, left"),
    ],
)
def test_what_became_of_a_load_worker_is_in_words(state: State, lost: int, returned: int, said: str) -> None:
    worker = LoadWorkerRow("one", "box", "local", state, 1, 1, lost, returned)
    assert load_worker_text(worker) == said


def test_what_the_verdict_says_of_the_generator_is_not_said_again() -> None:
    record = scheduled_record()
    assert record.outcome is not None
    reason = run_trust(record.totals)[1]
    doubted = replace(record, outcome=replace(record.outcome, trust=Trust.LIMITED))
    assert f"The numbers are to be read with care: {reason}" in warnings_of(doubted)
    said = (f"Not passed: {reason}.", "The generator was late in 2 of 6 seconds: about 9 ms of p99 30 ms are its own.")
    warnings = warnings_of(replace(doubted, sentences=said))
    assert "The numbers are to be read with care" in warnings
    assert not any("late" in each for each in warnings)


def test_where_a_load_worker_is_why_the_numbers_are_doubted_that_is_said_once() -> None:
    again = "restarted load worker local-1 (killed by SIGKILL)"
    good = record_of([tick(0, delta("/a", (10, 20, 30)))], warnings=("another", again))
    assert good.outcome is not None
    doubted = replace(good, outcome=replace(good.outcome, trust=Trust.LIMITED))
    assert warnings_of(doubted) == ["another", f"The numbers are to be read with care: {again}"]
    assert warnings_of(good) == ["another", again]


def test_a_load_worker_that_died_did_not_come_back_but_was_started_again() -> None:
    worker = LoadWorkerRow("local-1", "box", "local", "running", 1, 1, 1, 1)
    warnings = ("another", "restarted load workers local-10 (killed by SIGKILL), local-1 (killed by SIGKILL)")
    assert load_worker_text(worker, warnings) == "lost, started again"
    assert load_worker_text(worker, warnings[:1]) == "lost, came back"
    assert load_worker_text(worker, ("restarted load worker local-10 (killed by SIGKILL)",)) == "lost, came back"


def test_why_a_run_is_not_believed_is_said_before_its_numbers(record: Record) -> None:
    assert record.outcome is not None
    doubted = replace(record, outcome=replace(record.outcome, trust=Trust.BAD))
    files, said = render_all(doubted), "The numbers cannot be trusted: "
    document = json.loads(files["result.json"])
    assert (document["trust"], document["trust_reason"][: len(said)]) == ("bad", said)
    assert document["trust_reason"] != said
    assert said in files["report.html"].decode()
    assert said in results_text(doubted, "here")
    assert said in (ElementTree.fromstring(files["junit.xml"]).findtext("testsuite/system-out") or "")


def test_a_closed_model_says_what_it_hides() -> None:
    page = render_all(record_of([tick(0, delta("/"))]))["report.html"].decode()
    assert page.count("Closed model: each user waits") == 1
    assert "late" not in re.findall(r"<svg.*?</svg>", page)[0]


def test_stages_are_in_words_in_the_plan() -> None:
    record = scheduled_record()
    stages = (Stage(users=50, spawn_rate=5.0, for_s=60.0), Stage(users=0, for_s=30.0))
    profile = replace(record.plan.profile, rate_per_s=None, stages=stages)
    page = render_all(replace(record, plan=replace(record.plan, profile=profile)))["report.html"].decode()
    assert "50 users, 5/s, for 1m; to 0 users over 30s" in page
