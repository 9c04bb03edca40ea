"""What is thought to be the generator's own part of the times."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perftui.model.histogram import Histogram
from perftui.model.lag import is_excess, less_lag
from tests.fakes.ticks import histogram_of, tick

QUIET = replace(tick().health, hub_lag_p50_ms=0.4, hub_lag_p99_ms=1.2, hub_lag_max_ms=1.5)
LATE = replace(QUIET, hub_lag_p99_ms=14.0, hub_lag_max_ms=20.0)
BEHIND = replace(QUIET, hub_lag_p50_ms=22.0, hub_lag_p99_ms=83.0, hub_lag_max_ms=90.0)


def test_the_longest_times_are_taken_for_those_that_met_the_longest_lags() -> None:
    times = histogram_of(*(21,) * 970, *(35,) * 30)
    less = less_lag(times, LATE)
    assert less.count == times.count
    assert less.percentile_ms(50) == pytest.approx(20.5, abs=0.5)
    assert less.percentile_ms(99) == pytest.approx(21, abs=2)
    assert is_excess(times.percentile_ms(99), less.percentile_ms(99))
    assert not is_excess(times.percentile_ms(50), less.percentile_ms(50))


def test_a_loop_that_is_always_behind_makes_every_request_wait_at_each_turn() -> None:
    times = histogram_of(*(108,) * 900, *(230,) * 100)
    less = less_lag(times, BEHIND)
    assert is_excess(times.percentile_ms(50), less.percentile_ms(50))


@pytest.mark.parametrize(
    ("times", "health"),
    [
        (histogram_of(*(21,) * 990, *(24,) * 10), QUIET),
        (histogram_of(*(300,) * 990, *(900,) * 10), LATE),  # a lag that is nothing beside what the target takes
        (histogram_of(*(1,) * 990, *(4,) * 10), QUIET),  # a fast target: a lag that any machine has
        (Histogram(), LATE),
    ],
)
def test_times_that_are_the_targets_are_not_taken_for_the_generators(times: Histogram, health: object) -> None:
    less = less_lag(times, health)  # type: ignore[arg-type]
    for percent in (50, 99):
        assert not is_excess(times.percentile_ms(percent), less.percentile_ms(percent))


def test_nothing_becomes_less_than_no_time() -> None:
    less = less_lag(histogram_of(1, 2, 3), BEHIND)
    assert (less.count, less.min_us) == (3, 0)
