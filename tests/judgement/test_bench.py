"""The statistics are pytest-benchmark's own; "worse" is found where it is true, and hardly ever where it is not."""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_benchmark.stats import Stats

from perftui.judgement.bench import TaskComparison, Verdict, compare_tasks, statistics_of
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


def failing(count: int, failed: int) -> TaskRounds:
    """Of `count` rounds; those that succeeded took 10 ms."""
    return TaskRounds("Shop", "read", (0.01,) * (count - failed), failed, "GET /: 500" if failed else "")


def failures_compared(before: tuple[int, int], now: tuple[int, int], allowed: float = 0.2) -> TaskComparison:
    (comparison,) = compare_tasks([failing(*before)], [failing(*now)], allowed)
    return comparison


def test_a_clear_rise_of_failed_rounds_is_worse_in_words_whatever_the_median() -> None:
    found = failures_compared((90, 0), (90, 67))
    assert (found.change, found.verdict) == (0.0, "worse")
    assert found.reason == "failed in 67 of 90 rounds, before in 0 of 90"
    assert failures_compared((1000, 0), (1000, 30)).verdict == "worse"
    # Not one round is left to compare times of, and yet it is known.
    assert failures_compared((90, 0), (10, 10)).verdict == "worse"


def test_failures_that_are_not_clearly_more_are_unclear_or_the_same() -> None:
    assert failures_compared((90, 0), (90, 1)).verdict == "same"
    assert failures_compared((90, 20), (90, 22)).verdict == "same"
    assert failures_compared((90, 67), (90, 0)).verdict == "same"
    # Half of its few rounds failed: neither a pass nor a proof.
    few = failures_compared((5, 0), (10, 5))
    assert (few.verdict, few.reason) == (
        "unclear",
        "failed in 5 of 10 rounds, before in 0 of 5, which is within the noise",
    )
    # A rise that is allowed.
    assert failures_compared((1000, 300), (1000, 500), allowed=1.0).verdict == "same"
    assert failures_compared((1000, 300), (1000, 500)).verdict == "worse"


def test_two_benches_that_fail_alike_are_hardly_ever_worse() -> None:
    drawn = random.Random(11)

    def failed(count: int, share: float) -> int:
        return sum(drawn.random() < share for _ in range(count))

    for count, share in ((20, 0.2), (200, 0.02), (200, 0.5)):
        worse = sum(
            failures_compared((count, failed(count, share)), (count, failed(count, share)), 0.01).verdict == "worse"
            for _ in range(300)
        )
        assert worse <= 6
