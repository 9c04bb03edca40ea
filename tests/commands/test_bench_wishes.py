"""What a bench's numbers cost: the exit code, and the line that names the task."""

from __future__ import annotations

from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.commands.bench_wishes import Wishes, conclude
from perftui.conductor.bench import BenchOutcome
from perftui.model.bench import Bench, TaskRounds

HUNG = "a round was not over after 10 s, at shop.py:8 in buy"
STEADY = tuple(0.01 + index * 1e-5 for index in range(20))


def task(name: str, *times_s: float, failed: int = 0, given_up: str = "") -> TaskRounds:
    return TaskRounds("Shop", name, times_s, failed, "GET /: 500" if failed else "", given_up)


def bench(*tasks: TaskRounds) -> Bench:
    return Bench("shop", "http://stage.test", "2026-03-04T05:06:07+00:00", None, 3.0, tasks)


def concluded(
    runs: Path,
    now: tuple[TaskRounds, ...],
    before: tuple[TaskRounds, ...] = (),
    *,
    save: str | None = None,
    must_not_be_worse: bool = False,
    ended_with: int = exit_codes.OK,
) -> int:
    baseline = bench(*before) if before else None
    wishes = Wishes(runs, save, None, "base", baseline, 0.2, must_not_be_worse)
    return conclude(bench(*now), BenchOutcome(now, ended_with, ""), wishes)


def test_a_change_within_the_noise_is_no_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    before = task("read", *wide), task("buy", *STEADY)
    now = task("read", *(each * 1.5 for each in wide)), task("buy", *STEADY)
    assert concluded(tmp_path, now, before) == exit_codes.OK
    assert concluded(tmp_path, now, before, must_not_be_worse=True) == exit_codes.NO_DATA
    assert capsys.readouterr().err == "perftui: whether it is worse cannot be said of Shop.read.\n"


def test_what_is_worse_outweighs_what_is_unclear_or_hung(tmp_path: Path) -> None:
    wide = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    before = task("read", *wide), task("buy", *STEADY), task("pay", *STEADY)
    now = (
        task("read", *(each * 1.5 for each in wide)),
        task("buy", given_up=HUNG),
        task("pay", *(each * 2 for each in STEADY)),
    )
    assert concluded(tmp_path, now, before, must_not_be_worse=True) == exit_codes.FAILED


@pytest.mark.parametrize("times_s", [(), STEADY])
def test_a_task_that_hung_is_no_baseline_without_a_word_and_no_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], times_s: tuple[float, ...]
) -> None:
    now = task("read", *STEADY), task("buy", *times_s, given_up=HUNG)
    before = task("read", *STEADY), task("buy", *STEADY)
    assert concluded(tmp_path, now) == exit_codes.OK
    assert capsys.readouterr().err == ""
    assert concluded(tmp_path, now, save="base") == exit_codes.NO_DATA
    said = capsys.readouterr()
    assert said.err == "perftui: not measured to its end: Shop.buy.\n"
    assert "0001_base.json" in said.out
    assert concluded(tmp_path, now, before, must_not_be_worse=True) == exit_codes.NO_DATA
    assert "perftui: not measured to its end: Shop.buy.\n" in capsys.readouterr().err


def test_a_task_that_fails_most_of_its_rounds_is_worse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, now = (task("read", *STEADY * 4),), (task("read", *STEADY, failed=60),)
    assert concluded(tmp_path, now, before, must_not_be_worse=True) == exit_codes.FAILED
    said = capsys.readouterr()
    assert "Shop.read: worse: failed in 60 of 80 rounds, before in 0 of 80" in said.out
    assert said.err == "perftui: worse than base by more than 20 %: Shop.read.\n"


def test_a_task_that_no_longer_succeeds_at_all_is_worse_not_unknown(tmp_path: Path) -> None:
    before, now = (task("read", *STEADY),), (task("read", failed=10, given_up="none of its first 10 rounds succeeded"),)
    assert concluded(tmp_path, now, before, must_not_be_worse=True) == exit_codes.FAILED


def test_how_the_bench_ended_outweighs_what_it_measured(tmp_path: Path) -> None:
    before, now = (task("read", *STEADY),), (task("read", *(each * 2 for each in STEADY)),)
    code = concluded(tmp_path, now, before, must_not_be_worse=True, ended_with=exit_codes.INTERRUPTED)
    assert code == exit_codes.INTERRUPTED
