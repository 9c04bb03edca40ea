"""What was asked: a profile, a target and a scenario, frozen together into a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Environment = Literal["local", "staging", "production"]

# A run that names no end, and whose locustfile has no load shape, ends by itself after this long.
LONGEST_UNASKED_RUN_S = 3600.0
DEFAULT_TIMEOUT_S = 60.0
# A warm-up that lasts until the run is steady, however long that takes.
UNTIL_STEADY_S = math.inf
# Among the rules of `abort_on`: the rules that apply where nobody says otherwise.
DEFAULT_ABORT_RULES = "default"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the load goes. The three limits are the most that a plan may ask of it; None is no limit.

    `metrics_url` is its Prometheus text endpoint, from its own url where it begins with a slash; `monitor_command` a
    shell command that prints a number; both empty where there is none.
    """

    name: str
    url: str
    environment: Environment = "local"
    max_users: int | None = None
    max_rps: float | None = None
    max_minutes: float | None = None
    metrics_url: str = ""
    monitor_command: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who makes the load. Empty `user_classes` means all of them; `weights` replaces a class's own weight.

    `groups` names sets of globs over request names; `thresholds` hold for every profile that runs this scenario.
    """

    name: str
    locustfiles: tuple[str, ...]
    user_classes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    weights: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    thresholds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """How much load, for how long. `run_time_s` None: to the end of the load shape, or LONGEST_UNASKED_RUN_S.

    `warm_up_s` is not judged; UNTIL_STEADY_S where the run itself shows how long that is. `thresholds` and `abort_on`
    are rules as people write them (perftui.judgement.rules has their grammar).
    """

    name: str
    description: str = ""
    users: int = 1
    spawn_rate: float = 1.0
    run_time_s: float | None = None
    stop_timeout_s: float = 2.0
    warm_up_s: float = 0.0
    connect_timeout_s: float = DEFAULT_TIMEOUT_S
    read_timeout_s: float = DEFAULT_TIMEOUT_S
    python: str | None = None
    """The interpreter that the engine is started with; None: found as docs/locustfiles.md says."""
    thresholds: tuple[str, ...] = ()
    abort_on: tuple[str, ...] = (DEFAULT_ABORT_RULES,)


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Everything needed to run it again. Paths are absolute; `locust_args` is what stood after ``--``.

    `origins` says for each key where its value came from; `provenance` holds what was true when it was asked
    (versions, hash of the locustfiles, git revision). Both are for people: a run does not depend on them.
    """

    profile: Profile
    target: Target
    scenario: Scenario
    working_directory: str
    locust_args: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.profile.name} → {self.target.name}"

    @property
    def branch(self) -> str:
        """That of git when it was asked for; empty where there was none."""
        return self.provenance.get("git_branch", "")

    @property
    def thresholds(self) -> tuple[str, ...]:
        """The scenario's, then the profile's own, each once."""
        return tuple(dict.fromkeys((*self.scenario.thresholds, *self.profile.thresholds)))


def plan_to_dict(plan: RunPlan) -> dict[str, Any]:
    """`plan` as plain tables, without what is None: TOML and JSON hold it."""
    return {
        "profile": _table(plan.profile),
        "target": _table(plan.target),
        "scenario": _table(plan.scenario),
        "run": {"working_directory": plan.working_directory, "locust_args": list(plan.locust_args)},
        "origins": dict(plan.origins),
        "provenance": dict(plan.provenance),
    }


def plan_from_dict(tables: Mapping[str, Any]) -> RunPlan:
    """The plan that `plan_to_dict` wrote; keys of a newer perftui are ignored.

    Raises KeyError, TypeError or ValueError where it is not one.
    """
    return RunPlan(
        profile=Profile(**_known(Profile, tables["profile"])),
        target=Target(**_known(Target, tables["target"])),
        scenario=Scenario(**_known(Scenario, tables["scenario"])),
        working_directory=tables["run"]["working_directory"],
        locust_args=tuple(tables["run"].get("locust_args", ())),
        origins=dict(tables.get("origins", {})),
        provenance=dict(tables.get("provenance", {})),
    )


def _table(value: Any) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for each in fields(value):
        entry = getattr(value, each.name)
        if isinstance(entry, tuple):
            table[each.name] = list(entry)
        elif isinstance(entry, Mapping):
            table[each.name] = {key: list(value) if isinstance(value, tuple) else value for key, value in entry.items()}
        elif entry is not None:
            table[each.name] = entry
    return table


def _known(kind: type[Any], table: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {key: _frozen(value) for key, value in table.items() if key in names}


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping):
        return {key: _frozen(each) for key, each in value.items()}
    return value
