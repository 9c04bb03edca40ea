"""Who would profit from LeanHttpUser, said only where the generator could be the limit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from perftui.judgement.user_advice import user_advice
from perftui.model.inspection import Inspection, UserClassInfo
from perftui.model.plan import Profile, RunPlan, Scenario, Search, Stage, Target

PLAN = RunPlan(Profile("p", users=50), Target("t", "http://shop.test"), Scenario("s", ("shop.py",)), "/")


def holding(*classes: UserClassInfo, shapes: tuple[str, ...] = ()) -> Inspection:
    return Inspection(classes, shapes, (), (), ())


def kind(name: str, base: str, *beyond_lean: str) -> UserClassInfo:
    return UserClassInfo(name, 1, 0, None, base, (), beyond_lean)


SHOP = holding(
    kind("Buyer", "HttpUser"),
    kind("Looker", "FastHttpUser"),
    kind("Payer", "HttpUser", "client.cert", "timeout="),
    kind("Lean", "LeanHttpUser"),
    kind("Caller", "User"),
)


def test_each_class_gets_a_line_that_says_what_to_change_or_why_not() -> None:
    item = user_advice(SHOP, PLAN)
    assert item is not None
    assert (item.name, item.status, item.exit_code) == ("users", "ok", 0)
    assert item.text == "Buyer, Looker would cost about a quarter of the CPU or less as LeanHttpUser: docs/users.md"
    buyer, looker, payer = item.details
    assert buyer.startswith("Buyer: less than a tenth of an HttpUser's CPU")
    assert "`from perftui.users import LeanHttpUser`" in buyer
    assert looker.startswith("Looker: about a quarter of a FastHttpUser's CPU")
    assert "insecure" not in looker
    assert payer == "Payer stays an HttpUser: LeanHttpUser has no client.cert, timeout="
    # Only FastHttpUser takes any certificate.
    tls = user_advice(SHOP, replace(PLAN, target=Target("t", "https://shop.test")))
    assert tls is not None
    assert ["insecure = True" in line for line in tls.details] == [False, True, False]


def test_only_the_classes_of_the_scenario_are_named() -> None:
    def text(**scenario: Any) -> str:
        item = user_advice(SHOP, replace(PLAN, scenario=Scenario("s", ("shop.py",), **scenario)))
        return item.text if item else ""

    assert text(user_classes=("Looker", "Lean")).startswith("Looker would cost")
    assert text(weights={"Looker": 0}).startswith("Buyer would cost")
    assert text(user_classes=("Payer",)).startswith("none could be a LeanHttpUser as it stands")
    assert text(user_classes=("Lean", "Caller")) == ""
    many = user_advice(holding(*(kind(f"U{number}", "HttpUser") for number in range(1000))), PLAN)
    assert many is not None
    assert "U7 and 992 more would" in many.text
    assert len(many.details) == 100


@pytest.mark.parametrize(
    ("profile", "shapes", "is_said"),
    [
        (Profile("p", users=49), (), False),
        (Profile("p", users=50), (), True),
        (Profile("p", rate_per_s=99.0, max_users=500), (), False),
        (Profile("p", rate_per_s=100.0, max_users=500), (), True),
        (Profile("p", stages=(Stage(users=5, hold_s=9), Stage(users=60, hold_s=9))), ("Steps",), True),
        (Profile("p", stages=(Stage(users=5, hold_s=9),)), ("Steps",), False),
        (Profile("p", users=1), ("Steps",), True),
    ],
)
def test_a_small_load_gets_no_advice(profile: Profile, shapes: tuple[str, ...], is_said: bool) -> None:
    found = replace(SHOP, shapes=shapes)
    assert (user_advice(found, replace(PLAN, profile=profile)) is not None) is is_said


def test_a_search_for_capacity_is_judged_by_the_most_it_may_try() -> None:
    plan = replace(PLAN, profile=Profile("p", users=1), search=Search(most=200, hold_s=20.0))
    assert user_advice(SHOP, plan) is not None
