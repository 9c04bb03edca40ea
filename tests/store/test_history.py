"""Runs are listed newest first, and found by what a person types."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from perftui.model.errors import PerftuiError
from perftui.model.record import Outcome
from perftui.model.run_state import RunState
from perftui.store.history import find_run, list_runs
from perftui.store.writer import RunWriter
from tests.fakes.ticks import delta, tick, total_of

MakeWriter = Callable[..., RunWriter]
MakeOutcome = Callable[..., Outcome]

STARTED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
TICKS = [tick(0, delta("/a", (10.0,) * 3, (5.0,)))]


@pytest.fixture
def three_runs(tmp_path: Path, make_writer: MakeWriter, make_outcome: MakeOutcome) -> list[RunWriter]:
    """Sealed, interrupted and live, an hour apart."""
    writers = []
    for hour in range(3):
        started_at = STARTED_AT + timedelta(hours=hour)
        writer = make_writer(started_at=started_at)
        writer.commit(TICKS[0])
        if hour == 0:
            writer.seal(make_outcome(writer.run_id, started_at.isoformat()), total_of(TICKS))
        writers.append(writer)
    return writers


def test_runs_are_listed_newest_first(tmp_path: Path, three_runs: list[RunWriter]) -> None:
    sealed, interrupted, live = three_runs
    listings = list_runs(tmp_path / "runs", lambda folder: folder == live.folder)
    assert [each.run_id for each in listings] == [live.run_id, interrupted.run_id, sealed.run_id]
    assert [each.state for each in listings] == [RunState.RUNNING, RunState.INTERRUPTED, RunState.FINISHED]
    assert [(each.profile, each.target) for each in listings] == [("light", "shop")] * 3
    assert [each.requests for each in listings] == [4, 4, 4]
    assert [each.fail_ratio for each in listings] == [0.25, 0.25, 0.25]
    assert [each.verdict for each in listings] == [None, None, "passed"]
    assert listings[2].p95_ms == 10.0


def test_damaged_and_foreign_folders_do_not_hide_the_others(tmp_path: Path, three_runs: list[RunWriter]) -> None:
    runs = tmp_path / "runs"
    (runs / "notes").mkdir()
    (runs / "file").write_text("")
    (three_runs[1].folder / "run.toml").write_text("garbage")
    assert len(list_runs(runs, lambda folder: False)) == 3
    assert list_runs(tmp_path / "nowhere", lambda folder: False) == []


@pytest.mark.parametrize(
    ("name", "index"),
    [("last", 2), ("20260304T050607_light_shop", 0), ("20260304T06", 1), ("T0706", 2)],
)
def test_a_run_is_found(tmp_path: Path, three_runs: list[RunWriter], name: str, index: int) -> None:
    assert find_run(tmp_path / "runs", name) == three_runs[index].folder
    assert find_run(tmp_path / "elsewhere", str(three_runs[index].folder)) == three_runs[index].folder


@pytest.mark.parametrize(
    ("name", "says"),
    [("light", "could be 3 runs"), ("20260304T0506_light_shop", "the nearest is 20260304T050607"), ("", "no run")],
)
def test_a_name_that_means_no_run_says_what_would(
    tmp_path: Path, three_runs: list[RunWriter], name: str, says: str
) -> None:
    with pytest.raises(PerftuiError, match=says):
        find_run(tmp_path / "runs", name)


def test_a_thousand_runs_are_listed_without_opening_their_samples(
    tmp_path: Path, make_writer: MakeWriter, make_outcome: MakeOutcome
) -> None:
    writer = make_writer()
    writer.seal(make_outcome(writer.run_id), total_of(TICKS))
    writer.close()
    (writer.folder / "samples.db").unlink()
    for number in range(1000):
        shutil.copytree(writer.folder, writer.folder.with_name(f"copy-{number}"))
    begin = time.process_time()
    assert len(list_runs(tmp_path / "runs", lambda folder: False)) == 1001
    # About 0.1 s; the bound only says that no run costs more than a small file.
    assert time.process_time() - begin < 5
