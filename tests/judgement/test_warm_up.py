"""Which ticks are warm-up, in generated runs whose truth is known."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from perftui.judgement.warm_up import WarmUp
from perftui.model.plan import UNTIL_STEADY_S
from perftui.model.tick import Tick
from tests.fakes.ticks import delta, tick


def measured(warm_up: WarmUp, ticks: Iterable[Tick]) -> list[float]:
    """The ends of the ticks that are measured."""
    return [each.elapsed_s for each in ticks if warm_up.is_over_at(each)]


def run(
    seconds: int,
    users: Callable[[int], int] = lambda _: 10,
    rps: Callable[[int], float] = lambda _: 60,
    p50_ms: Callable[[int], float] = lambda _: 50,
    *,
    target_users: int = 10,
    sigma: float = 0.5,
    seed: int = 1,
) -> list[Tick]:
    """Poisson counts (as a normal's), log-normal times."""
    random_ = random.Random(seed)
    ticks = []
    for second in range(seconds):
        mean = rps(second)
        count = max(0, round(random_.gauss(mean, math.sqrt(mean))))
        times_ms = tuple(random_.lognormvariate(math.log(p50_ms(second)), sigma) for _ in range(count))
        ticks.append(replace(tick(second, delta("/a", times_ms), users=users(second)), target_user_count=target_users))
    return ticks


def begins_at(ticks: list[Tick]) -> float | None:
    """The begin of the first measured tick."""
    ends = measured(WarmUp(UNTIL_STEADY_S), ticks)
    assert ends == [each.elapsed_s for each in ticks[len(ticks) - len(ends) :]]
    return ends[0] - 1 if ends else None


def test_without_a_warm_up_everything_is_measured() -> None:
    warm_up = WarmUp(0.0)
    assert warm_up.is_over
    assert measured(warm_up, run(3)) == [1.0, 2.0, 3.0]
    assert warm_up.lasted_s == 0


@pytest.mark.parametrize(("warm_up_s", "excluded"), [(3.0, 3), (2.6, 3), (2.5, 2), (0.1, 0)])
def test_a_tick_is_measured_when_its_middle_is(warm_up_s: float, excluded: int) -> None:
    warm_up = WarmUp(warm_up_s)
    assert not warm_up.is_over
    assert measured(warm_up, run(5)) == [1.0, 2.0, 3.0, 4.0, 5.0][excluded:]
    assert (warm_up.lasted_s, warm_up.is_over) == (excluded, True)


def test_a_run_shorter_than_its_warm_up_has_nothing_measured() -> None:
    warm_up = WarmUp(30.0)
    assert measured(warm_up, run(5)) == []
    assert (warm_up.lasted_s, warm_up.is_over) == (5.0, False)


def test_what_was_excluded_is_the_sum_of_its_ticks() -> None:
    warm_up = WarmUp(2.0)
    uneven = [replace(tick(seq), elapsed_s=1.003 * (seq + 1), interval_s=1.003) for seq in range(5)]
    measured(warm_up, uneven)
    assert warm_up.lasted_s == pytest.approx(2.006)


@pytest.mark.parametrize("seed", range(10))
def test_a_ramp_is_over_two_spans_after_the_last_user_came(seed: int) -> None:
    def users(second: int) -> int:
        return min(second + 1, 10)

    ticks = run(90, users, lambda second: 10.0 * users(second), seed=seed)
    begin_s = begins_at(ticks)
    assert begin_s is not None
    # The tenth user is seen at 10 s. Chance alone may hold it up for some seconds, not for long.
    assert 30 <= begin_s <= 45


def test_a_target_that_becomes_quick_only_later_is_waited_for() -> None:
    begin_s = begins_at(run(120, p50_ms=lambda second: 400 if second < 40 else 50, rps=lambda s: 20 if s < 40 else 80))
    # Both spans before the change are alike too: nothing tells a run that it is going to change.
    assert begin_s == 21
    falling = run(120, p50_ms=lambda second: 50 + 500 * math.exp(-second / 15))
    begin_s = begins_at(falling)
    assert begin_s is not None
    assert 45 <= begin_s <= 90


@pytest.mark.parametrize(("seed", "share_per_s"), [(1, 0.03), (2, 0.03), (3, -0.04), (4, -0.04)])
def test_a_drift_is_never_steady(seed: int, share_per_s: float) -> None:
    ticks = run(100, p50_ms=lambda second: 200 * math.exp(share_per_s * second), seed=seed)
    warm_up = WarmUp(UNTIL_STEADY_S)
    assert measured(warm_up, ticks) == []
    assert (warm_up.lasted_s, warm_up.is_over) == (100.0, False)


def test_a_falling_rate_is_never_steady() -> None:
    assert begins_at(run(80, rps=lambda second: 300 * math.exp(-0.03 * second))) is None


def test_tiny_noise_does_not_hold_up_a_flat_run() -> None:
    late = [begin for seed in range(20) if (begin := begins_at(run(60, sigma=0.05, seed=seed)) or 60) > 25]
    assert len(late) <= 2


def test_a_wide_spread_of_times_is_noise_and_no_change() -> None:
    late = [begin for seed in range(20) if (begin := begins_at(run(60, sigma=1.5, seed=seed)) or 60) > 30]
    assert len(late) <= 2


def test_sparse_traffic_is_judged_by_what_chance_explains() -> None:
    begins = [begins_at(run(60, rps=lambda _: 4, seed=seed)) for seed in range(10)]
    assert all(begin is not None and begin <= 35 for begin in begins)


def test_too_little_traffic_is_never_steady() -> None:
    assert begins_at(run(120, rps=lambda _: 0.8, seed=3)) is None
    assert begins_at([tick(seq) for seq in range(60)]) is None


def test_users_that_come_and_go_begin_the_spans_again() -> None:
    assert begins_at(run(60, users=lambda second: 9 if second == 15 else 10)) == 37
    assert begins_at(run(60, users=lambda _: 9)) is None
    assert begins_at(run(60, users=lambda _: 0, target_users=0)) is None
