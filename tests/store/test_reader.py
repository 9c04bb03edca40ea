"""A run is read back whole, live or dead, and a file that is none is named."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.model.record import Outcome, RunEvent
from perftui.model.run_state import RunState
from perftui.model.snapshot import point_of
from perftui.model.tick import ExceptionDelta, FailureDelta, RateLimitDelta, TargetSample
from perftui.store.reader import RunReader
from perftui.store.writer import RunWriter
from tests.fakes.ticks import delta, tick, total_of

MakeWriter = Callable[..., RunWriter]
MakeOutcome = Callable[..., Outcome]

VERSION_1 = Path(__file__).parents[1] / "data" / "samples_of_version_1.sql"
TICKS = [
    tick(
        seq,
        delta("/a", (1.0, 20.0 + seq), (3.0,)),
        delta("/b", (0.4,)),
        failures=(FailureDelta("GET", "/a", "boom", 1, float(seq), float(seq)),),
        exceptions=(ExceptionDelta("ValueError", "Traceback", 2),),
    )
    for seq in range(700)
]


def test_a_sealed_run_comes_back_whole(make_writer: MakeWriter, make_outcome: MakeOutcome, plan: RunPlan) -> None:
    writer = make_writer()
    for each in TICKS:
        writer.commit(each)
    writer.update_environment({"locust": "2.47.0"})
    writer.record_event(RunEvent(1.5, "state", "running"))
    totals = total_of(TICKS)
    outcome = make_outcome(writer.run_id)
    writer.seal(outcome, totals)
    record = RunReader(writer.folder).record()
    assert (record.plan, record.outcome, record.state) == (plan, outcome, RunState.FINISHED)
    assert record.started_at == "2026-03-04T05:06:07.000+00:00"
    assert record.totals.by_request == totals.by_request
    assert record.totals.failures == totals.failures
    assert record.totals.exceptions == totals.exceptions
    assert record.timeline == tuple(map(point_of, TICKS))
    assert record.events == (RunEvent(1.5, "state", "running"),)
    assert record.environment == {"python": "3.11", "locust": "2.47.0"}
    last = record.history[-1]
    assert (last.total_requests, last.total_failures) == (totals.total.requests, totals.total.failed)
    assert last.total_median_ms == totals.total.times().percentile_ms(50)


def test_what_was_known_of_the_target_is_in_every_tick_and_point(make_writer: MakeWriter) -> None:
    samples = (TargetSample(12.5, 1 << 40, 7, -1.5), None, TargetSample(), TargetSample(memory_bytes=3))
    limited = (RateLimitDelta("GET", "/a", 9, 0.2, 0.9, 30.0, 0.8), RateLimitDelta("GET", "/new", 1, 0.5, 0.5))
    ticks = [replace(TICKS[seq], target=sample, rate_limits=limited) for seq, sample in enumerate(samples)]
    writer = make_writer()
    for each in ticks:
        writer.commit(each)
    reader = RunReader(writer.folder)
    assert list(reader.ticks()) == ticks
    assert [point.target for point in reader.points()] == list(samples)
    assert [point.target for point in reader.record().timeline] == list(samples)


def test_a_file_of_version_1_reads_as_before_with_nothing_of_the_target(make_writer: MakeWriter) -> None:
    writer = make_writer()
    writer.close()
    (writer.folder / "samples.db").unlink()
    with sqlite3.connect(writer.folder / "samples.db") as connection:
        connection.executescript(VERSION_1.read_text())
    connection.close()
    expected = [
        tick(
            seq,
            delta("/a", (1.0, 20.0), (3.0,)),
            failures=(FailureDelta("GET", "/a", "boom", 1, 0.5, 0.5),),
            exceptions=(ExceptionDelta("ValueError", "Traceback", 2),),
        )
        for seq in (1, 2)
    ]
    before = (writer.folder / "samples.db").read_bytes()
    reader = RunReader(writer.folder)
    assert list(reader.ticks()) == expected
    assert reader.points() == list(map(point_of, expected))
    assert reader.record().timeline == tuple(map(point_of, expected))
    assert (writer.folder / "samples.db").read_bytes() == before


def test_a_reader_follows_a_writer(make_writer: MakeWriter) -> None:
    writer = make_writer()
    reader = RunReader(writer.folder)
    assert reader.points() == []
    seen = -1
    for each in TICKS[:30]:
        writer.commit(each)
        points = reader.points(after_seq=seen)
        assert points == [point_of(each)]
        seen = points[-1].seq
    assert reader.points(after_seq=9, limit=5) == list(map(point_of, TICKS[10:15]))
    assert reader.record(is_live=True).state is RunState.RUNNING
    assert reader.record().state is RunState.INTERRUPTED


def test_a_reader_in_the_middle_of_the_ticks_stops_no_writer(make_writer: MakeWriter) -> None:
    writer = make_writer()
    for each in TICKS[:400]:
        writer.commit(each)
    reading = RunReader(writer.folder).ticks()
    assert next(reading) == TICKS[0]
    for each in TICKS[400:]:
        writer.commit(each)
    assert writer.behind == 0
    assert [TICKS[0], *reading] == TICKS


def test_the_log_is_read_on_from_where_one_was(make_writer: MakeWriter) -> None:
    writer = make_writer()
    reader = RunReader(writer.folder)
    writer.append_log(["one", "two"])
    lines, offset = reader.log_since(0)
    assert lines == ["one", "two"]
    assert reader.log_since(offset) == ([], offset)
    writer.append_log(["three", "fourfour"])
    assert reader.log_since(offset, max_bytes=8) == (["three"], offset + 6)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a read-only file system")
@pytest.mark.parametrize("sealed", [True, False])
def test_a_run_on_a_read_only_medium_opens(
    make_writer: MakeWriter, make_outcome: MakeOutcome, tmp_path: Path, sealed: bool
) -> None:
    writer = make_writer()
    for each in TICKS[:5]:
        writer.commit(each)
    if sealed:
        writer.seal(make_outcome(), total_of(TICKS[:5]))
        writer.close()
    medium = tmp_path / "medium"
    shutil.copytree(writer.folder, medium / "run", ignore=shutil.ignore_patterns("*-shm"))
    try:
        subprocess.run(["mount", "--bind", medium, medium], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", medium], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting is not allowed here")
    try:
        assert list(RunReader(medium / "run").ticks()) == TICKS[:5]
    finally:
        subprocess.run(["umount", medium], check=False)


def test_a_newer_record_is_refused_by_name(make_writer: MakeWriter) -> None:
    writer = make_writer()
    writer.close()
    with sqlite3.connect(writer.folder / "samples.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(PerftuiError, match="newer perftui") as caught:
        RunReader(writer.folder).points()
    assert caught.value.exit_code == exit_codes.USAGE


@pytest.mark.parametrize("name", ["run.toml", "samples.db", "outcome.json"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00garbage\xff" * 200, b'{"schema_version": 1}', b"[" * 100_000, b" " * (5 << 20)],
    ids=["empty", "garbage", "other", "deep", "huge"],
)
def test_a_damaged_file_is_named(make_writer: MakeWriter, make_outcome: MakeOutcome, name: str, content: bytes) -> None:
    writer = make_writer()
    writer.seal(make_outcome(), total_of(()))
    writer.close()
    (writer.folder / name).write_bytes(content)
    with pytest.raises(PerftuiError) as caught:
        RunReader(writer.folder).record()
    assert name in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tick SET started = 'many'",
        "INSERT INTO target_sample VALUES (0, 'hot', NULL, NULL, NULL)",
        "INSERT INTO rate_limit VALUES (0, 0, 1, 1, 0.5, 0.5, 'soon', NULL)",
    ],
)
def test_a_row_that_is_no_row_is_damage(make_writer: MakeWriter, change: str) -> None:
    writer = make_writer()
    writer.commit(TICKS[0])
    writer.close()
    with sqlite3.connect(writer.folder / "samples.db") as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(PerftuiError, match=r"samples\.db is damaged"):
        RunReader(writer.folder).record()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PerftuiError, match="not the folder of a run"):
        RunReader(tmp_path)
