"""The histogram's promises: percentiles to within 1 %, exact count, minimum, maximum, and exact merging."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perftui.model.histogram import LONGEST_US, PERCENTILES, Histogram, bucket_of, merge, midpoint_of

times = st.lists(st.integers(0, LONGEST_US * 2), min_size=1, max_size=300)


def histogram_of(values: list[int]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


def nearest_rank(values: list[int], percent: float) -> int:
    return sorted(values)[max(1, math.ceil(percent / 100 * len(values) - 1e-9)) - 1]


@pytest.mark.parametrize(
    "draw",
    [
        lambda r: int(r.lognormvariate(math.log(148_500), 0.5)),
        lambda r: int(r.choice((900, 180_000)) * r.uniform(0.9, 1.1)),
        lambda r: 250_000,
        lambda r: r.randrange(1, 400),
    ],
    ids=["lognormal", "bimodal", "constant", "sub-millisecond"],
)
def test_percentiles_are_within_one_percent_of_the_sorted_samples(draw) -> None:  # type: ignore[no-untyped-def]
    generator = random.Random(7)
    values = [draw(generator) for _ in range(50_000)]
    histogram = histogram_of(values)
    for percent in PERCENTILES:
        truth_ms = nearest_rank(values, percent) / 1000
        found_ms = histogram.percentile_ms(percent)
        assert found_ms == pytest.approx(truth_ms, rel=0.01), percent
    assert histogram.percentile_ms(100) == max(values) / 1000
    assert histogram.mean_ms == pytest.approx(sum(values) / len(values) / 1000)


@given(st.integers(0, LONGEST_US))
def test_every_bucket_holds_its_values_within_one_percent(value: int) -> None:
    bucket = bucket_of(value)
    assert bucket <= value
    assert abs(midpoint_of(bucket) - value) <= value * 0.01


@given(times)
def test_percentiles_rise_and_stay_between_the_exact_minimum_and_maximum(values: list[int]) -> None:
    histogram = histogram_of(values)
    found = histogram.percentiles_ms((0, 50, 95, 99, 99.9, 100))
    known = [each for each in found if each is not None]
    assert known == sorted(known)
    assert known[0] >= min(values) / 1000
    assert known[-1] == max(values) / 1000
    assert histogram.count == len(values)
    assert histogram.min_us == min(values)


@given(times, times)
def test_merging_two_is_recording_into_one(first: list[int], second: list[int]) -> None:
    assert merge([histogram_of(first), histogram_of(second)]) == histogram_of(first + second)


def test_nothing_recorded_is_nothing_known() -> None:
    empty = Histogram()
    assert empty.percentiles_ms(PERCENTILES) == [None] * len(PERCENTILES)
    assert empty.mean_ms is empty.min_ms is empty.max_ms is None
    assert merge([empty, histogram_of([5])]) == histogram_of([5])


def test_the_number_of_buckets_is_bounded() -> None:
    assert len({bucket_of(1 << shift | rest << max(0, shift - 7)) for shift in range(50) for rest in range(128)}) < 4096
