from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from perftui.profiles.choice import Choice
from perftui.profiles.command_line import command_line
from perftui.profiles.profile_set import ProfileSet
from perftui.profiles.resolution import resolve

LINES = {
    "what the file says is left out": (Choice(profile="light"), {}, "perftui run light"),
    "options and variables are in": (
        Choice(profile="light", run_time="90.5s", tags=("a b",)),
        {"PERFTUI_USERS": "20", "PERFTUI_SCENARIO": "pay"},
        "perftui run light --scenario pay --tag 'a b' --users 20 --run-time 90.5s",
    ),
    "stages": (
        Choice(profile="light", stages="users=5 for=30s;users=9 spawn_rate=2 hold=1m", load_workers="auto"),
        {"PERFTUI_USERS": "20"},
        "perftui run light --stage 'users=5 for=30s' --stage 'users=9 spawn_rate=2 hold=1m' --load-workers auto",
    ),
    "a target of the file": (Choice(profile="open", target="live"), {}, "perftui run open --target live"),
    "an address": (
        Choice(profile="open", target="http://me:hunter2@a:1/"),
        {},
        "perftui run open --target 'http://***@a:1'",
    ),
    "the built-in target": (Choice(profile="open", target="demo"), {}, "perftui run open --demo"),
    "files": (
        Choice(profile="light", profiles="profiles.toml", locustfiles=("load/../load/shop.py",)),
        {},
        "perftui run light --profiles profiles.toml -f load/shop.py",
    ),
    "rules": (
        Choice(profile="light", thresholds=("p95 < 1s", "rps > 5, acceptable 2"), abort_on=("default", "rps[10s] < 1")),
        {"PERFTUI_WARM_UP": "until steady"},
        "perftui run light --warm-up 'until steady' --threshold 'p95 < 1s' --threshold 'rps > 5, acceptable 2' "
        "--abort-on default --abort-on 'rps[10s] < 1'",
    ),
    "secrets behind --": (
        Choice(profile="light", locust_args=("--api-key", "hunter2", "--token=hunter2 x", "--level", "3")),
        {},
        "perftui run light -- --api-key '***' '--token=***' --level 3",
    ),
    "secrets by other names": (
        Choice(profile="light", locust_args=("--pwd", "hunter2", "--auth", "hunter2", "--cookie=hunter2")),
        {},
        "perftui run light -- --pwd '***' --auth '***' '--cookie=***'",
    ),
}


@pytest.mark.parametrize(("choice", "environ", "line"), LINES.values(), ids=LINES)
def test_the_shortest_command_that_asks_for_it_again(
    project_set: ProfileSet, project: Path, choice: Choice, environ: dict[str, str], line: str
) -> None:
    plan = resolve(project_set, choice, environ, project, demo_url="http://127.0.0.1:5")
    assert command_line(plan) == line
    assert shlex.split(line)[:2] == ["perftui", "run"]


def test_what_the_locustfile_declared_secret_is_masked_too(project_set: ProfileSet, project: Path) -> None:
    plan = resolve(project_set, Choice(profile="light", locust_args=("--pin", "hunter2")), {}, project)
    assert command_line(plan, ["--pin"]) == "perftui run light -- --pin '***'"
