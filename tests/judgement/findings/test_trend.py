from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from perftui.judgement.findings.trend import trend_of

RISING = [100.0 + 5 * index for index in range(20)]


def test_a_straight_line_is_found_with_its_ends_and_all_confidence() -> None:
    trend = trend_of(RISING)
    assert trend is not None
    # The ends are half a point beyond the first and the last.
    assert [trend.from_value, trend.to_value] == pytest.approx([97.5, 197.5])
    assert trend.text == "+103 %, 99.9 % confidence"


def test_a_smooth_curve_is_not_taken_for_correlated_noise() -> None:
    # As of a process that leaks with each request, and waits for two seconds once.
    trend = trend_of([36 + 9 * index + min(index, 2) * 3 for index in range(18)])
    assert trend is not None
    assert trend.is_sure


def test_what_stays_and_then_rises_is_sure_where_it_scatters_little() -> None:
    chance = random.Random(1)
    trend = trend_of([100 + max(0, index - 10) * 6 + chance.gauss(0, 1) for index in range(20)])
    assert trend is not None
    assert trend.is_sure


def test_a_single_wild_point_does_not_move_the_line() -> None:
    trend = trend_of([*RISING[:10], 9000.0, *RISING[11:]])
    assert trend is not None
    assert trend.to_value == pytest.approx(197.5, rel=0.02)


def test_a_falling_series_has_a_negative_change() -> None:
    trend = trend_of(RISING[::-1])
    assert trend is not None
    assert trend.is_sure
    assert trend.change == pytest.approx(-0.506, abs=0.01)


def test_a_constant_series_has_no_trend() -> None:
    trend = trend_of([7.0] * 15)
    assert trend is not None
    assert (trend.change, trend.confidence) == (0.0, 0.0)


def test_below_ten_points_nothing_is_said() -> None:
    assert trend_of(RISING[:9]) is None


def _sure_share(phi: float, seeds: Sequence[int]) -> float:
    """Of series without a trend whose points depend on the one before by `phi`."""
    sure = 0
    for seed in seeds:
        chance, value, values = random.Random(seed), 0.0, []
        for _ in range(20):
            value = phi * value + chance.gauss(0, 1)
            values.append(10 + value)
        trend = trend_of(values)
        sure += trend is not None and trend.is_sure
    return sure / len(seeds)


def test_independent_noise_is_taken_for_a_trend_as_rarely_as_promised() -> None:
    assert _sure_share(0.0, range(1000)) <= 0.01


def test_autocorrelated_noise_is_seldom_taken_for_a_trend() -> None:
    # Without the correction of the variance it is 11 %.
    assert _sure_share(0.6, range(600)) <= 0.05
