"""What is typed over a plan, without a screen."""

from __future__ import annotations

import shlex

import pytest

from perftui.model.inspection import ArgumentInfo, Inspection, TaskInfo, UserClassInfo
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.tui.setup.draft import Draft
from perftui.tui.setup.plan_fields import Offer, field_rows, next_choice
from perftui.tui.setup.planned import plan_of
from tests.fakes.cockpit_services import FakeServices

TASKS = (TaskInfo("buy", 0.5, ("slow",)), TaskInfo("look", 0.5, ()))
CLASSES = (
    UserClassInfo("Buyer", 3, 0, None, "HttpUser", TASKS),
    UserClassInfo("Looker", 1, 0, None, "HttpUser", TASKS[1:]),
)
REGION = ArgumentInfo(("--region", "-r"), "where it buys", "eu", ("eu", "us"), False, False)
CARD = ArgumentInfo(("--card",), "the card's number", "", (), True, False)
SLOWLY = ArgumentInfo(("--slowly",), "takes its time", "False", (), False, False, is_switch=True)
INSPECTION = Inspection(CLASSES, (), ("slow",), (REGION, CARD, SLOWLY), ())
PLAN = RunPlan(Profile("light"), Target("t", "http://127.0.0.1"), Scenario("s", ("x.py",)), "/")


def draft_of(**texts: str) -> Draft:
    draft = Draft()
    for key, text in texts.items():
        draft.type(key, text)
    return draft


def test_every_text_that_cannot_be_read_has_its_own_fault_and_stays() -> None:
    draft = draft_of(users="many", spawn_rate="5", thresholds="p95 < 500ms; p95 <", locust_args="--x 'y")
    faults = draft.faults()
    assert sorted(faults) == ["locust_args", "thresholds", "users"]
    assert "'many' is not a whole number from 1 to" in faults["users"]
    assert draft.text("users") == "many"


def test_rules_are_given_on_lines_and_blanks_give_nothing() -> None:
    draft = draft_of(thresholds="p95 < 1s; ; rps > 2", users="  ")
    assert draft.overrides == {"thresholds": "p95 < 1s\nrps > 2"}


def test_classes_go_in_and_out_but_never_all_of_them() -> None:
    draft = Draft()
    assert draft.toggle_class("Buyer", (), CLASSES) == ""
    assert draft.overrides == {"user_classes": "Looker"}
    assert "at least one" in draft.toggle_class("Looker", ("Looker",), CLASSES)
    assert draft.overrides == {"user_classes": "Looker"}


def test_a_tag_turns_from_any_to_only_to_without_and_back() -> None:
    draft, seen = Draft(), []
    services = FakeServices()
    for _ in range(3):
        plan = plan_of(services, "smoke", "local", None, draft).shown
        assert plan is not None
        draft.turn_tag("slow", plan)
        seen.append(dict(draft.overrides))
    assert seen == [{"tags": "slow"}, {"exclude_tags": "slow"}, {}]


@pytest.mark.parametrize("value", ["us", "a b'c", "-5", "--users=9"])
def test_an_argument_stands_behind_the_others_as_one_word(value: str) -> None:
    draft = Draft()
    draft.set_argument(REGION, value)
    assert shlex.split(draft.overrides["--region"]) == [f"--region={value}"]
    assert draft.argument(REGION) == value


def test_arguments_of_few_values_are_turned() -> None:
    assert [next_choice(REGION, text) for text in ("", "eu", "us")] == ["eu", "us", ""]
    assert [next_choice(SLOWLY, text) for text in ("", "on")] == ["on", ""]


def test_a_secret_is_neither_shown_nor_typed() -> None:
    plan = RunPlan(PLAN.profile, PLAN.target, PLAN.scenario, "/", ("--card", "4111", "--region", "eu"))
    rows = {row.label: row for row in field_rows(Offer(plan, plan.profile, INSPECTION), Draft(), {})}
    assert rows["--card"].kind == "fixed"
    assert "environment" in rows["--card"].help
    assert rows["arguments"].value == "--card *** --region eu"


def test_a_row_says_what_is_allowed_and_where_its_value_came_from() -> None:
    plan = RunPlan(PLAN.profile, PLAN.target, PLAN.scenario, "/", (), {"users": "profiles.toml [defaults]"})
    draft = draft_of(run_time="soon")
    rows = {row.key: row for row in field_rows(Offer(plan, plan.profile), draft, draft.faults())}
    assert (rows["users"].value, rows["users"].unit, rows["users"].allowed) == ("1", "users", "1 to 1,000,000")
    assert rows["users"].origin == "profiles.toml [defaults]"
    assert (rows["run_time"].value, rows["run_time"].origin) == ("soon", "typed here")
    assert "'soon' is not a duration" in rows["run_time"].fault


def test_one_wrong_text_does_not_hide_what_the_others_make() -> None:
    planned = plan_of(FakeServices(), "smoke", "staging", None, draft_of(users="no", run_time="30s"))
    assert planned.plan is None
    assert planned.shown is not None
    assert planned.shown.profile.run_time_s == 30
    assert list(planned.faults) == ["users"]


def test_the_targets_limit_stands_under_what_breaks_it() -> None:
    planned = plan_of(FakeServices(), "smoke", "prod", None, draft_of(users="101"))
    assert planned.plan is None
    assert planned.faults == {"users": "101 users asked, max_users is 100"}


def test_a_plan_that_was_run_is_typed_again_without_its_secrets() -> None:
    origins = {"users": "--users", "tags": "--tag", "thresholds": "--threshold", "spawn_rate": "default"}
    scenario = Scenario("s", ("x.py",), tags=("slow", "new"))
    profile = Profile("light", users=7, thresholds=("p95 < 1s", "rps > 2"))
    draft = draft_of(python="old")
    draft.take(RunPlan(profile, PLAN.target, scenario, "/", ("--card=***",), origins))
    assert draft.overrides == {"users": "7", "tags": "slow, new", "thresholds": "p95 < 1s\nrps > 2"}
