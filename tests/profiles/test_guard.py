from __future__ import annotations

from pathlib import Path

import pytest

from perftui.exit_codes import REFUSED
from perftui.model.errors import PerftuiError
from perftui.profiles.choice import Choice
from perftui.profiles.guard import check_limits, host_to_confirm
from perftui.profiles.profile_set import ProfileSet
from perftui.profiles.resolution import resolve

REFUSED_PLANS = {
    "too many users": (
        Choice(profile="light", users="51"),
        None,
        "target staging does not allow this: 51 users asked, max_users is 50. "
        "Ask for less with --users, or change [targets.staging].",
    ),
    "too long": (
        Choice(profile="light", run_time="10m1s"),
        None,
        "target staging does not allow this: a run of 10m1s asked, max_minutes is 10 (10m). "
        "Ask for less with --run-time, or change [targets.staging].",
    ),
    "without an end": (
        Choice(profile="open", target="staging"),
        None,
        "target staging does not allow this: a run without run_time, which is one of up to 1h, asked, "
        "max_minutes is 10 (10m). Ask for less with --run-time, or change [targets.staging].",
    ),
    "too many users in a stage": (
        Choice(profile="light", stages="users=5 for=5s; users=51 for=5s"),
        None,
        "target staging does not allow this: 51 users asked, max_users is 50. "
        "Ask for less with --stage, or change [targets.staging].",
    ),
    "stages that are too long": (
        Choice(profile="light", stages="users=5 for=9m; users=10 spawn_rate=1 hold=1m"),
        None,
        "target staging does not allow this: stages of 10m5s asked, max_minutes is 10 (10m). "
        "Ask for less with --stage, or change [targets.staging].",
    ),
    "too many users for a rate": (
        Choice(profile="light", rate="5/s", max_users="51"),
        None,
        "target staging does not allow this: 51 users asked, max_users is 50. "
        "Ask for less with --max-users, or change [targets.staging].",
    ),
    "too high a rate": (
        Choice(profile="light", stages="rate=5/s for=5s; rate=31/s for=5s", max_users="9"),
        None,
        "target staging does not allow this: 31 tasks/s asked, each of them one request or more, max_rps is 30. "
        "Ask for less with --stage, or change [targets.staging].",
    ),
    "production": (
        Choice(profile="light", target="live"),
        None,
        "target live: it is production, and nobody confirmed www.example.com. Add --confirm-host www.example.com.",
    ),
    "production, by its address": (
        Choice(profile="light", target="http://www.example.com:80/"),
        "example.com",
        "target www.example.com-80: it is production on www.example.com, and --confirm-host says example.com. "
        "Add --confirm-host www.example.com.",
    ),
}


@pytest.mark.parametrize(("choice", "confirmed", "line"), REFUSED_PLANS.values(), ids=REFUSED_PLANS)
def test_refused(project_set: ProfileSet, project: Path, choice: Choice, confirmed: str | None, line: str) -> None:
    plan = resolve(project_set, choice, {}, project)
    with pytest.raises(PerftuiError) as caught:
        check_limits(plan, confirmed)
    assert (str(caught.value), caught.value.exit_code) == (line, REFUSED)


def test_allowed(project_set: ProfileSet, project: Path) -> None:
    check_limits(resolve(project_set, Choice(profile="light", users="50", run_time="10m"), {}, project), None)
    check_limits(resolve(project_set, Choice(profile="light", target="live"), {}, project), "WWW.example.com")


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("live", "www.example.com"),
        ("http://www.example.com:8080/x", "www.example.com"),
        ("tunnel", "127.0.0.1"),
        ("staging", ""),
        ("https://shop.example.com:8443", ""),
        ("https://shop.example.co", "shop.example.co"),
        ("http://10.0.0.7:8000", "10.0.0.7"),
        ("http://localhost:9000", ""),
        ("http://[::1]:9000", ""),
        ("demo", ""),
    ],
)
def test_the_host_that_a_person_has_to_type(project_set: ProfileSet, project: Path, target: str, host: str) -> None:
    plan = resolve(project_set, Choice(profile="light", target=target), {}, project, demo_url="http://127.0.0.1:1")
    assert host_to_confirm(plan, project_set) == host
