"""Seconds in which the target answered nothing."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from perftui.judgement.findings.evidence import Evidence, Second
from perftui.judgement.findings.wording import Span, spans_text
from perftui.judgement.quantities import format_span
from perftui.model.judged import Finding

# A second is a still one below this share of the requests that so many users usually make.
_STILL = 0.05
# Of them, so many must be missing: by chance alone that is less likely than 1 in 20,000 (Poisson).
_MIN_MISSING = 10
# A request that waited is so many times as slow as the usual slow ones: of slow targets, users may just be in step.
_MIN_TIMES_P95 = 3


class Stall(NamedTuple):
    """On the run's clock; to within some tenths of a second, as what waited tells since when.

    `longest_s` is the longest that a request took which ended just after it, or waited in it. `answered` requests
    ended in its whole seconds.
    """

    from_s: float
    to_s: float
    longest_s: float
    answered: float
    is_at_end: bool


def find_stalls(stalls: Sequence[Stall]) -> Iterator[Finding]:
    """`stalls` are those of the whole run, warm-up included."""
    if not stalls:
        return
    last = stalls[-1]
    longest = format_span(max(each.longest_s for each in stalls))
    what = "Almost nothing" if any(each.answered for each in stalls) else "Nothing"
    when = spans_text([(each.from_s, each.to_s) for each in stalls], last.to_s if last.is_at_end else math.inf)
    yield Finding(
        "stall",
        f"{what} was answered {when}, with requests in flight; "
        f"the longest {'waited for' if last.is_at_end else 'took'} {longest}.",
        stalls[0].from_s,
        last.to_s,
    )


def stalls_of(evidence: Evidence) -> list[Stall]:
    """In their order; they do not overlap."""
    seconds = [each for each in evidence.seconds() if each.is_loaded]
    if len(seconds) < 2:
        return []
    # The upper quartile: a target may be still for half of the run.
    per_user_s = statistics.quantiles((each.requests / each.interval_s / each.user_count for each in seconds), n=4)[2]
    usual_p95_ms = statistics.median([each.p95_ms for each in seconds if not math.isnan(each.p95_ms)] or [0.0])
    stalls = []
    still: list[Second] = []
    for index, each in enumerate([*seconds, None]):
        if each and each.in_flight and each.requests <= _STILL * per_user_s * each.user_count * each.interval_s:
            still.append(each)
            continue
        if still:
            before = seconds[index - len(still) - 1] if index > len(still) else None
            from_s, to_s = _bounded(still, before, each)
            around = [one for one in (before, *still, each) if one and one.elapsed_s >= from_s and one.from_s <= to_s]
            longest_s = max(map(_longest_s, around))
            missing = per_user_s * still[-1].user_count * (to_s - from_s) - sum(one.requests for one in still)
            if longest_s * 1000 >= _MIN_TIMES_P95 * usual_p95_ms and missing >= _MIN_MISSING:
                answered = sum(one.requests for one in around if from_s <= one.from_s and one.elapsed_s <= to_s)
                stalls.append(Stall(from_s, to_s, longest_s, answered, to_s >= seconds[-1].elapsed_s))
        still = []
    return stalls


def _bounded(still: Sequence[Second], before: Second | None, after: Second | None) -> Span:
    """The oldest request was sent just before the stall, and the slowest one answered just after it."""
    last = still[-1]
    earliest_s = before.from_s if before else still[0].from_s
    from_s = min(max(last.elapsed_s - last.oldest_in_flight_s, earliest_s), still[0].elapsed_s)
    if after is None or math.isnan(after.max_ms):
        return from_s, last.elapsed_s
    return from_s, min(max(from_s + after.max_ms / 1000, last.elapsed_s), after.elapsed_s)


def _longest_s(second: Second) -> float:
    return max(second.oldest_in_flight_s, 0.0 if math.isnan(second.max_ms) else second.max_ms / 1000)
