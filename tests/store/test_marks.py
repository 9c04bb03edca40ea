"""What people say of a run that is over stands beside its record, and changes nothing of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from perftui.model.errors import PerftuiError
from perftui.model.marks import MAX_NOTE_CHARS, MAX_NOTES, Marks, Note
from perftui.model.plan import RunPlan
from perftui.model.record import Outcome, RunEvent, Verdict
from perftui.store.files import summary_of
from perftui.store.history import list_runs
from perftui.store.marking import MarkWriter
from perftui.store.marks import Rejudged, read_marks
from perftui.store.reader import RunReader
from perftui.store.writer import RunWriter
from tests.fakes.ticks import delta, tick, total_of

MakeWriter = Callable[..., RunWriter]
MakeOutcome = Callable[..., Outcome]

# Slow at the start, as a run without a warm-up is.
TICKS = [tick(seq, delta("/", (900.0 if seq < 5 else 10.0,) * 4)) for seq in range(20)]


@pytest.fixture
def folder(make_writer: MakeWriter, make_outcome: MakeOutcome, plan: RunPlan) -> Path:
    judged = replace(plan, profile=replace(plan.profile, thresholds=("p95 < 500ms",)))
    writer = make_writer(plan=judged)
    for each in TICKS:
        writer.commit(each)
    writer.record_event(RunEvent(3.0, "state", "running"))
    writer.record_event(RunEvent(12.0, "note", "while it went on"))
    failed = replace(make_outcome(writer.run_id), verdict=Verdict.FAILED, exit_code=10)
    writer.seal(failed, total_of(TICKS), 1)
    writer.close()
    return writer.folder


def test_notes_and_a_star_are_kept_and_nothing_else_changes(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    marking = MarkWriter(folder)
    marking.star(True)
    marking.add_note(Note(7.5, "the new release", "ann@desk"))
    record = RunReader(folder).record()
    assert record.marks == Marks(True, (Note(7.5, "the new release", "ann@desk"),))
    # In the order of time, with those of the run itself.
    assert [(note.elapsed_s, note.text) for note in record.notes] == [
        (7.5, "the new release"),
        (12.0, "while it went on"),
    ]
    marking.star(False)
    assert read_marks(folder).marks.is_starred is False
    assert (folder / "marks.json").stat().st_mode & 0o777 == 0o600
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_another_warm_up_judges_the_run_again_and_says_so(folder: Path) -> None:
    sealed = RunReader(folder).record()
    assert sealed.outcome is not None
    assert sealed.outcome.verdict is Verdict.FAILED
    MarkWriter(folder).cut_warm_up(5.0, None)
    record = RunReader(folder).record()
    assert record.outcome is not None
    assert (record.outcome.verdict, record.outcome.exit_code, record.outcome.warm_up_s) == (Verdict.PASSED, 0, 5.0)
    assert (record.totals.total.requests, record.whole.total.requests) == (60, 80)
    assert record.window.why == "the first 5s are warm-up, as was said after the run"
    assert [each.state.value for each in record.thresholds] == ["passed"]
    # A window of its own is one of the whole run.
    assert RunReader(folder).outcome() == sealed.outcome
    MarkWriter(folder).cut_warm_up(None, None)
    assert RunReader(folder).record().outcome == sealed.outcome


def test_a_list_shows_what_was_said_since(folder: Path) -> None:
    marking = MarkWriter(folder)
    marking.star(True)
    marking.add_note(Note(1.0, "later"))
    record = RunReader(folder).record()
    marking.cut_warm_up(5.0, Rejudged(Verdict.PASSED, summary_of(record.plan, total_of(TICKS[5:]))))
    (listing,) = list_runs(folder.parent, lambda _: False)
    assert (listing.verdict, listing.is_starred, listing.notes) == ("passed", True, 2)
    assert (listing.requests, listing.p50_ms, listing.rps) == (60, 10.0, 4.0)
    marking.cut_warm_up(None, None)
    (listing,) = list_runs(folder.parent, lambda _: False)
    assert (listing.verdict, listing.requests, listing.is_starred) == ("failed", 80, True)


def test_a_note_is_one_clean_line_without_secrets_and_there_are_not_too_many(folder: Path) -> None:
    marking = MarkWriter(folder)
    marking.add_note(Note(1.0, "a\x1b[2Jb\nc password=hunter2 " + "x" * 500, "by\x07"))
    (note,) = read_marks(folder).marks.notes
    assert note.text.startswith("a\\x1b[2Jb\\nc password=*** x")
    assert len(note.text) == MAX_NOTE_CHARS
    assert note.by == "by\\x07"
    document = json.loads((folder / "marks.json").read_text())
    document["notes"] = document["notes"] * MAX_NOTES
    (folder / "marks.json").write_text(json.dumps(document))
    with pytest.raises(PerftuiError, match="has 100 notes"):
        marking.add_note(Note(2.0, "one too many"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"schema_version": 1, "notes": [{"elapsed_s": -1, "text": "x"}]}', "lies in no run"),
        ('{"schema_version": 1, "notes": [{"elapsed_s": NaN, "text": "x"}]}', "not a number"),
        ('{"schema_version": 1, "notes": [{"elapsed_s": 1, "text": 5}]}', "no text"),
        ('{"schema_version": 1, "warm_up_s": true}', "not a number"),
        ('{"schema_version": 2}', "written by a newer perftui"),
        (" " * (1 << 19), "larger than"),
    ],
)
def test_damaged_marks_are_said_and_hide_no_run_from_a_list(folder: Path, content: str, says: str) -> None:
    (folder / "marks.json").write_text(content)
    with pytest.raises(PerftuiError, match=says):
        RunReader(folder).record()
    (listing,) = list_runs(folder.parent, lambda _: False)
    assert (listing.verdict, listing.is_starred) == ("failed", False)
    with pytest.raises(PerftuiError):
        MarkWriter(folder).star(True)
    assert (folder / "marks.json").read_text() == content
