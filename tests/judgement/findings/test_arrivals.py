"""A rate that was not kept, and what this machine could not send, are said with their numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perftui.judgement.arrivals import users_for
from perftui.judgement.assessment import Assessment
from perftui.judgement.sentences import sentences_of
from perftui.model.record import Verdict
from perftui.model.tick import Arrivals, Tick
from tests.fakes.records import PLAN
from tests.fakes.scheduled_runs import scheduled_ticks
from tests.fakes.ticks import delta, tick

UNWARMED = replace(PLAN, profile=replace(PLAN.profile, warm_up_s=0.0))


def found(ticks: list[Tick]) -> dict[str, str]:
    assessment = Assessment(UNWARMED)
    for each in ticks:
        assessment.add(each)
    return {each.kind: each.text for each in assessment.findings()}


def test_a_rate_with_too_few_users_says_how_many_to_try() -> None:
    assert found(scheduled_ticks())["arrivals"] == (
        "Only 410 of 500 tasks/s started from 00:00 to 00:06, all 80 users busy; try 120: "
        "540 tasks (18 %) waited 1 s for a user and were dropped."
    )


def test_the_rate_is_the_one_that_was_asked_for_and_one_user_is_one() -> None:
    """The schedule begins within a second, and is over within another."""
    slow = [replace(tick(seq, delta("/"), users=1), arrivals=Arrivals(200.0, 200, 1, 199, 0, 1)) for seq in (1, 2, 3)]
    begun = replace(tick(0, delta("/"), users=1), arrivals=Arrivals(200.0, 90, 1, 30, 59, 1))
    over = replace(tick(4, delta("/"), users=0), arrivals=Arrivals(0.0, 20, 0, 20, 0, 0))
    said = found([begun, *slow, over])["arrivals"]
    assert said.startswith("Only 1 of 200 tasks/s started from 00:00 to 00:05, its 1 user busy; try 240: ")


def test_tasks_longer_than_what_was_seen_get_advice_too() -> None:
    begun = replace(tick(0, delta("/"), users=10), arrivals=Arrivals(20.0, 20, 10, 0, 10, 10))
    stuck = [replace(tick(seq, delta("/"), users=10), arrivals=Arrivals(20.0, 20, 0, 20, 10, 10)) for seq in (1, 2, 3)]
    assert (
        "Only 0 of 20 tasks/s started from 00:01 to 00:04, all 10 users busy; try 72: "
        in found([begun, *stuck])["arrivals"]
    )


def test_tasks_dropped_in_no_whole_second_are_said() -> None:
    over = replace(tick(0, delta("/"), users=1), arrivals=Arrivals(0.0, 20, 0, 20, 0, 1))
    assert found([over])["arrivals"].startswith(
        "Tasks were dropped from 00:00 to 00:01, up to 1 of 1 user busy: 20 tasks"
    )


def test_tasks_dropped_beside_free_users_get_no_advice() -> None:
    stuck = replace(tick(0, delta("/"), users=80), arrivals=Arrivals(500.0, 500, 410, 90, 0, 20))
    text = found([stuck])["arrivals"]
    assert "up to 20 of 80 users busy: 90 tasks" in text
    assert "try" not in text


def test_a_rate_that_was_kept_is_no_news() -> None:
    kept = [replace(tick(0, delta("/"), users=80), arrivals=Arrivals(500.0, 500, 500, 0, 0, 80))]
    assert "arrivals" not in found(kept)


@pytest.mark.parametrize(
    ("rate", "busy", "started", "users"),
    [(500, 80, 410, 120), (10, 1, 10, 2), (100, 0, 50, None), (100, 5, 0, None), (1e9, 80, 1, None), (80, 8, 9.6, 80)],
)
def test_the_users_that_a_rate_needs(rate: float, busy: float, started: float, users: int | None) -> None:
    assert users_for(rate, busy, started) == users


def test_what_this_machine_could_not_send_is_no_failure() -> None:
    ticks = scheduled_ticks()
    assert found(ticks)["local_errors"] == (
        "This machine could not send 12 requests (no local port left): "
        "not the target's failures, and in no number of it."
    )
    assessment = Assessment(UNWARMED)
    for each in ticks:
        assessment.add(each)
    assert assessment.whole.total.fail_ratio == 0
    said = sentences_of(assessment.whole, assessment.whole, Verdict.PASSED, 0, {}, (), ())
    assert (
        "service times (from the send) p50 100 ms, p95 100 ms, p99 100 ms; "
        "response times (from the intended start) p50 700 ms"
    ) in said[1]
