"""Seconds in which the target answered nothing."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence

from perftui.judgement.findings.evidence import Evidence, Second
from perftui.judgement.findings.wording import Span, seconds_text, spans_text
from perftui.model.judged import Finding
from perftui.model.totals import RunTotals

# A second is a still one below this share of the requests that so many users usually make.
_STILL = 0.05
# Of them, so many must be missing: by chance alone that is less likely than 1 in 20,000 (Poisson).
_MIN_MISSING = 10
# A request that waited is so many times as slow as the usual slow ones: of slow targets, users may just be in step.
_MIN_TIMES_P95 = 3


def find_stalls(evidence: Evidence, measured: RunTotals) -> Iterator[Finding]:
    """Over the whole run, warm-up included."""
    stalls = stalls_of(evidence)
    if not stalls:
        return
    seconds = [each for each in evidence.seconds() if each.is_loaded]
    end_s = seconds[-1].elapsed_s
    longest = seconds_text(max(_longest_s(seconds, stall) for stall in stalls))
    answered = sum(e.requests for e in seconds if any(a <= e.from_s and e.elapsed_s <= b for a, b in stalls))
    yield Finding(
        "stall",
        f"{'Almost nothing' if answered else 'Nothing'} was answered {spans_text(stalls, end_s)}, with requests in "
        f"flight; the longest {'took' if stalls[-1][1] < end_s else 'waited for'} {longest}.",
        stalls[0][0],
        stalls[-1][1],
    )


def stalls_of(evidence: Evidence) -> list[Span]:
    """On the run's clock; to within some tenths of a second, as what waited tells since when."""
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
            stall = _bounded(still, seconds[index - len(still) - 1] if index > len(still) else None, each)
            usual = per_user_s * still[-1].user_count * (stall[1] - stall[0])
            is_long = _longest_s(seconds, stall) * 1000 >= _MIN_TIMES_P95 * usual_p95_ms
            if is_long and usual - sum(one.requests for one in still) >= _MIN_MISSING:
                stalls.append(stall)
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


def _longest_s(seconds: Sequence[Second], stall: Span) -> float:
    """The longest that a request took which ended just after the stall, or waited in it."""
    around = [each for each in seconds if each.elapsed_s >= stall[0] and each.from_s <= stall[1]]
    return max(
        max(each.oldest_in_flight_s, (0.0 if math.isnan(each.max_ms) else each.max_ms / 1000)) for each in around
    )
