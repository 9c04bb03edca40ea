"""The statistics are pytest-benchmark's own; "worse" is found where it is true, and hardly ever where it is not."""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_benchmark.stats import Stats

from perftui.judgement.bench import Verdict, compare_tasks, statistics_of
from perftui.model.bench import TaskRounds


def their_statistics(times_s: list[float]) -> dict[str, Any]:
    theirs: Any = Stats
    stats = theirs()
    stats.data = times_s
    said: dict[str, Any] = stats.as_dict()
    return said


@given(st.lists(st.floats(1e-9, 100.0), min_size=1, max_size=60))
def test_every_statistic_is_what_pytest_benchmark_says(times_s: list[float]) -> None:
    ours = statistics_of(times_s)
    assert ours is not None
    # How many lie beyond a bound may differ where they lie on it: the two add in another order.
    inexact = {"stddev_outliers", "iqr_outliers", "outliers", "ld15iqr", "hd15iqr"}
    for name, value in their_statistics(times_s).items():
        if name not in inexact:
            assert getattr(ours, name) == pytest.approx(value, rel=1e-9, abs=1e-9), name


def test_outliers_are_what_pytest_benchmark_says() -> None:
    drawn = random.Random(3)
    for count in range(1, 80):
        times_s = [drawn.lognormvariate(0, 0.8) for _ in range(count)]
        ours = statistics_of(times_s)
        assert ours is not None
        assert asdict(ours) == pytest.approx(their_statistics(times_s))


def test_no_round_has_no_statistics() -> None:
    assert statistics_of(()) is None


def rounds(times_s: list[float]) -> TaskRounds:
    return TaskRounds("Shop", "read", tuple(times_s))


def verdict_of(before: list[float], now: list[float], allowed: float = 0.2) -> Verdict:
    (comparison,) = compare_tasks([rounds(before)], [rounds(now)], allowed)
    return comparison.verdict


def drawn_times(drawn: random.Random, count: int, factor: float = 1.0, drift: float = 0.0) -> list[float]:
    """Log-normal with sigma 0.5 around 10 ms; `drift` is how much each of ten stretches is off, as a share."""
    offs = [1 + drawn.gauss(0, drift) for _ in range(10)]
    return [0.01 * factor * offs[index * 10 // count] * drawn.lognormvariate(0, 0.5) for index in range(count)]


@pytest.mark.parametrize("count", [5, 20, 200])
def test_two_benches_of_the_same_are_hardly_ever_worse(count: int) -> None:
    drawn = random.Random(count)
    pairs = 500
    worse = sum(verdict_of(drawn_times(drawn, count), drawn_times(drawn, count)) == "worse" for _ in range(pairs))
    assert worse <= pairs * 0.02


def test_a_bench_whose_rounds_drift_is_no_proof() -> None:
    """Any change is beyond the limit here: it is the noise alone that decides."""
    drawn = random.Random(7)
    verdicts = [
        verdict_of(drawn_times(drawn, 400, drift=0.2), drawn_times(drawn, 400, drift=0.2), allowed=0.0)
        for _ in range(200)
    ]
    assert verdicts.count("worse") <= 4


def test_a_true_change_of_the_median_is_found() -> None:
    drawn = random.Random(5)
    pairs = 200
    found = sum(verdict_of(drawn_times(drawn, 1000), drawn_times(drawn, 1000, 1.4)) == "worse" for _ in range(pairs))
    assert found >= pairs * 0.95
    assert verdict_of(drawn_times(drawn, 1000, 1.5), drawn_times(drawn, 1000)) == "better"


def test_five_slow_rounds_that_are_all_slower_are_worse_and_four_prove_nothing() -> None:
    before, now = [1.0, 1.1, 1.2, 1.05, 1.15], [2.0, 2.1, 2.2, 2.05, 2.15]
    assert verdict_of(before, now) == "worse"
    assert verdict_of(before, now[:4]) == "no data"
    (comparison,) = compare_tasks([rounds(before)], [rounds(now[:4])], 0.2)
    assert comparison.reason == "4 good rounds now; 5 are needed"


def test_a_change_within_the_noise_is_unclear_and_a_small_one_the_same() -> None:
    wide = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert verdict_of(wide, [each * 1.5 for each in wide]) == "unclear"
    assert verdict_of(wide, [each * 1.1 for each in wide]) == "same"


def test_a_task_that_was_not_there_or_measured_nothing_is_no_data() -> None:
    (new,) = compare_tasks([], [rounds([1.0] * 9)], 0.2)
    (gone,) = compare_tasks([rounds([1.0] * 9)], [rounds([])], 0.2)
    assert (new.verdict, new.before_s, new.change) == ("no data", None, None)
    assert (gone.verdict, gone.now_s, gone.change) == ("no data", None, None)
