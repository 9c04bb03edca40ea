"""What a search for capacity found, as result.json has it."""

from __future__ import annotations

import msgspec

from perftui.model.capacity import CapacityResult
from perftui.reports.figures import one_line, round_ms


class CapacityLevel(msgspec.Struct, kw_only=True, frozen=True):
    """A level that a search for capacity tried, in users or tasks per second, measured from `from_s` to `to_s`.

    `verdict` is held, broken, not settled, no data, generator (this machine was the limit) or not reached; `text` says
    what decided. `p95_ms` is of service times, null where nothing was timed.
    """

    level: float
    verdict: str
    from_s: float
    to_s: float
    requests: int
    rps: float
    p95_ms: float | None
    fail_ratio: float | None
    text: str


class Capacity(msgspec.Struct, kw_only=True, frozen=True):
    """What a search for capacity found: `highest` held, in users or, `is_rate`, tasks per second; null: no level did.

    It is the target's capacity where `is_reached`; with `is_all` the target may bear more than it was allowed to get.
    """

    is_rate: bool
    highest: float | None
    is_reached: bool
    is_all: bool
    text: str
    levels: list[CapacityLevel]


def capacity_of(found: CapacityResult) -> Capacity:
    return Capacity(
        is_rate=found.is_rate,
        highest=found.highest,
        is_reached=found.is_reached,
        is_all=found.is_all,
        text=one_line(found.text),
        levels=[
            CapacityLevel(
                level=each.level,
                verdict=each.verdict.value,
                from_s=round(each.from_s, 6),
                to_s=round(each.to_s, 6),
                requests=each.requests,
                rps=round(each.rps, 6),
                p95_ms=round_ms(each.p95_ms),
                fail_ratio=each.fail_ratio,
                text=one_line(each.text),
            )
            for each in found.levels
        ],
    )
