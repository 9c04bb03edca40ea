"""`perftui baseline` and `perftui compare` as they are used: runs in a folder, exit codes, one line per mistake."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.judgement.likeness import LOAD_SHAPE
from perftui.model.tick import Tick
from tests.fakes.command import locustfile_in, perftui
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.kept_runs import KeptRuns
from tests.fakes.ticks import delta, tick

Keep = Callable[..., str]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    return KeptRuns(tmp_path / "runs").keep


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


def test_the_gate_does_not_pass_where_it_cannot_say(keep: Keep, call: Call) -> None:
    steady = [tick(second, delta("/", (64.0,) * 5)) for second in range(20)]
    stalls = [tick(second, delta("/", (64.0,) * 4 + (4677.0 if second > 17 else 64.0,))) for second in range(20)]
    old, new = keep(ticks=steady), keep(ticks=stalls)
    done = call("compare", old, new, "--fail-if-worse", "20%", "--html", "page.html")
    assert done.returncode == exit_codes.NO_DATA
    assert "Beyond 20%, but too few to say: Aggregated p99 64.0 ms → 4,677 ms (x73)." in done.stderr
    assert "Nothing got worse" not in done.stdout
    told = json.loads(call("compare", old, new, "--json").stdout)
    assert (told["not_judged"], told["undecided"]) == (["p95", "p99"], ["p99"])
    # What points to the better does not block; it is named.
    passed = call("compare", new, old, "--fail-if-worse", "20%")
    assert passed.returncode == exit_codes.OK
    assert "Not judged, too few: p95, p99." in " ".join(passed.stdout.split())


def test_only_what_was_measured_after_the_warm_up_is_compared(keep: Keep, call: Call) -> None:
    def ticks(first_ms: float) -> list[Tick]:
        return [tick(second, delta("/", (first_ms if second < 5 else 100.0,) * 50)) for second in range(20)]

    quick = keep(ticks=ticks(100.0), warm_up_s=5.0)
    done = call("compare", quick, keep(ticks=ticks(5000.0), warm_up_s=5.0), "--fail-if-worse", "1%", "--json")
    assert done.returncode == exit_codes.OK, done.stderr
    document = json.loads(done.stdout)
    assert (document["b"]["measured_s"], document["b"]["requests"]) == (15, 750)
    assert {each["relative"] for each in document["total"]["changes"]} == {0}
    # What is not left out is worse.
    whole = call("compare", keep(ticks=ticks(100.0)), keep(ticks=ticks(5000.0)), "--json")
    assert {each["relative"] for each in json.loads(whole.stdout)["total"]["changes"]} != {0}
    unlike = call("compare", keep(), quick)
    assert unlike.returncode == exit_codes.USAGE
    assert "warm-up 0s in A, 5s in B" in unlike.stderr


def test_a_run_of_a_load_shape_is_not_like_one_of_constant_users(keep: Keep, call: Call, tmp_path: Path) -> None:
    locustfile_in(
        tmp_path,
        """
from locust import LoadTestShape, User, constant, task

class Someone(User):
    wait_time = constant(0.05)

    @task
    def say(self):
        self.environment.events.request.fire(
            request_type="GET", name="/", response_time=5, response_length=0, exception=None, context={}
        )

class TwoSeconds(LoadTestShape):
    def tick(self):
        return (2, 2) if self.get_run_time() < 2 else None
""",
    )
    with RunningFaultServer("ok") as server:
        run = call("run", "smoke", "-f", "locustfile.py", "--target", server.url)
    shaped = call("compare", keep(), "last", "--json")
    assert shaped.returncode == exit_codes.USAGE, run.stderr
    assert "load model constant users in A, load shape TwoSeconds in B" in shaped.stderr
    recorded = call("compare", keep(environment={LOAD_SHAPE: "TwoSeconds"}), "last", "--json")
    assert "load model" not in recorded.stderr


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


def test_a_damaged_file_of_baselines_is_not_in_the_way_of_runs(keep: Keep, call: Call, tmp_path: Path) -> None:
    first, second = keep(), keep()
    (tmp_path / "runs" / "baselines.json").write_text("{")
    assert call("compare", first, "last").returncode == exit_codes.OK
    assert call("compare", str(tmp_path / "runs" / first), second).returncode == exit_codes.OK
    # A part of a run's name may be a baseline's.
    unsure = call("compare", first[:-2], second)
    assert unsure.returncode == exit_codes.USAGE
    assert "baselines.json is damaged" in unsure.stderr


def test_a_baseline_comes_before_a_run_whose_name_holds_its_own(keep: Keep, call: Call) -> None:
    first, second = keep(), keep()
    call("baseline", "set", "050607", second)
    assert call("compare", "050607", first).stdout.startswith("A (old): baseline 050607")


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


def test_a_run_is_not_compared_with_itself(keep: Keep, call: Call) -> None:
    run = keep()
    call("baseline", "set", "main", run)
    done = call("compare", "main", "last")
    assert done.returncode == exit_codes.USAGE
    assert done.stderr == f"perftui: A and B are both {run}: a run says nothing about itself. Name another one.\n"
