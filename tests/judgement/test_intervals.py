"""Intervals against figures that are published, and against how often they hold the truth."""

from __future__ import annotations

import math
import random
from statistics import NormalDist

import pytest

from perftui.judgement.intervals import (
    difference_interval,
    log_rate_half_width,
    mean_half_width,
    quantile_interval_ms,
    share_interval,
    student_t,
)
from tests.fakes.ticks import histogram_of


@pytest.mark.parametrize(
    ("alpha", "freedom", "value"),
    [(0.025, 1, 12.706), (0.025, 2, 4.303), (0.005, 4, 4.604), (0.025, 15, 2.131), (0.001, 19, 3.579)],
)
def test_students_t_is_that_of_the_tables(alpha: float, freedom: int, value: float) -> None:
    assert student_t(alpha, freedom) == pytest.approx(value, abs=0.001)


def test_the_median_of_a_hundred_times_lies_between_the_40th_and_the_61st() -> None:
    # The table of distribution-free intervals for a median says 40 and 61 for n = 100 at 95 %.
    low_ms, high_ms = quantile_interval_ms(histogram_of(*(float(time) for time in range(1, 101))), 50, 0.025)
    assert low_ms <= 40 <= low_ms * 1.02
    assert high_ms / 1.02 <= 61 <= high_ms


def test_an_interval_of_a_percentile_holds_it_as_often_as_it_says() -> None:
    chance, truth = random.Random(5), math.exp(0.5 * NormalDist().inv_cdf(0.95))
    held = 0
    for _ in range(300):
        low_ms, high_ms = quantile_interval_ms(
            histogram_of(*(chance.lognormvariate(0, 0.5) for _ in range(400))), 95, 0.05
        )
        held += low_ms <= truth <= high_ms
    # 90 %; the buckets make it a little wider.
    assert 0.88 <= held / 300 <= 0.98


def test_too_few_times_do_not_bound_a_percentile() -> None:
    times = histogram_of(*(float(time) for time in range(1, 51)))
    low_ms, high_ms = quantile_interval_ms(times, 99, 0.01)
    assert low_ms > 0
    assert high_ms == math.inf
    assert quantile_interval_ms(histogram_of(), 50, 0.01) == (0.0, math.inf)


def test_shares_and_their_difference_are_those_of_the_literature() -> None:
    # Newcombe 1998, table II (a), method 10: 56/70 - 48/80.
    old, new = share_interval(48, 80, 0.025), share_interval(56, 70, 0.025)
    assert difference_interval(48 / 80, old, 56 / 70, new) == pytest.approx((0.0524, 0.3339), abs=0.0001)
    assert share_interval(0, 10, 0.025) == pytest.approx((0, 0.2775), abs=0.0001)
    assert share_interval(0, 0, 0.025) == (0.0, 1.0)


def test_a_ratio_of_rates_is_as_unsure_as_its_counts() -> None:
    # sqrt(1/100 + 1/100) and 1.96 of the normal distribution: between 0.758 and 1.319 as much.
    assert math.exp(log_rate_half_width(100, 100, 0.025)) == pytest.approx(1.319, abs=0.001)


def test_a_drift_makes_the_interval_of_a_mean_wider_than_the_same_values_shuffled() -> None:
    drifting = [slice_ / 20 for slice_ in range(20)]
    shuffled = random.Random(3).sample(drifting, 20)
    assert mean_half_width(drifting, 0.01) > 3 * mean_half_width(shuffled, 0.01)


def test_equal_values_have_no_spread_and_too_few_say_nothing() -> None:
    assert mean_half_width([0.5] * 20, 0.01) == 0
    assert mean_half_width([0.5, 0.6], 0.01) == math.inf
