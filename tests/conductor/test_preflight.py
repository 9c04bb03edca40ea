"""What is known of this machine before any load."""

from __future__ import annotations

import resource

import pytest

from perftui import exit_codes
from perftui.conductor import preflight
from perftui.model.plan import Profile, RunPlan, Scenario, Stage, Target


def test_more_users_than_open_files_are_refused() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        pytest.skip("this machine has no limit on open files")
    plan = RunPlan(Profile("big", users=hard), Target("t", "http://x"), Scenario("s", ("f.py",)), "/")
    item = preflight.check_open_files(plan)
    assert (item.status, item.exit_code) == ("failed", exit_codes.ENVIRONMENT)
    assert preflight.check_open_files(RunPlan(Profile("a"), plan.target, plan.scenario, "/")).status == "ok"
    stages = (Stage(users=1, for_s=1), Stage(users=hard, for_s=1))
    for workers, status in ((0, "failed"), (8, "ok")):
        staged = Profile("staged", stages=stages, load_workers=workers)
        assert preflight.check_open_files(RunPlan(staged, plan.target, plan.scenario, "/")).status == status
    # A shape that lies in the locustfile decides the users of a profile, and not those of stages.
    text = preflight.check_open_files(plan, ("Waves",)).text
    assert text == "not known: load shape Waves decides the users"
    staged_plan = RunPlan(Profile("staged", stages=stages), plan.target, plan.scenario, "/")
    assert preflight.check_open_files(staged_plan, ("Waves",)).status == "failed"


def test_who_makes_the_load_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psutil.getloadavg", lambda: (0.0, 0.0, 0.0))
    for profile, makers in (
        (Profile("a"), "one process makes the load, on one of them"),
        (Profile("a", load_workers=3), "3 processes make the load"),
        (Profile("a", bind="127.0.0.1"), "load workers from elsewhere make the load"),
    ):
        plan = RunPlan(profile, Target("t", "http://x"), Scenario("s", ("f.py",)), "/")
        assert preflight.check_machine(plan).text.endswith(f"load average 0.0; {makers}")
