"""Of several kinds of load the one that was asked last applies, and nothing that was asked is lost in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile, RunPlan, Stage, plan_from_dict, plan_to_dict
from perftui.profiles.choice import Choice
from perftui.profiles.overrides import with_overrides
from perftui.profiles.profile_set import ProfileSet
from perftui.profiles.resolution import resolve

FILE = """\
[defaults]
run_time = "5m"
rate = "10/s"
max_users = 20
[targets.t]
url = "http://127.0.0.1:1"
[scenarios.s]
locustfiles = ["x.py"]
[profiles.open]
[profiles.closed]
users = 4
[profiles.steps]
stages = [{ users = 5, for = "9m" }]
[profiles.shape]
load_shape = "Steps"
users = 3
"""
STAGE = Stage(users=5, for_s=540.0)


@pytest.fixture
def ask(load_text: Callable[[str | bytes], ProfileSet]) -> Callable[[Choice], RunPlan]:
    profiles = load_text(FILE)
    Path("x.py").write_text("")
    return lambda choice: resolve(profiles, choice, {}, Path.cwd(), require_target=False)


def load_of(profile: Profile) -> tuple[int, tuple[Stage, ...], float | None, str]:
    return profile.users, profile.stages, profile.rate_per_s, profile.load_shape


@pytest.mark.parametrize(
    ("choice", "load", "run_time_s", "not_used"),
    [
        (Choice(profile="open"), (1, (), 10.0, ""), 300, {"users": "rate"}),
        (Choice(profile="open", users="7"), (7, (), None, ""), 300, {"rate": "users"}),
        (Choice(profile="closed"), (4, (), None, ""), 300, {"rate": "users"}),
        (Choice(profile="closed", rate="90/min"), (1, (), 1.5, ""), 300, {"users": "rate"}),
        (Choice(profile="steps"), (1, (STAGE,), None, ""), None, {"rate": "stages", "run_time": "stages"}),
        (Choice(profile="steps", run_time="1m"), (1, (STAGE,), None, ""), 60, {"rate": "stages", "users": "stages"}),
        (Choice(profile="steps", users="2"), (2, (), None, ""), 300, {"stages": "users", "rate": "users"}),
        (Choice(profile="shape"), (3, (), None, "Steps"), 300, {"rate": "load_shape"}),
        (Choice(profile="shape", users="9"), (9, (), None, "Steps"), 300, {}),
        (Choice(profile="shape", rate="1/s"), (1, (), 1.0, ""), 300, {"load_shape": "rate"}),
        (Choice(profile="shape", stages="users=5 for=9m"), (1, (STAGE,), None, ""), None, {"load_shape": "stages"}),
    ],
)
def test_who_is_asked_last_decides(
    ask: Callable[[Choice], RunPlan],
    choice: Choice,
    load: tuple[object, ...],
    run_time_s: float | None,
    not_used: dict[str, str],
) -> None:
    plan = ask(choice)
    assert (load_of(plan.profile), plan.profile.run_time_s) == (load, run_time_s)
    assert {key: plan.origins[key] for key in not_used} == {key: f"not used with {by}" for key, by in not_used.items()}
    assert plan_from_dict(plan_to_dict(plan)) == plan


@pytest.mark.parametrize(
    ("choice", "line"),
    [
        (Choice(profile="open", rate="5/s", stages="users=1 for=5s"), "--rate: stages and rate together."),
        (Choice(profile="open", rate="5/s", load_shape="A"), "--load-shape: rate and load_shape together."),
        (Choice(profile="open", users="5", stages="users=1 for=5s"), "--stage: users and stages together."),
        (Choice(profile="closed", max_users="5"), "--max-users: it is for an arrival rate, and there is none."),
        (Choice(profile="open", max_wait="5s"), "--max-wait: it is how long expected load workers may take to come"),
        (Choice(profile="open", stages="users=1 for=0s"), "--stage: stage 1: for: '0s' is not a duration from 1s"),
    ],
)
def test_what_makes_no_load_is_one_line(ask: Callable[[Choice], RunPlan], choice: Choice, line: str) -> None:
    with pytest.raises(PerftuiError) as caught:
        ask(choice)
    assert str(caught.value).startswith(line)
    assert caught.value.exit_code == USAGE


def test_what_is_typed_over_a_command_line_goes_before_what_that_says() -> None:
    choice = with_overrides(Choice(rate="5/s", max_users="9", run_time="1m"), {"users": "3"})
    assert (choice.rate, choice.users, choice.max_users) == (None, "3", "9")
    choice = with_overrides(Choice(users="5", run_time="1m"), {"stages": "users=1 for=5s"})
    assert (choice.users, choice.run_time) == (None, None)
