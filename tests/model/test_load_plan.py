"""The load that is asked for, before and beside the load that there is."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perftui.model.load_plan import (
    leg_at,
    load_words,
    peak_rate_per_s,
    peak_users,
    planned_legs,
    planned_level,
    planned_s,
)
from perftui.model.plan import LONGEST_UNASKED_RUN_S, Profile, Stage

STAGES = (
    Stage(users=100, spawn_rate=10, hold_s=60),
    Stage(users=40, for_s=30),
    Stage(users=200, spawn_rate=10, for_s=8),
    Stage(users=60, hold_s=10),
)


def test_stages_begin_where_the_one_before_got() -> None:
    profile = Profile("p", spawn_rate=5, stages=STAGES)
    legs = planned_legs(profile)
    levels = {at_s: planned_level(legs, at_s) for at_s in (0, 5, 10, 69, 85, 99.9, 102, 108, 112, 121.9, 122)}
    # 8 s at 10 users/s lead from 40 to 120, and no further; from there 12 s at the profile's own rate to 60.
    assert levels == pytest.approx(
        {0: 0, 5: 50, 10: 100, 69: 100, 85: 70, 99.9: 40.2, 102: 60, 108: 120, 112: 100, 121.9: 60, 122: 60}, abs=1e-6
    )
    assert (planned_s(profile), peak_users(profile)) == (130.0, 200)
    found = leg_at(legs, 105)
    assert found is not None
    assert found.stage == 3
    assert planned_level(legs, 130) == 0
    assert load_words(profile) == "4 stages, 2m10s, peak 200 users"


def test_the_run_time_cuts_the_stages() -> None:
    profile = Profile("p", run_time_s=20, stages=(Stage(users=100, for_s=40),))
    (leg,) = planned_legs(profile)
    assert (leg.to_s, leg.to_level, planned_s(profile)) == (20, 50, 20)


def test_a_rate_goes_evenly_or_at_once() -> None:
    profile = Profile("p", max_users=7, stages=(Stage(rate_per_s=50, for_s=10), Stage(rate_per_s=20, hold_s=5)))
    legs = planned_legs(profile)
    assert all(leg.is_rate for leg in legs)
    # The users come first, 7 within a second.
    assert [planned_level(legs, at_s) for at_s in (0.9, 6, 11, 15)] == [0, 25, 20, 20]
    assert planned_legs(replace(profile, spawn_rate=70.0))[0].to_s == 0.1
    assert (peak_rate_per_s(profile), peak_users(profile)) == (50, 7)
    assert load_words(profile) == "2 stages, 15s, peak 50 tasks/s by up to 7 users"


def test_one_rate_and_plain_users() -> None:
    assert planned_level(planned_legs(Profile("p", rate_per_s=3, max_users=1, run_time_s=9)), 8) == 3
    legs = planned_legs(Profile("p", users=10, spawn_rate=2))
    assert [planned_level(legs, at_s) for at_s in (2, 5, 3000)] == [4, 10, 10]
    assert legs[-1].to_s == LONGEST_UNASKED_RUN_S
    assert planned_legs(Profile("p", users=10, spawn_rate=2, run_time_s=2))[-1].to_level == 4


@given(
    st.lists(
        st.one_of(
            st.builds(Stage, users=st.integers(0, 500), for_s=st.floats(1, 900)),
            st.builds(Stage, users=st.integers(0, 500), for_s=st.floats(1, 900), spawn_rate=st.floats(0.1, 99)),
            st.builds(Stage, users=st.integers(0, 500), hold_s=st.floats(1, 900)),
        ),
        min_size=1,
        max_size=20,
    ),
    st.one_of(st.none(), st.floats(1, 5000)),
)
def test_legs_follow_one_another_without_a_gap_or_a_jump(stages: list[Stage], run_time_s: float | None) -> None:
    profile = Profile("p", run_time_s=run_time_s, stages=tuple(stages))
    legs = planned_legs(profile)
    assert legs[0].from_s == legs[0].from_level == 0
    assert legs[-1].to_s == planned_s(profile)
    for leg, following in itertools.pairwise(legs):
        assert (leg.to_s, leg.to_level) == (following.from_s, following.from_level)
        assert leg.stage <= following.stage
    assert max(leg.to_level for leg in legs) <= peak_users(profile) + 1e-9
