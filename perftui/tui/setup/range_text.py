"""What an option may be, short enough to stand beside its field."""

from __future__ import annotations

from functools import singledispatch

from perftui.profiles.rule_values import UNTIL_STEADY, Rules, WarmUpTime
from perftui.profiles.stage_values import AUTO, LOCAL_WORKERS, BindAddress, ClassName, LoadWorkers, Rate, Stages
from perftui.profiles.values import Duration, Number, TextList, WholeNumber


@singledispatch
def range_text(kind: object) -> str:
    """What a value of `kind` may be, short enough to stand beside a field."""
    return ""


@range_text.register
def _(kind: WholeNumber) -> str:
    return f"{kind.minimum:,} to {kind.maximum:,}"


@range_text.register
def _(kind: Number) -> str:
    return f"above 0, at most {kind.maximum:,.0f}"


@range_text.register
def _(kind: Duration) -> str:
    return f"{kind.write(kind.minimum_s)} to {kind.write(kind.maximum_s)}"


@range_text.register
def _(kind: WarmUpTime) -> str:
    return f"{range_text(kind.duration)}, or {UNTIL_STEADY}"


@range_text.register
def _(kind: TextList) -> str:
    return f"{'names' if kind.are_identifiers else kind.what}, commas between"


@range_text.register
def _(kind: Rate) -> str:
    return "such as 200/s, 90/min"


@range_text.register
def _(kind: Stages) -> str:
    return "users=20 spawn_rate=2 hold=1m; users=0 for=30s; or all of them rate=5/s for=1m"


@range_text.register
def _(kind: LoadWorkers) -> str:
    return f"{range_text(LOCAL_WORKERS)}, or {AUTO}"


@range_text.register
def _(kind: BindAddress) -> str:
    return "HOST or HOST:PORT"


@range_text.register
def _(kind: ClassName) -> str:
    return "the name of a class"


@range_text.register
def _(kind: Rules) -> str:
    return "rules, semicolons between"
