"""What was thought of a run, and of which part of it: plain values, for whoever shows or keeps them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class ThresholdState(Enum):
    """In the order of what is worse."""

    PASSED = "passed"
    ACCEPTABLE = "acceptable"
    NO_DATA = "no data"
    FAILED = "failed"


class Trust(Enum):
    """Whether the measurement itself can be believed."""

    OK = "ok"
    LIMITED = "limited"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class ThresholdResult:
    """A threshold held against a run. Numbers are in `unit`: "ms", "/s", "bytes", "%" (0 to 100), or "" for counts.

    `rule` is the whole threshold as written, `measure` the part of it that is measured, such as ``p95(auth)``.
    `observed` is None without data; for a sliding window it is that of the worst one. `n` is how many requests it
    comes from; for users, rps and what is measured on the target, how many ticks. `margin` is how far `observed` is
    inside the target, as a share of it: 0.2 is 20 % to spare, negative is beyond; None without data or where the
    target is 0.
    `failed_since_s` and `failed_until_s` say, on the run's clock, since when it last was beyond what is acceptable and
    when that ended (of a sliding window: the time that holds the worst one, however often it was); None where it was
    not, or did not end. `text` is the result in one line for people.
    """

    rule: str
    measure: str
    state: ThresholdState
    observed: float | None
    unit: str
    n: int
    target: float
    acceptable: float | None = None
    margin: float | None = None
    failed_since_s: float | None = None
    failed_until_s: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the rules saw in a run, as one sentence with its numbers; `kind` names the rule.

    `from_s` and `to_s` bound it on the run's clock where it has a time. `is_doubt` is for what cannot be said.
    """

    kind: str
    text: str
    from_s: float | None = None
    to_s: float | None = None
    is_doubt: bool = False


class Span(Protocol):
    """A tick, or a point of the timeline."""

    @property
    def elapsed_s(self) -> float: ...

    @property
    def interval_s(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a run that its numbers cover, on the run's clock: the ticks whose middle lies in it.

    `why` says in words where it comes from; empty for the whole run.
    """

    from_s: float = 0.0
    to_s: float = math.inf
    why: str = ""

    def holds(self, tick: Span) -> bool:
        return self.from_s <= tick.elapsed_s - tick.interval_s / 2 < self.to_s

    @property
    def is_whole(self) -> bool:
        return self.from_s <= 0 and self.to_s == math.inf


WHOLE_RUN = Window()
