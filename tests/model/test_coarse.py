"""Several seconds as one: nothing is lost of what was counted, and nothing looks better than it was."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from perftui.model.coarse import merged_points, merged_spectra
from perftui.model.tick import Arrivals, TargetSample
from tests.fakes.chart_points import point_of_second, spectrum_of_second, times_of_second


def test_counts_are_added_rates_averaged_and_percentiles_the_worst() -> None:
    fast, slow = point_of_second(0, p50_ms=10.0), point_of_second(1, p50_ms=90.0)
    merged = merged_points([fast, replace(slow, failures=3, fails_per_s=3.0)])
    assert (merged.requests, merged.failures) == (fast.requests + slow.requests, 3)
    assert merged.rps == (fast.requests + slow.requests) / 2
    assert merged.fails_per_s == 1.5
    assert (merged.times.p50_ms, merged.times.p99_ms) == (90.0, 900.0)
    assert (merged.user_count, merged.seq, merged.elapsed_s, merged.interval_s) == (4, 2, 2.0, 2.0)


def test_a_second_without_requests_changes_no_percentile() -> None:
    idle = replace(point_of_second(1), requests=0, rps=0.0, times=times_of_second(None))
    merged = merged_points([point_of_second(0, p50_ms=10.0), idle])
    assert merged.times.p50_ms == 10.0
    assert merged.rps == point_of_second(0).requests / 2


def test_what_is_not_known_of_the_target_stays_unknown() -> None:
    unknown = replace(point_of_second(0), target=None)
    assert merged_points([unknown, unknown]).target is None
    half = replace(point_of_second(1), target=TargetSample(cpu_percent=70.0))
    assert merged_points([unknown, half]).target == TargetSample(cpu_percent=70.0)


@given(st.integers(1, 40), st.data())
def test_how_it_is_merged_does_not_matter(count: int, data: st.DataObject) -> None:
    points = [point_of_second(190 + second) for second in range(count)]
    cut = data.draw(st.integers(0, count - 1))
    parts = [part for part in (points[:cut], points[cut:]) if part]
    in_steps, at_once = merged_points([merged_points(part) for part in parts]), merged_points(points)
    assert abs((in_steps.times.mean_ms or 0) - (at_once.times.mean_ms or 0)) < 1e-9
    mean = at_once.times.mean_ms
    assert replace(in_steps, times=replace(in_steps.times, mean_ms=mean)) == at_once


def test_no_request_of_a_spectrum_is_lost() -> None:
    merged = merged_spectra([spectrum_of_second(second) for second in range(10)])
    assert sum(merged.counts) == sum(sum(spectrum_of_second(second).counts) for second in range(10))
    assert (merged.elapsed_s, merged.interval_s) == (10.0, 10.0)


def test_a_second_of_a_late_generator_marks_all_that_it_is_merged_into() -> None:
    late = replace(
        point_of_second(1),
        is_strained=True,
        response=times_of_second(50.0),
        arrivals=Arrivals(100.0, 100, 90, 8, 2, 20),
    )
    before = replace(point_of_second(0), arrivals=Arrivals(80.0, 80, 80, 0, 0, 12))
    merged = merged_points([before, late])
    assert merged.is_strained
    assert merged.response == late.response
    assert merged.arrivals == Arrivals(100.0, 180, 170, 8, 2, 20)
    assert merged_points([point_of_second(0), point_of_second(1)]).arrivals is None
