"""The search for capacity against a target whose capacity is known, tick by tick."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from perftui.judgement.capacity import LEAST_RATE, CapacitySearch, says_capacity, search_of
from perftui.judgement.capacity_level import SearchBounds
from perftui.judgement.rules import parse_threshold
from perftui.model.capacity import CapacityResult, LevelVerdict
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile, RunPlan, Scenario, Search, Target
from perftui.model.tick import Arrivals, LocalErrorDelta, Tick
from tests.fakes.ticks import delta, tick

P95 = parse_threshold("p95 < 200ms")
# No search here needs more; one that never ends would.
_LONGEST_S = 3000

Answers = Callable[[float], float]


def knee(capacity: float) -> Answers:
    """The time in ms that a target of `capacity` takes at a level: 50 ms up to it, 400 ms beyond."""
    return lambda level: 50.0 if level <= capacity else 400.0


def searched(
    answers: Answers,
    *,
    first: float = 10,
    most: float = 1000,
    is_rate: bool = False,
    change: Callable[[Tick, float], Tick] = lambda tick, _: tick,
) -> CapacityResult:
    search = CapacitySearch([P95], {}, SearchBounds(first, most, is_rate, hold_s=10, spawn_rate=100))
    for seq in range(_LONGEST_S):
        level = search.level
        now = tick(seq, delta(ok_ms=(answers(level),) * 30), users=1 if is_rate else round(level))
        if is_rate:
            now = replace(now, arrivals=Arrivals(level, 30, 30, 0, 0, 1))
        search.add(change(now, level))
        if search.result is not None:
            return search.result
    raise AssertionError("the search does not end")


@pytest.mark.parametrize("capacity", [1, 2, 9, 10, 11, 137, 640, 999])
def test_the_highest_level_that_holds_is_found_to_within_5_percent(capacity: int) -> None:
    result = searched(knee(capacity))
    assert result.is_reached
    assert result.highest is not None
    assert capacity * 0.94 - 1 <= result.highest <= capacity
    held = [each.level for each in result.levels if each.verdict is LevelVerdict.HELD]
    broken = [each.level for each in result.levels if each.verdict is LevelVerdict.BROKEN]
    assert max(held) == result.highest < min(broken)


def test_a_rate_is_searched_in_parts_of_one() -> None:
    result = searched(knee(37.3), is_rate=True)
    assert result.is_reached
    assert result.highest is not None
    assert 35 <= result.highest <= 37.3
    assert "tasks/s held" in result.text


def test_what_holds_all_that_it_may_get_is_said_to_be_not_reached() -> None:
    result = searched(knee(1e9), most=50)
    assert (result.highest, result.is_reached) == (50, False)
    assert result.text == "Capacity not reached: 50 users held; it held at 50 users, which is all that it may get."


def test_where_one_user_is_too_much_no_level_held() -> None:
    result = searched(knee(0))
    assert (result.highest, result.is_reached) == (None, True)
    assert result.text.startswith("Capacity: no level held; at 1 user p95 400 ms, wanted < 200 ms")


def test_a_late_generator_is_not_the_targets_limit() -> None:
    def late(now: Tick, level: float) -> Tick:
        lag_ms = 80.0 if level > 30 else 0.5
        return replace(now, health=replace(now.health, hub_lag_p99_ms=lag_ms))

    result = searched(knee(1e9), change=late)
    assert (result.highest, result.is_reached) == (20, False)
    assert "the generator was late" in result.text


def test_users_that_never_come_end_it() -> None:
    result = searched(knee(1e9), change=lambda now, level: replace(now, user_count=min(now.user_count, 15)))
    assert (result.highest, result.is_reached) == (10, False)
    assert "only 15 users came" in result.text


def test_dropped_tasks_are_not_the_targets_limit() -> None:
    def drop(now: Tick, level: float) -> Tick:
        return replace(now, arrivals=Arrivals(level, 40, 30, 10, 0, 80)) if level > 30 else now

    result = searched(knee(1e9), is_rate=True, change=drop)
    assert (result.highest, result.is_reached) == (20, False)
    assert "found every user busy: raise max_users" in result.text


def test_a_level_whose_numbers_keep_moving_does_not_hold() -> None:
    """It is not broken either, and the search goes on below it."""
    seconds_at: Counter[float] = Counter()

    def grow(now: Tick, level: float) -> Tick:
        seconds_at[level] += 1
        return replace(now, requests=(delta(ok_ms=(20 * 1.05 ** seconds_at[level],) * 30),)) if level > 20 else now

    result = searched(knee(1e9), change=grow)
    assert result.highest is not None
    assert result.highest <= 21
    assert any(each.verdict is LevelVerdict.UNSETTLED for each in result.levels)


def test_a_threshold_without_data_ends_it() -> None:
    result = searched(knee(1e9), change=lambda now, level: replace(now, requests=()) if level > 10 else now)
    assert (result.highest, result.is_reached) == (10, False)
    assert "no data" in result.text


def test_too_few_requests_are_no_limit_of_the_target() -> None:
    result = searched(knee(1e9), change=lambda now, level: replace(now, requests=(delta(ok_ms=(50.0,)),)))
    assert (result.highest, result.is_reached) == (None, False)
    assert "at 10 users 30 requests in 30 s say too little" in result.text


def test_few_requests_are_enough_where_a_level_takes_longer_for_them() -> None:
    few = delta(ok_ms=(50.0,) * 3)
    result = searched(knee(1e9), most=20, change=lambda now, level: replace(now, requests=(few,)))
    assert (result.highest, result.is_all) == (20, True)


def test_a_level_that_mostly_fails_is_left_at_once() -> None:
    failing = delta(ok_ms=(50.0,), failed_ms=(400.0,) * 29)
    result = searched(knee(1e9), change=lambda now, level: replace(now, requests=(failing,)) if level > 37 else now)
    assert result.highest == 37
    assert {each.to_s - each.from_s for each in result.levels if each.verdict is LevelVerdict.BROKEN} == {3.0}


def test_what_this_machine_cannot_send_is_not_the_targets_limit() -> None:
    unsent = (LocalErrorDelta("too many open files", 3),)
    result = searched(knee(1e9), change=lambda now, level: replace(now, local_errors=unsent) if level > 30 else now)
    assert (result.highest, result.is_reached) == (20, False)
    assert "15 requests could not be sent" in result.text


def test_a_rate_that_never_holds_ends_at_the_least_there_is() -> None:
    result = searched(knee(0), is_rate=True)
    assert (result.highest, result.is_reached) == (None, True)
    assert result.levels[-1].level == LEAST_RATE


def test_a_plan_without_a_threshold_that_says_capacity_is_refused() -> None:
    asked = RunPlan(Profile("quick", users=3), Target("stage", "http://127.0.0.1:1"), Scenario("s", ("x.py",)), "/")
    assert search_of(asked) is None
    for thresholds in ((), ("rps > 10", "users < 5")):
        plan = replace(asked, profile=Profile("quick", thresholds=thresholds), search=Search(30, 10))
        with pytest.raises(PerftuiError, match="a search for capacity needs a threshold such as"):
            search_of(plan)


def test_a_run_that_ends_early_keeps_what_it_has() -> None:
    search = CapacitySearch([P95], {}, SearchBounds(10, 100, False, hold_s=10, spawn_rate=100))
    result = search.end("the run was stopped")
    assert (result.highest, result.is_reached, result.levels) == (None, False, ())
    assert result.text == "Capacity not reached: no level held; the run was stopped."


@pytest.mark.parametrize(
    ("rule", "says"),
    [("p95 < 1s", True), ("fail_ratio < 1%", True), ("rps > 10", False), ("rps < 10", False), ("users < 5", False)],
)
def test_thresholds_on_the_amount_of_load_itself_are_left_out(rule: str, says: bool) -> None:
    assert says_capacity(parse_threshold(rule)) is says
