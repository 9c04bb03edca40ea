"""Unlike runs are told apart by what was asked; what makes a comparison worth less is said."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from perftui.judgement.likeness import differences, remarks
from perftui.model.judged import Trust
from perftui.model.load_workers import LoadWorkerRow
from perftui.model.plan import RunPlan, Stage, Target
from perftui.model.record import Record, RunEvent
from perftui.model.run_state import RunState
from tests.fakes.records import PLAN, record_of
from tests.fakes.ticks import delta, tick, total_of

HASHED: RunPlan = replace(PLAN, provenance={"sha256 load/shop.py": "a1"})


TWO = (
    LoadWorkerRow("master", "box", "master", "running", 0, 0),
    LoadWorkerRow("one", "box", "local", "running", 10, 500),
    LoadWorkerRow("two", "box", "local", "left", 10, 500),
)


def run(plan: RunPlan = HASHED, seconds: int = 10, **environment: str) -> Record:
    return replace(record_of([tick(second, delta()) for second in range(seconds)], plan=plan), environment=environment)


def with_profile(**changes: Any) -> RunPlan:
    return replace(HASHED, profile=replace(HASHED.profile, **changes))


def with_scenario(**changes: Any) -> RunPlan:
    return replace(HASHED, scenario=replace(HASHED.scenario, **changes))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (run(with_profile(users=40)), "users 20 in A, 40 in B"),
        (run(with_profile(spawn_rate=0.5)), "spawn rate 4/s in A, 0.5/s in B"),
        (run(with_scenario(user_classes=("Browser",))), "user classes Buyer in A, Browser in B"),
        (run(with_scenario(tags=("read",))), "tags none in A, read in B"),
        (run(replace(HASHED, locust_args=())), "arguments --basket 3 in A, none in B"),
        (
            run(replace(HASHED, target=Target("shop", "http://staging.test"))),
            "target shop (http://127.0.0.1:8000) in A, shop (http://staging.test) in B",
        ),
        (run(seconds=16), "measured time 10s in A, 16s in B"),
        (run(with_profile(warm_up_s=9.0)), "warm-up 5s in A, 9s in B"),
        (run(with_profile(warm_up_s=math.inf)), "warm-up 5s in A, until steady in B"),
        (run(generators="4"), "load generators 1 in A, 4 in B"),
        (replace(run(), load_workers=TWO), "load workers none in A, 2 in B"),
    ],
)
def test_a_difference_is_said_with_both_values(other: Record, said: str) -> None:
    assert [each.text for each in differences(run(), other)] == [said]


def test_unlike_kinds_of_load_are_said_by_what_was_asked() -> None:
    stages = run(with_profile(stages=(Stage(users=50, for_s=60.0), Stage(users=50, for_s=30.0))))
    other_stages = run(with_profile(stages=(Stage(users=70, for_s=60.0),)))
    rate = run(with_profile(rate_per_s=200.0, max_users=80))
    assert [each.what for each in differences(run(), stages)] == ["load model", "users", "stages"]
    assert [each.what for each in differences(stages, other_stages)] == ["stages"]
    assert [each.text for each in differences(run(), rate)] == [
        "load model constant users in A, arrival rate in B",
        "users 20 in A, none in B",
        "spawn rate 4/s in A, none in B",
        "arrival rate none in A, 200/s in B",
        "most users none in A, 80 in B",
    ]
    assert not differences(rate, run(with_profile(rate_per_s=200.0, max_users=80, users=7)))


def test_where_a_load_shape_decides_the_users_that_were_asked_for_do_not_count() -> None:
    shaped, constant = run(load_shape="Stages"), run()
    assert [each.what for each in differences(constant, shaped)] == ["load model", "users", "spawn rate"]
    assert not differences(shaped, run(with_profile(users=40), load_shape="Stages"))


def test_a_warm_up_that_took_much_longer_to_be_steady_is_a_difference() -> None:
    def steady_after(seconds: int) -> Record:
        whole = total_of([tick(second, delta()) for second in range(seconds + 10)])
        return replace(run(with_profile(warm_up_s=math.inf)), whole=whole)

    assert not differences(steady_after(20), steady_after(30))
    (found,) = differences(steady_after(20), steady_after(60))
    assert found.text == "warm-up that was left out 20s in A, 1m in B"


def test_like_runs_have_no_difference() -> None:
    elsewhere = replace(HASHED, working_directory="/elsewhere", target=Target("shop", "http://127.0.0.1:9000"))
    assert not differences(run(), run(elsewhere, seconds=12))


def test_what_to_know_of_each_run_is_said() -> None:
    bad = run(replace(HASHED, provenance={"sha256 load/shop.py": "b2"}))
    assert bad.outcome is not None
    stopped = replace(bad.outcome, state=RunState.STOPPED, reason="stopped by a person", trust=Trust.BAD)
    interrupted = replace(run(), outcome=None, state=RunState.INTERRUPTED)
    assert remarks(interrupted, replace(bad, outcome=stopped, state=RunState.STOPPED)) == (
        "A was never finished: its conductor died.",
        "B did not end as planned (stopped: stopped by a person).",
        "B cannot be trusted.",
        "load/shop.py changed between the runs.",
    )
    assert remarks(run(), run()) == ()


def test_a_load_that_somebody_changed_is_said() -> None:
    events = (
        RunEvent(10.0, "load", "stage 2 of 2: 50 users at 10/s"),
        RunEvent(31.2, "load", "users 100 -> 200 at 10/s", "ann"),
        RunEvent(40.0, "load", "paused", "bob@desk"),
        RunEvent(41.0, "note", "deployed", "bob@desk"),
    )
    (said,) = remarks(run(), replace(run(), events=events))
    assert said == "B had its load changed while it ran: users 100 -> 200 at 10/s (by ann at 31s, and 1 more order)."
    assert remarks(run(), replace(run(), events=events[::3])) == ()


def test_another_machine_is_said() -> None:
    one = replace(run(), environment={"cores": "2", "system": "Linux 6.1", "engine locust": "2.40.0"})
    other = replace(run(), environment={"cores": "8", "system": "Linux 6.1", "engine locust": "2.47.0"})
    assert remarks(one, other) == (
        "The load came from another machine or Locust: cores 2 in A, 8 in B; Locust 2.40.0 in A, 2.47.0 in B.",
    )
    assert remarks(one, one) == ()
    # What was not recorded is not known to differ.
    assert remarks(run(), other) == ()
