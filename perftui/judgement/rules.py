"""Thresholds and abort rules as people write them, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["ms", "/s", "%", "bytes", ""]
Operator = Literal["<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured: `metric` over the requests that `scope` names, in `unit`.

    `metric` is "percentile" (with `percent`), "status" (with `status`), or a name of METRICS. `scope` is a group's
    name, a request name or a glob, empty for all requests. `window_s` is a sliding window; None: everything after the
    warm-up, or with `is_whole_run` the whole run. `text` is how it was written.
    """

    text: str
    metric: str
    unit: Unit
    scope: str = ""
    percent: float | None = None
    status: int | None = None
    window_s: float | None = None
    is_whole_run: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """`measure` `operator` `target` is wanted; what is between it and `acceptable` is said, and does not fail.

    Both are in the measure's unit.
    """

    text: str
    measure: Measure
    operator: Operator
    target: float
    acceptable: float | None = None
    min_requests: int = 1


@dataclass(frozen=True, slots=True)
class AbortRule:
    """The run is aborted when `measure` `operator` `bound` has held for `for_s`; not in the first `after_s`."""

    text: str
    measure: Measure
    operator: Operator
    bound: float
    for_s: float = 0.0
    after_s: float = 0.0
    min_requests: int = 1


class RuleError(ValueError):
    """A rule that cannot be read: the message says at which column, from 1, and what is expected there."""


def parse_threshold(text: str) -> Threshold:
    """Raises RuleError."""
    raise NotImplementedError


def parse_abort_rule(text: str) -> AbortRule:
    """Raises RuleError."""
    raise NotImplementedError
