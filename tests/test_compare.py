"""`perftui baseline` and `perftui compare` as they are used: runs in a folder, exit codes, one line per mistake."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.model.record import Accounting, Outcome, Verdict
from perftui.model.run_state import RunState
from perftui.store.writer import RunWriter
from tests.fakes.command import perftui
from tests.fakes.records import PLAN
from tests.fakes.simulated_runs import run_of
from tests.fakes.ticks import total_of

STARTED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
RUN_S = 20

Keep = Callable[..., str]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Keeps a run that took 20 s, `factor` as slow, on `branch`; its id."""
    chance = random.Random(11)
    kept: list[str] = []

    def keep(factor: float = 1.0, branch: str = "main", users: int = 20, seconds: int = RUN_S) -> str:
        ticks = run_of(chance, factor, fail_ratio=0.0)[:seconds]
        plan = replace(
            PLAN, profile=replace(PLAN.profile, users=users, warm_up_s=0.0), provenance={"git_branch": branch}
        )
        started_at = STARTED_AT + timedelta(minutes=len(kept))
        writer = RunWriter.create(tmp_path / "runs", plan, started_at=started_at, environment={})
        for tick in ticks:
            writer.commit(tick)
        totals = total_of(ticks)
        writer.seal(
            Outcome(
                run_id=writer.run_id,
                state=RunState.FINISHED,
                verdict=Verdict.PASSED,
                exit_code=0,
                reason="finished as planned",
                sentences=("Passed: finished as planned.",),
                started_at=started_at.isoformat(),
                ended_at=started_at.isoformat(),
                duration_s=totals.elapsed_s,
                accounting=Accounting(totals.started, totals.total.succeeded),
            ),
            totals,
        )
        writer.close()
        kept.append(writer.run_id)
        return writer.run_id

    return keep


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    return lambda *arguments: perftui(*arguments, cwd=tmp_path, environ={"PERFTUI_RUNS_DIR": str(tmp_path / "runs")})


Call = Callable[..., subprocess.CompletedProcess[str]]


def test_a_slower_run_is_compared_with_its_baseline_and_fails_the_pipeline(
    keep: Keep, call: Call, tmp_path: Path
) -> None:
    first, slower = keep(), keep(1.6)
    assert call("baseline", "set", "main", first).returncode == exit_codes.OK
    done = call("compare", "last", "--fail-if-worse", "20%", "--html", "page.html")
    assert done.returncode == exit_codes.FAILED
    assert done.stdout.startswith(f"A (old): baseline main = {first}")
    assert slower in done.stdout
    assert "perftui: Worse by more than 20%" in done.stderr
    assert "Aggregated p50" in done.stderr
    assert "✗ WORSE" in (tmp_path / "page.html").read_text()
    # Only said, without the option.
    told = call("compare", "main", "last", "--json")
    assert told.returncode == exit_codes.OK
    assert json.loads(told.stdout)["total"]["verdict"] == "worse"


def test_an_equal_run_passes_and_too_short_a_run_is_no_result(keep: Keep, call: Call) -> None:
    first, second = keep(), keep()
    assert call("compare", first, second, "--fail-if-worse", "0.2").returncode == exit_codes.OK
    short = call("compare", keep(seconds=4), keep(seconds=4), "--fail-if-worse", "20%")
    assert short.returncode == exit_codes.NO_DATA
    assert "Too little was measured" in short.stderr


def test_unlike_runs_are_refused_with_both_values_unless_forced(keep: Keep, call: Call) -> None:
    first, second = keep(), keep(users=40)
    refused = call("compare", first, second)
    assert refused.returncode == exit_codes.USAGE
    assert refused.stderr.count("\n") == 1
    assert "not alike: users 20 in A, 40 in B. Compare them all the same with --force." in refused.stderr
    forced = call("compare", first, second, "--force")
    assert forced.returncode == exit_codes.OK
    assert "Unlike: users 20 in A, 40 in B." in forced.stdout


def test_the_baseline_of_the_same_branch_is_taken_and_several_others_are_not_guessed_from(
    keep: Keep, call: Call
) -> None:
    on_main, on_next, mine = keep(branch="main"), keep(branch="next"), keep(branch="fix")
    none = call("compare", mine)
    assert none.returncode == exit_codes.USAGE
    assert "Set one with `perftui baseline set NAME RUN`" in none.stderr
    call("baseline", "set", "stable", on_main)
    assert call("compare", mine).stdout.startswith("A (old): baseline stable")
    call("baseline", "set", "next", on_next)
    unsure = call("compare", mine)
    assert unsure.returncode == exit_codes.USAGE
    assert "next (next), stable (main)" in unsure.stderr
    assert call("compare", keep(branch="main")).stdout.startswith("A (old): baseline stable")


def test_baselines_are_listed_and_removed_and_one_whose_run_is_gone_is_said(
    keep: Keep, call: Call, tmp_path: Path
) -> None:
    first, second = keep(), keep()
    call("baseline", "set", "main", first)
    (tmp_path / "runs" / first).rename(tmp_path / "elsewhere")
    listed = json.loads(call("baseline", "list", "--json").stdout)
    assert [(each["name"], each["branch"], each["is_gone"]) for each in listed] == [("main", "main", True)]
    gone = call("compare", second)
    assert gone.returncode == exit_codes.USAGE
    assert gone.stderr.startswith(f"perftui: baseline main is gone: its run {first} is not in")
    slip = call("compare", "mian", second)
    assert "there is no baseline mian: the nearest is main" in slip.stderr
    assert call("baseline", "rm", "main").returncode == exit_codes.OK
    assert "No baselines" in call("baseline", "list").stdout


def test_a_run_that_was_never_finished_is_compared_and_said(keep: Keep, call: Call, tmp_path: Path) -> None:
    first, second = keep(), keep()
    (tmp_path / "runs" / first / "outcome.json").unlink()
    done = call("compare", first, second)
    assert done.returncode == exit_codes.OK
    assert "A was never finished: its conductor died." in done.stdout


def test_a_name_or_share_that_cannot_be_is_refused(keep: Keep, call: Call) -> None:
    keep()
    for arguments, said in (
        (("baseline", "set", "last"), "'last' cannot name a baseline"),
        (("baseline", "set", "a/b"), "'a/b' cannot name a baseline"),
        (("compare", "last", "last", "--fail-if-worse", "20"), "not a share such as 20%"),
    ):
        done = call(*arguments)
        assert done.returncode == exit_codes.USAGE
        assert said in done.stderr
