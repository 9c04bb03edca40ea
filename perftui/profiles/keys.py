"""Every key of profiles.toml, once: for the parser, its messages, options, variables and the Setup screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

from perftui.model.plan import MAX_SPAWN_RATE, MAX_USERS, Profile, Target
from perftui.profiles.rule_values import ABORT_RULES, THRESHOLD_RULES, Groups, WarmUpTime
from perftui.profiles.stage_values import BindAddress, ClassName, LoadWorkers, Rate, Stages
from perftui.profiles.urls import MetricsUrl, Url
from perftui.profiles.values import (
    Duration,
    Number,
    OneOf,
    Text,
    TextList,
    ValueKind,
    Weights,
    WholeNumber,
)

_DAY_S = 24 * 3600.0
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `field` is its name in the dataclass of model.plan; None where it names another table.

    `option` and `variable` are what overrides it from outside, where something may. `unit` is the unit of the
    value that `kind` reads, for labels. `default` is None for what has none. The option of one that `is_repeatable` is
    given once for each entry of its text, which semicolons separate.
    """

    name: str
    kind: ValueKind
    help: str
    field: str | None = None
    unit: str = ""
    option: str | None = None
    variable: str | None = None
    default: Any = None
    is_required: bool = False
    is_repeatable: bool = False


def _default_of(table: type[Any], field: str) -> Any:
    return next((None if each.default is MISSING else each.default) for each in fields(table) if each.name == field)


def _setting(name: str, kind: ValueKind, help: str, field: str | None = None, unit: str = "") -> Key:
    """A key of a profile that an option and a variable of the same name override."""
    field = field or name
    return Key(
        name,
        kind,
        help,
        field,
        unit,
        option=f"--{name.replace('_', '-')}",
        variable=f"PERFTUI_{name.upper()}",
        default=_default_of(Profile, field),
    )


USERS = _setting("users", WholeNumber(1, MAX_USERS), "how many users at the peak", unit="users")
RATE = _setting("rate", Rate(), "how many tasks start, whatever the target does", "rate_per_s")
MAX_USERS_OF_RATE = _setting(
    "max_users", WholeNumber(1, MAX_USERS), "with a rate: the most users that may be busy with it", unit="users"
)
LOAD_SHAPE = _setting("load_shape", ClassName(), "the locustfile's LoadTestShape, where it has several")
STAGES = replace(
    _setting("stages", Stages(), "how the load changes, part after part"), option="--stage", is_repeatable=True
)

SETTINGS = (
    USERS,
    _setting("spawn_rate", Number(MAX_SPAWN_RATE), "how many users start in a second", unit="users/s"),
    _setting("run_time", Duration(1, 7 * _DAY_S), "how long the load lasts", "run_time_s", "s"),
    _setting("stop_timeout", Duration(0, _HOUR_S), "how long a running task may take to end", "stop_timeout_s", "s"),
    _setting("warm_up", WarmUpTime(Duration(0, 7 * _DAY_S)), "how much of the start is not judged", "warm_up_s", "s"),
    _setting("connect_timeout", Duration(0.1, _HOUR_S), "how long a connection may take", "connect_timeout_s", "s"),
    _setting("read_timeout", Duration(0.1, _HOUR_S), "how long a response may stay silent", "read_timeout_s", "s"),
    _setting("python", Text(1000), "the interpreter that runs the locustfile"),
    STAGES,
    RATE,
    MAX_USERS_OF_RATE,
    LOAD_SHAPE,
    _setting("load_workers", LoadWorkers(), "how many processes of this machine make the load; 0: the engine itself"),
    _setting("expect_workers", WholeNumber(0, 1000), "how many load workers have to come from elsewhere"),
    _setting("max_wait", Duration(1, _HOUR_S), "how long those may take to come", "max_wait_s", "s"),
    _setting("bind", BindAddress(), "where load workers find the master; default: this machine alone, a free port"),
)

SCENARIO = Key(
    "scenario",
    Text(64),
    "who makes the load: a name of [scenarios]",
    option="--scenario",
    variable="PERFTUI_SCENARIO",
)
TARGET = Key(
    "target",
    Text(64),
    "where the load goes: a name of [targets], or demo",
    option="--target",
    variable="PERFTUI_TARGET",
)
PROFILE_VARIABLE = "PERFTUI_PROFILE"

THRESHOLDS = Key(
    "thresholds", THRESHOLD_RULES, "what the numbers have to be", "thresholds", option="--threshold", default=()
)
ABORT_ON = Key(
    "abort_on",
    ABORT_RULES,
    "what ends the run before its time; default: perftui's own rules",
    "abort_on",
    option="--abort-on",
    default=_default_of(Profile, "abort_on"),
)
# The options of these are given once for each rule; then they are all the rules of that key that the run has.
RULES = (THRESHOLDS, ABORT_ON)

DEFAULTS_KEYS = (*SETTINGS, *RULES, SCENARIO, TARGET)
PROFILE_KEYS = (Key("description", Text(200), "what it is for", "description", default=""), *DEFAULTS_KEYS)

TARGET_KEYS = (
    Key("url", Url(), "where it answers", "url", is_required=True),
    Key(
        "environment",
        OneOf(("local", "staging", "production")),
        "what it is: production asks for a confirmation",
        "environment",
        default=_default_of(Target, "environment"),
    ),
    Key("max_users", WholeNumber(1, MAX_USERS), "the most users it may get", "max_users", "users"),
    Key("max_rps", Number(1_000_000), "the most requests in a second it may get", "max_rps", "requests/s"),
    Key("max_minutes", Number(7 * 24 * 60), "the longest run it may get", "max_minutes", "min"),
    Key("metrics_url", MetricsUrl(), "its Prometheus text endpoint", "metrics_url", default=""),
    Key("monitor_command", Text(1000), "a shell command that prints a number", "monitor_command", default=""),
)

LOCUSTFILES = Key(
    "locustfiles",
    TextList("paths of locustfiles or folders", minimum=1),
    "the locustfiles, from the folder of the profiles; builtin:NAME is one that comes with perftui",
    "locustfiles",
    option="-f",
    is_required=True,
)
# The options of these are given once for each entry.
SELECTIONS = (
    Key(
        "user_classes",
        TextList("names of user classes", are_identifiers=True),
        "the user classes that run; none named: all",
        "user_classes",
        option="--user-class",
    ),
    Key("tags", TextList("tags"), "only tasks with one of these tags run", "tags", option="--tag"),
    Key(
        "exclude_tags",
        TextList("tags"),
        "tasks with one of these tags do not run",
        "exclude_tags",
        option="--exclude-tag",
    ),
)
WEIGHTS = Key("weights", Weights(), "the weight of a user class, in place of its own", "weights")
GROUPS = Key("groups", Groups(), "globs over request names, by the name that thresholds have for them", "groups")
SCENARIO_KEYS = (
    LOCUSTFILES,
    *SELECTIONS,
    WEIGHTS,
    GROUPS,
    Key("thresholds", THRESHOLD_RULES, "thresholds for every profile that runs it", "thresholds", default=()),
)

# The tables of the file. All but [defaults] hold one table for each name.
TABLES: Mapping[str, tuple[Key, ...]] = {
    "defaults": DEFAULTS_KEYS,
    "targets": TARGET_KEYS,
    "scenarios": SCENARIO_KEYS,
    "profiles": PROFILE_KEYS,
}


def named(keys: Iterable[Key]) -> dict[str, Key]:
    return {key.name: key for key in keys}
