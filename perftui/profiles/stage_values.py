"""The kinds of value that say what load there is: a rate, stages, load workers, where the master listens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perftui.model.endpoint import parse_endpoint
from perftui.model.load_plan import stages_s
from perftui.model.plan import (
    AUTO_LOAD_WORKERS,
    MAX_RATE_PER_S,
    MAX_SPAWN_RATE,
    MAX_USERS,
    Profile,
    Stage,
)
from perftui.model.text import clean
from perftui.profiles.names import nearest
from perftui.profiles.values import Duration, Number, ValueKind, WholeNumber, refused, shown

MAX_STAGES = 100
AUTO = "auto"
MAX_STAGES_S = 7 * 24 * 3600.0
_UNITS_S = {"/s": 1, "/min": 60, "/h": 3600}
_PER_S = Number(MAX_RATE_PER_S)
_PER_UNIT = Number(MAX_RATE_PER_S * 3600)
LOCAL_WORKERS = WholeNumber(0, 256)
_MAX_BIND_LENGTH = 260


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a second something begins: ``200/s``, ``90/min``, ``5/h``; a plain number is per second."""

    may_be_zero: bool = False

    @property
    def allowed(self) -> str:
        least = "from 0 to" if self.may_be_zero else "above 0 and at most"
        return f"a rate {least} {MAX_RATE_PER_S:,.0f}/s, such as 200/s, 90/min or 5/h"

    def read(self, value: object) -> float:
        if isinstance(value, str):
            return self.read_text(value)
        if self.may_be_zero and not isinstance(value, bool) and value == 0:
            return 0.0
        try:
            return _PER_S.read(value)
        except ValueError:
            raise refused(value, self) from None

    def read_text(self, text: str) -> float:
        amount, slash, unit = text.strip().partition("/")
        seconds = _UNITS_S.get(f"{slash}{unit.strip()}" if slash else "/s")
        if self.may_be_zero and seconds is not None and amount.strip() == "0":
            return 0.0
        try:
            if seconds is not None:
                return _PER_S.read(_PER_UNIT.read_text(amount) / seconds)
        except ValueError:
            pass
        raise refused(text, self)

    def write(self, value: float) -> str:
        for unit, seconds in _UNITS_S.items():
            amount = round(value * seconds, 6)
            if amount / seconds == value and amount < 1e15:
                return f"{_PER_S.write(amount)}{unit}"
        return f"{value!r}/s"


_STAGE_KINDS: Mapping[str, tuple[str, ValueKind]] = {
    "users": ("users", WholeNumber(0, MAX_USERS)),
    "rate": ("rate_per_s", Rate(may_be_zero=True)),
    "spawn_rate": ("spawn_rate", Number(MAX_SPAWN_RATE)),
    "for": ("for_s", Duration(1, MAX_STAGES_S)),
    "hold": ("hold_s", Duration(1, MAX_STAGES_S)),
}


class StageError(ValueError):
    """A stage is wrong: the one of `number`, from 1."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"stage {number}: {why}")
        self.number = number


@dataclass(frozen=True, slots=True)
class Stages:
    """In TOML a list of tables. As text ``users=200 spawn_rate=10 hold=2m; users=0 for=30s``."""

    @property
    def allowed(self) -> str:
        return (
            f"a list of 1 to {MAX_STAGES} stages such as {{ users = 200, spawn_rate = 10, hold = '2m' }}"
            " or { rate = '50/s', for = '1m' }"
        )

    def read(self, value: object) -> tuple[Stage, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(each, dict) for each in value) or not value:
            raise refused(value, self)
        if len(value) > MAX_STAGES:
            raise ValueError(f"{len(value):,} stages, and {MAX_STAGES} are the most")
        stages = tuple(_stage(number, table, is_text=False) for number, table in enumerate(value, 1))
        return _fitting(stages)

    def read_text(self, text: str) -> tuple[Stage, ...]:
        entries = [each for each in re.split(r"[;\n]", text) if each.strip()]
        if not entries or len(entries) > MAX_STAGES:
            why = f"{len(entries):,} stages" if entries else "no stage"
            raise ValueError(f"{why}; allowed are 1 to {MAX_STAGES}, such as 'users=200 spawn_rate=10 hold=2m'")
        stages = tuple(_stage(number, _words(number, each), is_text=True) for number, each in enumerate(entries, 1))
        return _fitting(stages)

    def write(self, value: tuple[Stage, ...]) -> str:
        return "; ".join(stage_texts(value))


def stage_texts(stages: tuple[Stage, ...]) -> list[str]:
    """Each stage as ``--stage`` takes it."""
    return [" ".join(f"{name}={text}" for name, text in _parts(stage)) for stage in stages]


def stage_tables(stages: tuple[Stage, ...]) -> list[dict[str, Any]]:
    """The stages as a profiles file holds them."""
    return [{name: _toml(name, text) for name, text in _parts(stage)} for stage in stages]


def _toml(name: str, text: str) -> Any:
    if name not in ("users", "spawn_rate"):
        return text
    return int(text) if text.isdigit() else float(text)


def _parts(stage: Stage) -> list[tuple[str, str]]:
    values = ((name, kind, getattr(stage, field)) for name, (field, kind) in _STAGE_KINDS.items())
    return [(name, kind.write(value)) for name, kind, value in values if value is not None]


def _words(number: int, text: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for word in re.split(r"[\s,]+", text.strip(" ,\t")):
        name, equals, value = word.partition("=")
        if not equals:
            raise StageError(number, f"{shown(word)} is not of the form users=200")
        if name in table:
            raise StageError(number, f"{clean(name, 40)} is given twice")
        table[name] = value
    return table


def _stage(number: int, table: Mapping[str, Any], *, is_text: bool) -> Stage:
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in _STAGE_KINDS:
            match = nearest(name, _STAGE_KINDS)
            why = f"unknown key {shown(name)}" + (f", the nearest is {match}" if match else "")
            raise StageError(number, f"{why}; allowed are {', '.join(_STAGE_KINDS)}")
        field, kind = _STAGE_KINDS[name]
        try:
            values[field] = kind.read_text(value) if is_text else kind.read(value)
        except ValueError as error:
            raise StageError(number, f"{name}: {error}") from None
    problem = _problem(table)
    if problem:
        raise StageError(number, problem)
    return Stage(**values)


def _problem(names: Mapping[str, Any]) -> str:
    if "users" in names and "rate" in names:
        return "users and rate together: a stage goes to one of them"
    if "users" not in names and "rate" not in names:
        return "no level: it goes to users or to a rate"
    if "for" in names and "hold" in names:
        return "for and hold together: for counts from its beginning, hold from when its level is reached; write one"
    if "for" not in names and "hold" not in names:
        return "no length: write for, from the stage's beginning, or hold, from when its level is reached"
    if "rate" in names and "spawn_rate" in names:
        return (
            "spawn_rate is how fast users start, and a rate changes evenly over for, or at once with hold; leave it out"
        )
    return ""


def _fitting(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """`stages`, if they make one load together."""
    is_rate = stages[0].rate_per_s is not None
    for number, stage in enumerate(stages, 1):
        if (stage.rate_per_s is not None) != is_rate:
            kinds = ("a rate", "users") if is_rate else ("users", "a rate")
            raise StageError(
                number, f"the stages before go to {kinds[0]}, this one to {kinds[1]}; one run has one of them"
            )
    if not any(stage.users or stage.rate_per_s for stage in stages):
        raise StageError(1, "it has no load, and no other has any")
    # Without any spawn rate of its own a stage goes at the profile's, which is not known here.
    if stages_s(Profile("", spawn_rate=MAX_SPAWN_RATE, stages=stages)) > MAX_STAGES_S:
        raise ValueError("the stages take longer than 7 days together")
    return stages


@dataclass(frozen=True, slots=True)
class LoadWorkers:
    """How many, or AUTO_LOAD_WORKERS."""

    @property
    def allowed(self) -> str:
        return f"{LOCAL_WORKERS.allowed}, or '{AUTO}'"

    def read(self, value: object) -> int:
        if value == AUTO:
            return AUTO_LOAD_WORKERS
        try:
            return LOCAL_WORKERS.read(value)
        except ValueError:
            raise refused(value, self) from None

    def read_text(self, text: str) -> int:
        if text.strip() == AUTO:
            return AUTO_LOAD_WORKERS
        try:
            return LOCAL_WORKERS.read_text(text)
        except ValueError:
            raise refused(text, self) from None

    def write(self, value: int) -> str:
        return AUTO if value == AUTO_LOAD_WORKERS else str(value)


@dataclass(frozen=True, slots=True)
class BindAddress:
    """HOST or HOST:PORT; an IPv6 address has brackets where a port follows."""

    @property
    def allowed(self) -> str:
        return "HOST or HOST:PORT of this machine, such as 127.0.0.1, 10.0.0.5:5557 or [::1]:5557"

    def read(self, value: object) -> str:
        if (
            not isinstance(value, str)
            or len(value) > _MAX_BIND_LENGTH
            or not value.isascii()
            or not value.isprintable()
        ):
            raise refused(value, self)
        try:
            parse_endpoint(value, 0)
        except ValueError as error:
            raise ValueError(f"{error}; allowed is {self.allowed}") from None
        return value.strip()

    def read_text(self, text: str) -> str:
        return self.read(text)

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class ClassName:
    """The name of a class in a locustfile."""

    @property
    def allowed(self) -> str:
        return "the name of a class"

    def read(self, value: object) -> str:
        if not isinstance(value, str) or len(value) > 200 or not value.isidentifier():
            raise refused(value, self)
        return value

    def read_text(self, text: str) -> str:
        return self.read(text.strip())

    def write(self, value: str) -> str:
        return value
