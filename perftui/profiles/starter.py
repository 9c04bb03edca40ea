"""The first profiles.toml of a project: what locustfiles there are, and the text that names them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from perftui.model.inspection import Inspection
from perftui.model.text import clean, mask_secrets, without_userinfo
from perftui.profiles.targets import host_of, is_loopback

# Somebody may start in a folder with a whole disk below it.
MAX_FILES = 5000
MAX_FOUND = 20
_MAX_READ_BYTES = 200_000
_MAX_SHOWN = 10
_SKIPPED = {"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist"}
_IMPORTS_LOCUST = re.compile(rb"^[ \t]*(?:from|import)[ \t]+locust\b", re.MULTILINE)
_NAMES_USERS = re.compile(rb"^class[ \t]+\w+\([^)\n]*User\b", re.MULTILINE)

STARTER_NAME = "locustfile.py"
STARTER_LOCUSTFILE = '''"""Who makes the load, and what they do. Locust's documentation: https://docs.locust.io"""

from locust import FastHttpUser, between, tag, task


class VisitingUser(FastHttpUser):
    """Opens the front page, and waits one to three seconds before the next time."""

    wait_time = between(1, 3)

    @task
    @tag("read")
    def open_front_page(self) -> None:
        # A status of 400 or above is a failure by itself; `catch_response` is for what only the body tells.
        with self.client.get("/", catch_response=True) as response:
            if response.ok and not response.text:
                response.failure("the front page is empty")
'''

_HEAD = """\
# What can be run here. `perftui check PROFILE` looks at it without load, `perftui run PROFILE` runs it.
# A profile says how much load, a target where it goes, a scenario who makes it.
"""
_PROFILES = """\
# Passed below the first bound, acceptable up to the second, failed beyond. These bounds are to be replaced by yours.
[profiles.smoke]
description = "Does it work at all"
users = 2
spawn_rate = 1
run_time = "30s"
thresholds = ["fail_ratio < 1%"]

[profiles.light]
description = "Quick validation"
users = 10
spawn_rate = 1
run_time = "1m"
thresholds = ["fail_ratio < 1%", "p95 < 500ms, acceptable 1s"]

[profiles.heavy]
description = "Stress before production"
users = 50
spawn_rate = 5
run_time = "10m"
thresholds = ["fail_ratio < 1%", "p95 < 500ms, acceptable 1s"]
"""
_EXAMPLE_HOST = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Found:
    """`paths` are relative to the folder that was searched; not complete where a bound ended the search."""

    paths: tuple[str, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class StarterScenario:
    """A locustfile and what it holds; `problem` says why that is unknown, where it does not load."""

    name: str
    path: str
    inspection: Inspection | None = None
    problem: str = ""


def find_locustfiles(folder: Path) -> Found:
    """The locustfiles in and below `folder`, the nearest first. Imports none of them.

    One is a file that is called so, that lies in a folder `locustfiles`, or that imports locust and has a User class.
    """
    found: list[str] = []
    count = 0
    for count, path in enumerate(_python_files(folder), 1):
        if count > MAX_FILES:
            break
        if _is_locustfile(path):
            found.append(path.relative_to(folder).as_posix())
    found.sort(key=lambda path: (path.count("/"), path != STARTER_NAME, path))
    return Found(tuple(found[:MAX_FOUND]), count <= MAX_FILES and len(found) <= MAX_FOUND)


def scenario_names(paths: Iterable[str]) -> dict[str, str]:
    """A name for each of `paths`, by path: the file's, with its folder's in front where two are called alike."""
    names: dict[str, str] = {}
    for path in map(Path, paths):
        short, long = _name_of(path.stem), _name_of(f"{path.parent.name}-{path.stem}")
        numbered = (f"{long}-{number}" for number in range(2, MAX_FOUND + 2))
        names[path.as_posix()] = next(name for name in (short, long, *numbered) if name not in names.values())
    return names


def starter_text(scenarios: Iterable[StarterScenario]) -> str:
    """A profiles.toml with `scenarios`; profiles run the first that loads. Nothing in it is used unasked."""
    every = list(scenarios)
    default = next((each for each in every if each.inspection), every[0])
    hosts = hosts_of(every)
    parts = [_HEAD, f"[defaults]\nscenario = {_quoted(default.name)}\n", _targets_text(hosts)]
    return "\n".join([*parts, *map(_scenario_text, every), _PROFILES])


def hosts_of(scenarios: Iterable[StarterScenario]) -> tuple[str, ...]:
    """The hosts that stand in user classes, each once, without secrets."""
    inspections = (each.inspection for each in scenarios if each.inspection)
    hosts = (
        clean(mask_secrets(without_userinfo(host)), 200) for inspection in inspections for host in inspection.hosts
    )
    return tuple(dict.fromkeys(hosts))[:_MAX_SHOWN]


def _python_files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_skipped(Path(root, name)))
        for name in sorted(names):
            # A path that cannot be written down cannot be named in the file.
            if name.endswith(".py") and name[0] not in "._" and str(Path(root, name)).isprintable():
                yield Path(root, name)


def _is_skipped(folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name in _SKIPPED or os.path.exists(folder / "pyvenv.cfg")


def _is_locustfile(path: Path) -> bool:
    # A pipe would be waited for. Of os.path: a folder of someone else's is no file, and no error either.
    if not os.path.isfile(path):
        return False
    if "locust" in path.stem.lower() or path.parent.name == "locustfiles":
        return True
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_READ_BYTES)
    except OSError:
        return False
    return bool(_IMPORTS_LOCUST.search(text) and _NAMES_USERS.search(text))


def _name_of(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:50] or "locustfile"


def _targets_text(hosts: tuple[str, ...]) -> str:
    why = "# It stands in a locustfile, and is never used unasked." if hosts else "# An example."
    lines = [f"{why} Without the # it may be named: --target NAME."]
    names: list[str] = []
    for host in hosts or (_EXAMPLE_HOST,):
        environment = "local" if is_loopback(host_of(host)) else "staging"
        count = sum(name.startswith(environment) for name in names)
        names.append(environment if not count else f"{environment}-{count + 1}")
        lines += [
            f"# [targets.{names[-1]}]",
            f"# url = {_quoted(host)}",
            f'# environment = "{environment}"  # local, staging or production: that one asks for a confirmation',
        ]
    return "\n".join(lines) + "\n"


def _scenario_text(scenario: StarterScenario) -> str:
    lines = [f"[scenarios.{scenario.name}]", f"locustfiles = [{_quoted(scenario.path)}]"]
    if scenario.problem:
        lines.insert(0, f"# It does not load yet: {clean(scenario.problem, 300)}")
    if scenario.inspection:
        classes = [each.name for each in scenario.inspection.user_classes]
        lines.append(f"# user_classes = {_listed(classes)}  # all of them run, unless some are named")
        if scenario.inspection.tags:
            lines.append(f"# tags = {_listed(scenario.inspection.tags)}  # only tasks with one of those that are named")
        if scenario.inspection.shapes:
            shape = clean(scenario.inspection.shapes[0], 100)
            lines.append(f"# The load shape {shape} decides how many users run, and for how long.")
    return "\n".join(lines) + "\n"


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(_quoted(clean(name, 60)) for name in list(names)[:_MAX_SHOWN])}]"


def _quoted(text: str) -> str:
    """`text` as a TOML string: without control characters, JSON's are the same."""
    return json.dumps(text, ensure_ascii=False)
