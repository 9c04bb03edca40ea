"""What came of comparing two runs: plain values, for whoever shows or keeps them. The old run is A, the new one B."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Metric = Literal["rps", "p50", "p95", "p99", "fail_ratio"]
PERCENTS: dict[Metric, float] = {"p50": 50.0, "p95": 95.0, "p99": 99.0}
METRICS: tuple[Metric, ...] = ("rps", *PERCENTS, "fail_ratio")


class ChangeVerdict(Enum):
    """In the order of what is looked at first."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "same"
    ONLY_OLD = "only in A"
    ONLY_NEW = "only in B"


class Doubt(Enum):
    """Why a change is called the same although that is not known."""

    NONE = ""
    TOO_FEW = "too few to say"
    NOISE = "beyond the limit, within the noise"
    UNSURE = "worse by more than the limit cannot be ruled out"
    FAILURES = "the times of more failures are in it"


@dataclass(frozen=True, slots=True)
class Change:
    """One metric of one request in both runs: rps per second, times in ms, fail_ratio 0 to 1; None without data.

    `low` and `high` are the bounds of its interval: relative to `old` (0.1 is 10 % more), for fail_ratio as `new` -
    `old`. None where too little was measured to bound it.
    """

    metric: Metric
    old: float | None
    new: float | None
    low: float | None
    high: float | None
    verdict: ChangeVerdict
    doubt: Doubt = Doubt.NONE

    @property
    def absolute(self) -> float | None:
        return None if self.old is None or self.new is None else self.new - self.old

    @property
    def relative(self) -> float | None:
        """Relative to `old`: 0.1 is 10 % more. None without data, and where `old` is 0 and `new` is not."""
        if self.old is None or self.new is None:
            return None
        if self.old == 0:
            return 0.0 if self.new == 0 else None
        return self.new / self.old - 1

    @property
    def is_for_the_worse(self) -> bool:
        """Whether it points that way, however small it is."""
        return is_for_the_worse(self.metric, self.absolute or 0.0)

    def is_beyond(self, limit: float) -> bool:
        """Whether it is larger than a share of `limit` of `old`, in whichever direction."""
        return self.old is not None and self.new is not None and abs(self.new - self.old) > limit * self.old


def is_for_the_worse(metric: Metric, change: float) -> bool:
    """Fewer requests per second are worse, and more of everything else."""
    return change < 0 if metric == "rps" else change > 0


@dataclass(frozen=True, slots=True)
class RequestChange:
    """A request name in both runs; `changes` is empty where only one of them has it."""

    method: str
    name: str
    old_requests: int
    new_requests: int
    verdict: ChangeVerdict
    changes: tuple[Change, ...] = ()

    def worse(self) -> list[Change]:
        return [each for each in self.changes if each.verdict is ChangeVerdict.WORSE]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`requests` begins with what got worse most. `limit` is a share: 0.2 is 20 %."""

    limit: float
    slices: int
    total: RequestChange
    requests: tuple[RequestChange, ...]

    def worse(self) -> list[tuple[RequestChange, Change]]:
        """Every change for the worse, the total's first."""
        return [(each, change) for each in (self.total, *self.requests) for change in each.worse()]

    def unsure(self) -> list[Change]:
        """Changes of the total for the worse that are beyond the limit and within the noise."""
        return [each for each in self.total.changes if each.doubt is Doubt.NOISE and each.is_for_the_worse]

    def not_judged(self) -> list[Change]:
        """Changes of the total of which too little was measured to judge them."""
        return [each for each in self.total.changes if each.doubt is Doubt.TOO_FEW]

    def undecided(self) -> list[Change]:
        """Those not judged that are beyond the limit for the worse: it cannot be said that nothing got worse."""
        return [each for each in self.not_judged() if each.is_for_the_worse and each.is_beyond(self.limit)]

    @property
    def can_say(self) -> bool:
        """Whether anything of the total could be judged."""
        return len(self.not_judged()) < len(self.total.changes)
