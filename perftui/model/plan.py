"""What was asked: a profile, a target and a scenario, frozen together into a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

Environment = Literal["local", "staging", "production"]

# What a profile, an order or a load shape may ask for: users, tasks in a second, and users that start in one.
MAX_USERS = 1_000_000
MAX_RATE_PER_S = 1_000_000.0
MAX_SPAWN_RATE = 10_000.0
# A run that names no end, and whose locustfile has no load shape, ends by itself after this long.
LONGEST_UNASKED_RUN_S = 3600.0
DEFAULT_TIMEOUT_S = 60.0
# A warm-up that lasts until the run is steady, however long that takes.
UNTIL_STEADY_S = math.inf
# As many load workers as this machine has cores, without one for the engine and the target's answers; at least 1.
AUTO_LOAD_WORKERS = -1
# How long load workers that are expected may take to come.
DEFAULT_MAX_WAIT_S = 60.0
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
class Stage:
    """A part of a load shape: it goes to `users` or to `rate_per_s`, of which it has exactly one.

    It has exactly one of `for_s`, which counts from its own beginning, and `hold_s`, which counts from when its level
    is reached. `spawn_rate` (users/s, only with `users`) is how fast it goes there. Without one, a stage with `for_s`
    changes evenly over all of its time; one with `hold_s` goes there at the profile's spawn rate, or, with
    `rate_per_s`, at once.
    """

    users: int | None = None
    rate_per_s: float | None = None
    spawn_rate: float | None = None
    for_s: float | None = None
    hold_s: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """How much load, for how long. `run_time_s` None: to the end of the load shape, or LONGEST_UNASKED_RUN_S.

    The load is one of four: `users`; `stages`; `rate_per_s`, an arrival rate (task starts per second, whatever the
    target does); or the locustfile's LoadTestShape, which goes before users alone, and is the one called `load_shape`
    where there are several (model.load_plan.deciding_shape). With a rate, of the profile or of its stages, `max_users`
    is the most users that may be busy with it, and `users` is not used.

    `load_workers` is how many processes of this machine make the load: 0 is the engine itself, AUTO_LOAD_WORKERS as
    many as there are cores to spare. `expect_workers` more have to come from elsewhere within `max_wait_s`; they find
    the master where `bind` says (HOST or HOST:PORT; empty: loopback, and a port that is free).

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
    stages: tuple[Stage, ...] = ()
    rate_per_s: float | None = None
    max_users: int | None = None
    load_shape: str = ""
    load_workers: int = 0
    expect_workers: int = 0
    max_wait_s: float = DEFAULT_MAX_WAIT_S
    bind: str = ""

    @property
    def is_open_model(self) -> bool:
        """Whether tasks start at a rate, and not when a user is ready for the next."""
        return self.rate_per_s is not None or any(stage.rate_per_s is not None for stage in self.stages)

    @property
    def has_master(self) -> bool:
        """Whether load workers make the load, and the engine only leads them."""
        return self.load_workers != 0 or self.expect_workers > 0 or bool(self.bind)

    @property
    def awaited_workers(self) -> int:
        """How many load workers have to come from elsewhere; one, where nothing but `bind` says that any will."""
        return self.expect_workers or int(self.has_master and not self.load_workers)


@dataclass(frozen=True, slots=True)
class Search:
    """A search for capacity: from the profile's users or rate, to at most `most` of them.

    A level holds when every threshold did so for `hold_s`. The profile's run time is the longest that it may take.
    """

    most: float
    hold_s: float


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
    search: Search | None = None

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
    search = {} if plan.search is None else {"search": _table(plan.search)}
    return {
        "profile": _table(plan.profile),
        "target": _table(plan.target),
        "scenario": _table(plan.scenario),
        "run": {"working_directory": plan.working_directory, "locust_args": list(plan.locust_args)},
        "origins": dict(plan.origins),
        "provenance": dict(plan.provenance),
        **search,
    }


def plan_from_dict(tables: Mapping[str, Any]) -> RunPlan:
    """The plan that `plan_to_dict` wrote; keys of a newer perftui are ignored.

    Raises KeyError, TypeError or ValueError where it is not one.
    """
    return RunPlan(
        profile=_profile(tables["profile"]),
        target=Target(**_known(Target, tables["target"])),
        scenario=Scenario(**_known(Scenario, tables["scenario"])),
        working_directory=tables["run"]["working_directory"],
        locust_args=tuple(tables["run"].get("locust_args", ())),
        origins=dict(tables.get("origins", {})),
        provenance=dict(tables.get("provenance", {})),
        search=Search(**_known(Search, tables["search"])) if "search" in tables else None,
    )


def _profile(table: Mapping[str, Any]) -> Profile:
    stages = tuple(Stage(**_known(Stage, each)) for each in table.get("stages", ()))
    return Profile(**(_known(Profile, table) | {"stages": stages}))


def _table(value: Any) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for each in fields(value):
        entry = getattr(value, each.name)
        if isinstance(entry, tuple):
            table[each.name] = [_table(one) if is_dataclass(one) else one for one in entry]
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
