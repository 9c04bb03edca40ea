"""The load in words, and the words that somebody types as an order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perftui.model.control import LoadControl, Order
from perftui.model.load_plan import planned_legs
from perftui.model.plan import Profile, Stage
from perftui.model.run_state import RunState
from perftui.model.snapshot import Snapshot, point_of, snapshot_of
from perftui.model.tick import Tick
from perftui.tui.texts.live_title import stage_text
from perftui.tui.texts.load_text import arrival_words, order_of
from tests.fakes.loaded_ticks import arriving_ticks
from tests.fakes.ticks import total_of

STAGES = Profile("staged", stages=(Stage(users=100, for_s=60.0), Stage(users=300, spawn_rate=10.0, hold_s=90.0)))


def snapshot(ticks: list[Tick], control: LoadControl | None = None) -> Snapshot:
    totals = total_of(ticks)
    return snapshot_of(
        totals,
        totals,
        run_id="r",
        folder="r",
        title="t",
        target_url="http://127.0.0.1",
        state=RunState.RUNNING,
        cause="",
        warning="",
        elapsed_s=totals.elapsed_s,
        run_time_s=600.0,
        control=control,
    )


@pytest.mark.parametrize(
    ("text", "is_open_model", "order"),
    [
        ("200", False, Order("set", users=200)),
        ("users=200 spawn_rate=2.5", False, Order("set", users=200, spawn_rate=2.5)),
        ("spawn-rate = 5/s, users = 20", False, Order("set", users=20, spawn_rate=5.0)),
        ("300", True, Order("set", rate_per_s=300.0)),
        ("rate=0.5/s", True, Order("set", rate_per_s=0.5)),
    ],
)
def test_an_order_is_read(text: str, is_open_model: bool, order: Order) -> None:
    assert order_of(text, is_open_model=is_open_model) == order


@pytest.mark.parametrize(
    ("text", "is_open_model", "why"),
    [
        ("", False, "nothing is asked for"),
        ("many", False, "is no number"),
        ("-5", False, "is no number"),
        ("2.5", False, "users are whole"),
        ("200 300", False, "twice"),
        ("hatch=2", False, "cannot be changed"),
        ("rate=5", False, "no arrival rate"),
        ("users=5", True, "only rate"),
        ("spawn_rate=0", False, "nothing would change"),
        ("9" * 70, False, "too much"),
        ("users=5\x1b[2J", False, "is no number"),
    ],
)
def test_what_is_no_order_says_why_in_one_clean_line(text: str, is_open_model: bool, why: str) -> None:
    with pytest.raises(ValueError, match=why) as raised:
        order_of(text, is_open_model=is_open_model)
    assert str(raised.value).isprintable()


def test_a_rate_that_is_not_reached_says_how_many_users_would() -> None:
    ticks = arriving_ticks(20)
    assert arrival_words(snapshot(ticks), list(map(point_of, ticks))) == "! 410 of 500/s, all 80 users busy; try 120"


def test_users_are_not_blamed_while_some_are_free() -> None:
    ticks = [
        replace(each, arrivals=replace(each.arrivals, busy_users=60))
        for each in arriving_ticks(20)
        if each.arrivals is not None
    ]
    assert arrival_words(snapshot(ticks), list(map(point_of, ticks))) == "! 410 of 500/s, 60 of 80 users busy"
    kept = arriving_ticks(20, dropped=0)
    assert arrival_words(snapshot(kept), list(map(point_of, kept))) == "arrivals 500 of 500/s"


def test_a_stage_says_until_when_it_was_planned() -> None:
    ticks = [replace(each, arrivals=None, user_count=300, target_user_count=300) for each in arriving_ticks(70)]
    legs = planned_legs(STAGES)
    control = LoadControl("stages", 300, 10.0, stage=2, stages=2)
    assert stage_text(snapshot(ticks, control), legs) == "stage 2 of 2 to 02:50 · hold 300"
    assert stage_text(snapshot(ticks, replace(control, follows="hand")), legs) == "by hand · hold 300"
    # In a replay nobody knows what drove it, and what was planned is called that.
    assert stage_text(snapshot(ticks), legs) == "planned: stage 2 of 2 · hold 300"
