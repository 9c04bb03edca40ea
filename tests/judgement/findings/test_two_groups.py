from __future__ import annotations

import random

from perftui.judgement.findings.two_groups import groups_of
from perftui.model.histogram import Histogram, merge
from tests.fakes.shaped_runs import findings_of, lognormal_histogram, shaped_run
from tests.fakes.ticks import delta, tick


def _mixed(seed: int, *parts: tuple[int, float, float]) -> Histogram:
    """Each part is a count, a median in ms and the sigma of a log-normal distribution."""
    chance = random.Random(seed)
    return merge(lognormal_histogram(chance, count, median_ms * 1000, sigma) for count, median_ms, sigma in parts)


def test_two_groups_are_said_with_their_shares_and_centres() -> None:
    chance = random.Random(3)
    times_ms = [(20 if chance.random() < 0.72 else 210) * chance.lognormvariate(0, 0.1) for _ in range(1000)]
    text = findings_of([tick(s, delta("/cached", tuple(times_ms[s * 50 : s * 50 + 50]))) for s in range(20)])
    assert text["two groups"].text == "GET /cached answers in two groups: 69 % around 19.7 ms and 31 % around 205 ms."


def test_groups_a_factor_of_four_apart_are_found() -> None:
    for seed in range(10):
        groups = groups_of(_mixed(seed, (300, 50, 0.3), (200, 200, 0.3)))
        assert groups is not None
        assert 0.55 < groups.quick_share < 0.65
        assert 42 < groups.quick_ms < 58
        assert 168 < groups.slow_ms < 232


def test_a_log_normal_distribution_is_one_group_however_wide_and_few() -> None:
    for count in (200, 1000):
        for sigma in (0.1, 0.5, 1.0):
            found = [groups_of(_mixed(seed, (count, 50, sigma))) for seed in range(30)]
            assert found == [None] * 30, (count, sigma)


def test_whole_milliseconds_are_no_groups() -> None:
    for median_ms in (0.4, 1, 2, 4, 9):
        for seed in range(10):
            whole = Histogram()
            for bucket, count in _mixed(seed, (500, median_ms, 0.5)).buckets.items():
                for _ in range(count):
                    whole.record(bucket // 1000 * 1000)
            assert groups_of(whole) is None, (median_ms, seed)


def test_few_requests_and_small_groups_are_not_spoken_of() -> None:
    assert groups_of(_mixed(1, (100, 20, 0.2), (99, 300, 0.2))) is None
    assert groups_of(_mixed(1, (950, 20, 0.2), (50, 300, 0.2))) is None
    assert groups_of(Histogram()) is None


def test_failures_are_no_group() -> None:
    assert "two groups" not in findings_of(shaped_run(60, fail_ratio=0.4))
