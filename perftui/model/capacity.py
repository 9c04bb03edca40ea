"""What a search for capacity found, and by which evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

# A search that has tried so many levels ends; halving a range of a million takes 20.
MAX_LEVELS = 40


class LevelVerdict(Enum):
    HELD = "held"
    BROKEN = "broken"
    """A threshold failed."""
    UNSETTLED = "not settled"
    """The numbers still moved when there was no more time for the level."""
    NO_DATA = "no data"
    GENERATOR = "generator"
    """This machine, or the number of users that a rate may have, was the limit: nothing is said of the target."""
    NOT_REACHED = "not reached"
    """The users did not come."""


@dataclass(frozen=True, slots=True)
class CapacityLevel:
    """One level that was tried, measured from `from_s` to `to_s` of the run's clock.

    `text` says what decided: the threshold that broke, or the one that was nearest to it.
    """

    level: float
    verdict: LevelVerdict
    from_s: float
    to_s: float
    requests: int
    rps: float
    p95_ms: float | None
    fail_ratio: float | None
    text: str


@dataclass(frozen=True, slots=True)
class CapacityResult:
    """`highest` is the highest level that held, in users or in tasks per second (`is_rate`); None where none did.

    `is_reached` is whether the next level above broke a threshold: only then it is the target's capacity. `is_all` is
    whether all held that it might get. Where neither is so, something else ended the search. `text` is the result in
    one sentence.
    """

    is_rate: bool
    highest: float | None
    is_reached: bool
    text: str
    levels: tuple[CapacityLevel, ...]
    is_all: bool = False


# What the title of a run says of its search, at its end; which level that is comes behind it.
SEARCH_TITLE = "search: "


def level_text(level: float, *, is_rate: bool) -> str:
    """In users or in tasks per second, such as "40 users"."""
    if is_rate:
        return f"{level:,.10g} tasks/s"
    return f"{level:,.0f} user{'' if level == 1 else 's'}"
