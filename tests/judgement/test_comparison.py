"""What is called worse, and what is not: on simulated runs of which the truth is known."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from perftui.judgement.changes import Change, ChangeVerdict, Comparison, Doubt
from perftui.model.tick import Tick
from tests.fakes.simulated_runs import (
    RUN_S,
    Drift,
    compared,
    pausing,
    run_of,
    steady,
    trending,
    wandering,
    worse_metrics,
)
from tests.fakes.ticks import delta, tick

# A sample of benchmarks/comparison_truth.py, which shows the figures of many more.
PAIRS = 50


def change(comparison: Comparison, metric: str) -> Change:
    return next(each for each in comparison.total.changes if each.metric == metric)


@pytest.mark.parametrize(
    "drift",
    [steady, wandering(0.1, 20), trending(0.2)],
    ids=["steady", "wanders", "trend"],
)
def test_equal_runs_are_called_worse_in_at_most_two_of_a_hundred_pairs(drift: Drift) -> None:
    chance = random.Random(1)
    runs = [run_of(chance, 1, drift) for _ in range(PAIRS + 1)]
    assert sum(bool(worse_metrics(compared(old, new))) for old, new in pairwise(runs)) <= 0.02 * PAIRS


def test_a_quarter_slower_is_found_in_95_of_a_hundred_pairs() -> None:
    chance = random.Random(2)
    found = [worse_metrics(compared(run_of(chance), run_of(chance, 1.25))) for _ in range(PAIRS)]
    for metric in ("p50", "p95"):
        assert sum(metric in worse for worse in found) >= 0.95 * PAIRS


def test_a_run_is_the_same_as_itself() -> None:
    run = run_of(random.Random(2))
    comparison = compared(run, run)
    assert {each.verdict for each in comparison.total.changes} == {ChangeVerdict.SAME}
    assert {each.relative for each in comparison.total.changes} == {0.0}
    assert comparison.can_say


def test_what_is_less_than_the_limit_is_the_same_however_clear_it_is() -> None:
    chance = random.Random(3)
    old, new = run_of(chance), run_of(chance, 1.1)
    assert change(compared(old, new), "p50").verdict is ChangeVerdict.SAME
    assert change(compared(old, new, limit=0.02), "p50").verdict is ChangeVerdict.WORSE
    assert change(compared(new, old, limit=0.02), "p50").verdict is ChangeVerdict.BETTER


def test_what_is_beyond_the_limit_and_within_the_noise_is_the_same_and_said() -> None:
    chance = random.Random(4)
    p50 = change(compared(run_of(chance), run_of(chance, 1.1, pausing(60, 1.5))), "p50")
    assert p50.relative is not None
    assert p50.relative > 0.2
    assert (p50.verdict, p50.doubt) == (ChangeVerdict.SAME, Doubt.NOISE)


def test_fewer_requests_per_second_are_worse_and_more_are_better() -> None:
    chance = random.Random(5)
    busy, slow = run_of(chance), run_of(chance, requests_in=lambda second: 35)
    assert worse_metrics(compared(busy, slow)) == {"rps"}
    assert change(compared(slow, busy), "rps").verdict is ChangeVerdict.BETTER


def test_a_ramp_that_both_runs_have_hides_nothing() -> None:
    def ramp(most: int) -> Callable[[int], int]:
        return lambda second: max(1, most * min(second, RUN_S // 2) // (RUN_S // 2))

    chance = random.Random(6)
    old, new = (run_of(chance, requests_in=ramp(most)) for most in (60, 42))
    assert worse_metrics(compared(old, new)) == {"rps"}


def test_more_failures_all_along_are_worse_and_one_burst_is_noise() -> None:
    chance = random.Random(7)
    old = run_of(chance)
    assert worse_metrics(compared(old, run_of(chance, fail_ratio=0.05))) == {"fail_ratio"}
    clean = run_of(chance, fail_ratio=0.0)
    assert worse_metrics(compared(clean, run_of(chance, fail_ratio=0.02))) == {"fail_ratio"}
    burst = [run_of(chance, fail_ratio=0.9)[second] if second in (40, 41) else clean[second] for second in range(RUN_S)]
    fail_ratio = change(compared(clean, burst), "fail_ratio")
    assert (fail_ratio.verdict, fail_ratio.doubt) == (ChangeVerdict.SAME, Doubt.NOISE)
    assert fail_ratio.relative is None


def test_a_target_that_dies_half_way_is_worse() -> None:
    chance = random.Random(6)
    well = run_of(chance, fail_ratio=0.01)
    dying = [*run_of(chance, fail_ratio=0.01)[: RUN_S // 2], *run_of(chance, fail_ratio=1.0)[RUN_S // 2 :]]
    assert "fail_ratio" in worse_metrics(compared(well, dying))


@pytest.mark.parametrize("names", [("/",), ("/", "/more")])
def test_a_target_that_hangs_half_way_is_worse_in_total(names: tuple[str, ...]) -> None:
    well = [tick(second, *(delta(name, (10.0,) * 20) for name in names)) for second in range(40)]
    hung = [each if each.seq < 20 else tick(each.seq) for each in well]
    rps = change(compared(well, hung), "rps")
    assert rps.relative == pytest.approx(-0.5)
    assert rps.verdict is ChangeVerdict.WORSE
    assert rps.high is not None
    assert rps.high < -0.3
    # A smaller fall that is one event stays noise.
    paused = [each if each.seq < 30 else tick(each.seq) for each in well]
    assert change(compared(well, paused), "rps").doubt is Doubt.NOISE


def test_few_requests_that_became_fewer_by_chance_are_not_worse() -> None:
    def every(seconds: int) -> list[Tick]:
        return [tick(second, *([delta()] if second % seconds == 0 else [])) for second in range(RUN_S)]

    rps = change(compared(every(5), every(9)), "rps")
    assert rps.relative is not None
    assert rps.relative < -0.3
    assert (rps.verdict, rps.doubt) == (ChangeVerdict.SAME, Doubt.NOISE)


def test_a_rise_that_may_be_more_than_the_limit_is_unsure() -> None:
    old = [tick(second, delta("/", (9.0, 10.0) * 20)) for second in range(40)]
    # A tenth slower, and much slower in every fourth slice.
    new = [tick(second, delta("/", ((10.0,) if second // 2 % 4 else (17.0,)) * 40)) for second in range(40)]
    p50 = change(compared(old, new), "p50")
    assert p50.relative == pytest.approx(0.1, abs=0.02)
    assert p50.high is not None
    assert p50.high > 0.2
    assert (p50.verdict, p50.doubt) == (ChangeVerdict.SAME, Doubt.UNSURE)
    # What is the same in every slice leaves no doubt.
    assert {each.doubt for each in compared(old, old).total.changes} == {Doubt.NONE}


def test_quick_failures_make_no_time_better() -> None:
    old = [tick(second, delta("/", (100.0,) * 20), delta("/well", (9.0,) * 20)) for second in range(40)]
    new = [tick(second, delta("/", (100.0,) * 4, (1.0,) * 16), delta("/well", (6.0,) * 20)) for second in range(40)]
    comparison = compared(old, new)
    failing, well = comparison.requests
    found = {each.metric: (each.verdict, each.doubt) for each in failing.changes}
    assert found["fail_ratio"] == (ChangeVerdict.WORSE, Doubt.NONE)
    assert found["p50"] == (ChangeVerdict.SAME, Doubt.FAILURES)
    assert change(comparison, "p50").doubt is Doubt.FAILURES
    assert (well.name, well.verdict) == ("/well", ChangeVerdict.BETTER)


def test_what_is_too_few_and_beyond_the_limit_for_the_worse_is_undecided() -> None:
    def run(*slow_ms: float) -> list[Tick]:
        times = [64.0] * (90 - len(slow_ms)) + list(slow_ms)
        return [tick(second, delta("/", tuple(times[second::20]))) for second in range(20)]

    comparison = compared(run(), run(4677.0, 4677.0))
    assert [each.metric for each in comparison.not_judged()] == ["p95", "p99"]
    assert [each.metric for each in comparison.undecided()] == ["p99"]
    assert compared(run(4677.0, 4677.0), run()).undecided() == []


def test_few_requests_are_too_few_to_say() -> None:
    chance = random.Random(8)
    old, new = (run_of(chance, factor, requests_in=lambda second: second % 2) for factor in (1, 3))
    comparison = compared(old, new)
    assert change(comparison, "p99").doubt is Doubt.TOO_FEW
    assert change(comparison, "p50").verdict is ChangeVerdict.WORSE


def test_a_run_of_a_few_seconds_says_nothing() -> None:
    chance = random.Random(9)
    comparison = compared(run_of(chance)[:5], run_of(chance, 2)[:5])
    assert not comparison.worse()
    assert not comparison.can_say


def three_names(slow_ms: float, gone: str) -> list[Tick]:
    return [
        tick(second, delta("/quick", (10.0,) * 20), delta("/slow", (slow_ms,) * 20), delta(gone, (5.0,) * 20))
        for second in range(40)
    ]


def test_what_got_worse_comes_first_and_what_only_one_has_is_named() -> None:
    comparison = compared(three_names(100.0, "/old"), three_names(150.0, "/new"))
    assert [(each.name, each.verdict) for each in comparison.requests] == [
        ("/slow", ChangeVerdict.WORSE),
        ("/quick", ChangeVerdict.SAME),
        ("/old", ChangeVerdict.ONLY_OLD),
        ("/new", ChangeVerdict.ONLY_NEW),
    ]
    assert [(request.name, each.metric) for request, each in comparison.worse()[-3:]] == [
        ("/slow", "p50"),
        ("/slow", "p95"),
        ("/slow", "p99"),
    ]
