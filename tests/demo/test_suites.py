"""The five bundled suites: what they hold, their profiles, and that each runs on the built-in target."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from perftui.judgement.rules import parse_abort_rule, parse_threshold
from perftui.model.judged import WHOLE_RUN, ThresholdState
from perftui.model.load_plan import peak_users, planned_s
from perftui.model.plan import DEFAULT_ABORT_RULES, RunPlan
from perftui.model.record import Record
from perftui.model.run_state import RunState
from perftui.planning import inspect
from perftui.profiles.choice import Choice
from perftui.profiles.file import load_profiles
from perftui.profiles.resolution import resolve
from perftui.store.reader import RunReader
from tests.conductor.conftest import OWN, Conducted
from tests.demo.running import running_demo

BUILT_IN = load_profiles(None)
ANYWHERE = "http://127.0.0.1:9"

# Profile: (users, users per second, run time in seconds, user classes).
PLATFORM = ("HealthCheckUser", "HealthCheckFullUser", "AuthUserFlow", "TasksMonitoringUser")
TRIPS = ("TripsUser", "TripAuthorUser")
GOALS = ("GoalsUser", "AuthenticatedGoalsUser")
PROFILES = {
    "light": (10, 1, 60, PLATFORM),
    "medium": (20, 2, 300, PLATFORM),
    "heavy": (50, 5, 600, PLATFORM),
    "spike": (100, 10, 180, PLATFORM),
    "endurance": (50, 1, 1800, PLATFORM),
    "staged": (20, 1, 150, PLATFORM),
    "arrivals": (60, 1, 120, PLATFORM),
    "smoke": (2, 1, 30, ("HealthCheckUser", "AuthUserFlow")),
    "platform-custom": (30, 3, 420, PLATFORM),
    "agents-standard": (100, 10, 300, ("AgentsUser",)),
    "agents-peak": (150, 15, 300, ("AgentsUser",)),
    "agents-auth": (20, 5, 60, ("AuthenticationUser",)),
    "agents-read": (50, 10, 60, ("ReadOnlyUser",)),
    "clinic": (20, 2, 300, ("ClinicUser",)),
    "clinic-heavy": (100, 10, 600, ("ClinicUser",)),
    "clinic-steps": (100, 1, 1020, ("ClinicUser",)),
    "clinic-rate-limit": (5, 5, 150, ("RateLimitUser",)),
    "clinic-db-pool": (100, 50, 60, ("DatabasePoolUser",)),
    "trips-baseline": (10, 5, 120, TRIPS),
    "trips-stress": (500, 50, 300, TRIPS),
    "trips-soak": (100, 10, 1800, TRIPS),
    "trips-spike": (200, 100, 120, TRIPS),
    "trips-staging": (50, 5, 300, TRIPS),
    "trips-registration": (100, 20, 120, ("RegistrationLoadTest",)),
    "trips-login": (50, 10, 120, ("AuthenticationLoadTest",)),
    "goals-light": (10, 2, 60, GOALS),
    "goals-medium": (50, 5, 300, GOALS),
    "goals-heavy": (100, 10, 600, GOALS),
    "goals-stress": (100, 20, 300, ("StressUser",)),
    "goals-steps": (100, 1, 180, GOALS),
    "goals-ci": (10, 2, 60, GOALS),
    "browse": (10, 1, 60, ("BrowsingUser", "EditorUser")),
}


@dataclass(frozen=True)
class Suite:
    """A few seconds of it. `made`: requests that are surely made then; `statuses`: failures that are the point."""

    profile: str
    user_classes: tuple[str, ...]
    users: int
    made: frozenset[str]
    statuses: frozenset[int] = frozenset()


def names(*texts: str) -> frozenset[str]:
    """ "GET /a /b" is two requests."""
    return frozenset(f"{method} {path}" for method, *paths in map(str.split, texts) for path in paths)


SIGN_IN = "POST /auth/register /auth/login"
ACCOUNT = (
    "POST /api/v1/auth/register /api/v1/auth/login /api/v1/auth/change-password /api/v1/auth/refresh "
    "/api/v1/auth/logout /api/v1/auth/password-reset"
)
SUITES = {
    "agents": Suite(
        "agents-standard",
        ("AgentsUser", "AuthenticationUser", "ReadOnlyUser"),
        45,
        names(SIGN_IN, "GET / /health /users/me /agents /tasks"),
    ),
    "platform": Suite(
        "light",
        (),
        54,
        names(
            ACCOUNT, "GET /api/v1/users/me", "PATCH /api/v1/users/me", "GET / /docs",
            "GET /api/v1/health/ /api/v1/health/database /api/v1/health/ping",
            "GET /api/v1/tasks/health /api/v1/tasks/workers/stats /api/v1/tasks/active",
        ),
    ),
    "clinic": Suite(
        "clinic",
        (),
        30,
        names("GET /health /sessions /sessions/[id]", "POST /sessions/[id]/upload /sessions/[id]/extract"),
    ),
    "clinic, rate limit": Suite("clinic-rate-limit", (), 8, names("GET /limited"), frozenset({429})),
    "clinic, database pool": Suite("clinic-db-pool", (), 100, names("GET /database/heavy"), frozenset({503})),
    "trips": Suite(
        "trips-baseline",
        ("TripsUser", "TripAuthorUser", "RegistrationLoadTest", "AuthenticationLoadTest"),
        150,
        names(SIGN_IN, "GET /users/[username] /users/[username]/stats /trips", "POST /trips /trips/[id]/publish"),
    ),
    "goals": Suite(
        "goals-light",
        ("GoalsUser", "AuthenticatedGoalsUser", "StressUser"),
        36,
        names(SIGN_IN, "GET /goals/[id] /health /status", "PUT /goals/[id]", "DELETE /goals/[id]", "POST /goals"),
    ),
}  # fmt: skip

SHAPES = tuple(Suite(profile, (), 20, frozenset()) for profile in ("goals-steps", "clinic-steps"))
AT_A_TIME = 3

# User class: of each task the share, 0 to 1, and the tags.
TASKS = {
    "TripsUser": {
        "read_profile": (10 / 21, "read"),
        "read_stats": (5 / 21, "read"),
        "read_achievements": (3 / 21, "read"),
        "update_profile": (2 / 21, "write"),
        "list_achievements": (1 / 21, "read"),
    },
    "GoalsUser": {
        "read_status": (3 / 9, "read"),
        "list_goals": (2 / 9, "read"),
        "create_goal": (1 / 9, "write"),
        "check_health": (1 / 9, "health read"),
        "check_ready": (2 / 9, "health read"),
    },
    "ClinicUser": {
        "list_sessions": (4 / 12, "read"),
        "read_session": (4 / 12, "read"),
        "upload_recording": (1 / 12, "upload write"),
        "extract_notes": (1 / 12, "extract write"),
        "check_health": (2 / 12, "health read"),
    },
    "RateLimitUser": {"ask_quickly": (1, "rate_limit read")},
    "DatabasePoolUser": {"query_for_long": (20 / 21, "db_pool read"), "read_pool": (1 / 21, "db_pool read")},
}


def plan_of(profile: str, folder: Path, url: str = ANYWHERE, **choice: object) -> RunPlan:
    return resolve(BUILT_IN, Choice(profile=profile, target=url, **choice), {}, folder)  # type: ignore[arg-type]


async def run(suite: Suite, conducted: Conducted, folder: Path, url: str) -> Record:
    users = str(suite.users)
    choice = {"users": users, "spawn_rate": users, "run_time": "4500ms", "warm_up": "0s", "stop_timeout": "2s"}
    plan = plan_of(suite.profile, folder, url, user_classes=suite.user_classes, **choice)
    conductor = await conducted.open(plan)
    outcome = await conductor.run()
    assert outcome.state is RunState.FINISHED, outcome.reason
    return RunReader(conductor.folder).record(window=WHOLE_RUN)


def test_every_profile_asks_for_what_its_suite_says(tmp_path: Path) -> None:
    asked = {}
    for name in BUILT_IN.profiles:
        plan = plan_of(name, tmp_path)
        profile, classes = plan.profile, plan.scenario.user_classes or PROFILES[name][3]
        asked[name] = (peak_users(profile), profile.spawn_rate, planned_s(profile), classes)
    assert asked == PROFILES
    assert {BUILT_IN.scenario_of(name) for name in BUILT_IN.profiles} == set(BUILT_IN.scenarios)


@pytest.mark.parametrize("profile", BUILT_IN.profiles)
def test_every_threshold_of_a_profile_can_be_held_against_a_run(profile: str, tmp_path: Path) -> None:
    plan = plan_of(profile, tmp_path)
    thresholds = [parse_threshold(text) for text in plan.thresholds]
    for text in plan.profile.abort_on:
        assert text == DEFAULT_ABORT_RULES or parse_abort_rule(text)
    scopes = {each.measure.scope for each in thresholds} - {""}
    assert plan.scenario.groups.keys() <= scopes, "a group that no threshold is about"
    for scope in scopes - plan.scenario.groups.keys():
        assert scope.startswith(("GET /", "POST /")), "neither a group nor a request"
    assert thresholds or profile == "browse"


@pytest.mark.parametrize("profile", ["light", "agents-read", "clinic-steps", "trips-login", "goals-steps", "browse"])
async def test_the_locustfiles_hold_every_user_class_that_is_asked_for(profile: str, tmp_path: Path) -> None:
    known = {each.name: each for each in (await inspect(plan_of(profile, tmp_path), OWN)).user_classes}
    suite = plan_of(profile, tmp_path).scenario.locustfiles[0]
    for name, (_, _, _, classes) in PROFILES.items():
        scenario = plan_of(name, tmp_path).scenario
        if scenario.locustfiles[0] == suite:
            assert {*classes, *scenario.weights} <= known.keys()
    for name in TASKS.keys() & known.keys():
        tasks = {task.name: (pytest.approx(task.share), " ".join(task.tags)) for task in known[name].tasks}
        assert tasks == TASKS[name]


async def test_each_suite_runs_on_the_built_in_target_and_only_what_is_the_point_fails(
    conducted: Conducted, tmp_path: Path
) -> None:
    """Several at a time, each with a target of its own: most of such a run is waiting."""
    checks = deque([(suite, check_suite) for suite in SUITES.values()] + [(shape, check_steps) for shape in SHAPES])

    async def check_in_turn(url: str) -> None:
        while checks:
            suite, check = checks.popleft()
            check(suite, await run(suite, conducted.another(), tmp_path, url))

    with ExitStack() as targets:
        urls = [str(targets.enter_context(running_demo()).base_url).rstrip("/") for _ in range(AT_A_TIME)]
        async with asyncio.TaskGroup() as turns:
            for url in urls:
                turns.create_task(check_in_turn(url))


def check_suite(suite: Suite, record: Record) -> None:
    requests = record.totals.by_request.values()
    assert suite.made <= {f"{each.method} {each.name}" for each in requests}, suite
    assert not record.totals.exceptions, suite
    failed = {status for each in requests for status in each.statuses if status >= 400 or status == 0}
    assert failed == suite.statuses, suite
    counted = sum(each.statuses.get(status, 0) for each in requests for status in suite.statuses)
    assert record.totals.total.failed == counted, suite
    # What is measured on the target needs a longer run.
    without_data = {each.rule for each in record.thresholds if each.state is ThresholdState.NO_DATA}
    assert not {rule for rule in without_data if not rule.startswith("target_")}, suite
    assert len(record.thresholds) == len(record.plan.thresholds), suite


def check_steps(suite: Suite, record: Record) -> None:
    """A load shape goes through its steps in the time that it is given."""
    users = [point.user_count for point in record.timeline]
    assert max(users) == suite.users, suite
    assert users == sorted(users[:-1]) + users[-1:], "never fewer before the end"
    assert users[0] <= suite.users / 2, suite
    assert not record.totals.total.failed, suite


@pytest.fixture
def conducted(tmp_path: Path) -> Conducted:
    return Conducted(tmp_path / "runs")
