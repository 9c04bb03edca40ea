"""What is committed is on disk, exactly, whatever happens to the writer, the disk or the umask."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.record import Outcome, RunEvent
from perftui.model.run_state import RunState
from perftui.model.tick import FailureDelta, Tick
from perftui.store import writer as writer_module
from perftui.store.reader import RunReader
from perftui.store.run_log import MAX_LOG_BYTES
from perftui.store.writer import MAX_PENDING_TICKS, RunWriter
from tests.fakes.random_ticks import runs
from tests.fakes.ticks import delta, tick, total_of

MakeWriter = Callable[..., RunWriter]


@settings(max_examples=60, deadline=None)
@given(runs())
def test_what_is_committed_is_read_back_exactly(ticks: list[Tick]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plan = RunPlan(Profile("p"), Target("t", "http://h"), Scenario("s", ("/l.py",)), "/w")
        writer = RunWriter.create(Path(folder), plan, started_at=datetime.now(UTC), environment={})
        for each in ticks:
            writer.commit(each)
        assert (writer.behind, writer.lost, writer.problem) == (0, 0, "")
        assert list(RunReader(writer.folder).ticks()) == ticks
        writer.close()
        assert list(RunReader(writer.folder).ticks()) == ticks


# Commits ticks without end; says each number once it is on disk.
ENDLESS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.store.writer import RunWriter
from tests.fakes.ticks import delta, tick
plan = RunPlan(Profile("p"), Target("t", "http://h"), Scenario("s", ("/l.py",)), "/w")
writer = RunWriter.create(Path(sys.argv[1]), plan, started_at=datetime.now(UTC), environment={})
for seq in range(10**9):
    writer.commit(tick(seq, delta("/a", tuple(range(1, 60))), delta("/b", (1.5,), (2.5,))))
    print(seq, flush=True)
"""


def test_kill_9_loses_no_committed_tick(tmp_path: Path) -> None:
    for attempt in range(10):
        runs_folder = tmp_path / str(attempt)
        command = [sys.executable, "-c", ENDLESS, str(runs_folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(random.randrange(1, 300)):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            said = process.stdout.read().split()
        (folder,) = runs_folder.iterdir()
        reader = RunReader(folder)
        seqs = [each.seq for each in reader.ticks()]
        assert seqs == list(range(len(seqs)))
        # A last number that was cut off while it was said is a smaller one.
        assert not said or len(seqs) > int(said[-1])
        record = reader.record()
        assert record.state is RunState.INTERRUPTED
        assert record.totals.total.requests == len(seqs) * 61
        with sqlite3.connect(folder / "samples.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """No file may grow past what samples.db and its WAL have now: writes fail as on a full disk."""
    largest = max(path.stat().st_size for path in folder.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_gets_room_again_has_every_tick(make_writer: MakeWriter) -> None:
    writer = make_writer()
    ticks = [tick(seq, delta("/a"), delta(f"/{seq}")) for seq in range(60)]
    for each in ticks[:20]:
        writer.commit(each)
    with full_disk(writer.folder):
        for each in ticks[20:40]:
            writer.commit(each)
        assert writer.behind > 0
        assert "only in memory" in writer.problem
        on_disk = list(RunReader(writer.folder).ticks())
        assert on_disk == ticks[: 40 - writer.behind]
    for each in ticks[40:]:
        writer.commit(each)
    assert (writer.behind, writer.lost, writer.problem) == (0, 0, "")
    assert list(RunReader(writer.folder).ticks()) == ticks


def test_a_disk_that_stays_full_loses_the_oldest_and_says_so(
    make_writer: MakeWriter, make_outcome: Callable[..., Outcome]
) -> None:
    writer = make_writer()
    writer.commit(tick(0, delta("/a")))
    with full_disk(writer.folder):
        seq = 0
        while writer.lost < 5:
            seq += 1
            writer.commit(tick(seq, delta("/a")))
        assert writer.behind == MAX_PENDING_TICKS
        assert "5 s of the run could not be kept" in writer.problem
    writer.seal(make_outcome(), total_of(()))
    assert writer.behind == 0
    assert "5 s of the run could not be kept" in writer.problem
    assert len(list(RunReader(writer.folder).ticks())) == seq + 1 - 5


def test_a_tick_that_no_table_takes_is_lost_alone(make_writer: MakeWriter) -> None:
    writer = make_writer()
    writer.commit(replace(tick(0, delta("/new")), started=1 << 70))
    writer.commit(replace(tick(1, delta("/new")), elapsed_s=float("nan")))
    writer.commit(tick(2, delta("/new")))
    assert (writer.behind, writer.lost) == (0, 2)
    assert list(RunReader(writer.folder).ticks()) == [tick(2, delta("/new"))]


def test_every_file_is_private_whatever_the_umask(
    make_writer: MakeWriter, make_outcome: Callable[..., Outcome]
) -> None:
    before = os.umask(0o000)
    try:
        writer = make_writer()
        writer.commit(tick(0, delta("/a")))
        writer.append_log(["a line"])
        writer.write_export("stats.csv", b"x")
        live = {path.name: path.stat().st_mode & 0o777 for path in writer.folder.iterdir()}
        writer.seal(make_outcome(), total_of(()))
    finally:
        os.umask(before)
    assert {"run.toml", "samples.db", "samples.db-wal", "run.log", "stats.csv"} <= live.keys()
    assert set(live.values()) == {0o600}
    assert (writer.folder / "outcome.json").stat().st_mode & 0o777 == 0o600
    assert writer.folder.stat().st_mode & 0o777 == 0o700


def test_no_secret_is_at_rest(make_writer: MakeWriter, plan: RunPlan) -> None:
    secret_plan = replace(
        plan,
        target=replace(plan.target, url="http://me:CANARY1@h.test"),
        locust_args=("--token", "CANARY2"),
        provenance={"git": "https://me:CANARY3@git.test/x"},
    )
    writer = make_writer(plan=secret_plan)
    writer.update_environment({"proxy": "http://me:CANARY4@proxy.test"})
    failure = FailureDelta("GET", "/?access_token=CANARY5", "Authorization: Bearer CANARY6", 1, 0.0, 0.0)
    writer.commit(tick(0, delta("/?access_token=CANARY5"), failures=(failure,)))
    writer.record_event(RunEvent(0.0, "warning", "password=CANARY7"))
    writer.append_log(["api_key=CANARY8"])
    writer.close()
    for path in writer.folder.iterdir():
        assert b"CANARY" not in path.read_bytes(), path.name
    assert "--token" in RunReader(writer.folder).plan().provenance["redacted"]


def test_the_log_is_cleaned_and_ends_where_it_is_full(make_writer: MakeWriter) -> None:
    writer = make_writer()
    writer.append_log(["\x1b]0;PWNED\x07"])
    assert (writer.folder / "run.log").read_bytes() == b"\\x1b]0;PWNED\\x07\n"
    for _ in range(60):
        writer.append_log(["x" * 2000] * 100)
    log = (writer.folder / "run.log").read_bytes()
    assert len(log) <= MAX_LOG_BYTES
    assert log.endswith(b"(the log is full: what came after this line was not kept)\n")
    assert log.count(b"is full") == 1


def test_a_folder_that_cannot_be_written_is_said_before_any_load(tmp_path: Path, plan: RunPlan) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PerftuiError) as caught:
        RunWriter.create(tmp_path / "file" / "runs", plan, started_at=datetime.now(UTC), environment={})
    assert caught.value.exit_code == exit_codes.ENVIRONMENT
    assert "cannot be recorded" in str(caught.value)


def test_a_disk_without_room_is_said_before_any_load(
    tmp_path: Path, plan: RunPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "NEEDED_FREE_BYTES", 1 << 62)
    with pytest.raises(PerftuiError) as caught:
        RunWriter.create(tmp_path, plan, started_at=datetime.now(UTC), environment={})
    assert caught.value.exit_code == exit_codes.ENVIRONMENT
    assert "needs" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_sealed_record_is_plain_files(make_writer: MakeWriter, make_outcome: Callable[..., Outcome]) -> None:
    writer = make_writer()
    writer.commit(tick(0, delta("/a")))
    writer.seal(make_outcome(), total_of([tick(0, delta("/a"))]))
    writer.close()
    writer.close()
    assert {path.name for path in writer.folder.iterdir()} == {"run.toml", "samples.db", "outcome.json", "run.log"}
