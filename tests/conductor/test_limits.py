"""What a target allows, held against what really happened: orders get around none of it."""

from __future__ import annotations

from dataclasses import replace

from perftui.conductor.limits import exceeded_limit
from perftui.model.plan import Target
from tests.fakes.ticks import delta, tick

TARGET = Target("stage", "http://127.0.0.1:1", max_users=10, max_rps=20.0, max_minutes=1.0)


def test_each_limit_is_held_against_the_tick() -> None:
    assert exceeded_limit(TARGET, tick(1, delta(ok_ms=(1.0,) * 20), users=10)) == ""
    assert exceeded_limit(TARGET, tick(1, delta(ok_ms=(1.0,) * 21))) == "21.0 rps, and target stage allows 20"
    assert exceeded_limit(TARGET, tick(1, users=11)) == "11 users, and target stage allows 10"
    assert exceeded_limit(TARGET, tick(70)) == "target stage allows 1 minutes"


def test_what_landed_while_paused_is_no_burst_of_the_first_tick_after() -> None:
    landed = replace(tick(1, delta(ok_ms=(1.0,) * 60)), interval_s=0.2)
    assert exceeded_limit(TARGET, landed) == "60.0 rps, and target stage allows 20"
    assert exceeded_limit(TARGET, landed, paused_s=3.0) == ""
