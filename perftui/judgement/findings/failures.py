"""Failures: how many, when, and of what."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

from perftui.judgement.findings.evidence import Evidence, Second
from perftui.judgement.findings.wording import (
    Span,
    clock_text,
    foreign_text,
    joined,
    name_text,
    percent_text,
    span_text,
    spans_text,
)
from perftui.judgement.sentences import counted
from perftui.model.judged import Finding
from perftui.model.totals import RunTotals

# A second is of a burst where 3 requests failed, and this many standard deviations (Poisson) more than usual.
_DEVIATIONS = 4
_MIN_IN_SECOND = 3
_MIN_IN_BURST = 5
# Seconds this close are one burst.
_GAP_S = 2.0
# Failures come in bursts where these hold so many of them in so little of the time.
_MIN_SHARE_IN_BURSTS = 0.5
_MAX_SHARE_OF_TIME = 0.25
# Failures that lie within less of the run than this have a beginning and an end.
_THROUGHOUT = 0.8
# The last tick may be shorter.
_PART_OF_SECOND = 0.9
# Nothing succeeds any more when that lasts for so long, with so many successes missing: by chance alone that is less
# likely than 1 in 100 (Poisson).
_MIN_DEAD_S = 3.0
_MIN_MISSING = 5
# What waits at the end has waited so many times as long as the usual slow ones took.
_MIN_TIMES_P95 = 3
_MAX_MESSAGE_LENGTH = 70


def find_failures(evidence: Evidence, measured: RunTotals) -> Iterator[Finding]:
    total = measured.total
    seconds = list(evidence.measured_seconds())
    failing = [each for each in seconds if each.failed]
    if not failing:
        return
    first_s = max(failing[0].from_s, min((each.first_s for each in measured.failures.values()), default=0.0))
    share = f"{total.failed:,} failed ({percent_text(total.failed / total.requests)})"
    # A target that answers 429 is not dead; the rule of rate limits says when it lets through again.
    is_limited = total.statuses.get(429, 0) > total.failed / 2
    dead = () if is_limited else _dead_end(seconds)
    if dead:
        what = f"Nothing succeeded from {clock_text(dead[0].from_s)} to the end: of"
        when = _when_dead(dead, first_s, total.failed)
    else:
        what, when = "Of", _when(seconds, first_s, failing[-1].elapsed_s, total.failed)
    yield Finding(
        "failures",
        f"{what} {counted(total.requests, 'request')} {share}{when}{_cause(measured)}.",
        first_s,
        dead[-1].elapsed_s if dead else failing[-1].elapsed_s,
    )


def _dead_end(seconds: Sequence[Second]) -> Sequence[Second]:
    """The seconds at the end of the load in which nothing succeeded; none where that may be by chance.

    They begin with one in which requests failed or were in flight. Where nothing ever succeeded there are none.
    """
    start = len(seconds)
    while start and seconds[start - 1].requests == seconds[start - 1].failed:
        start -= 1
    before, dead = seconds[:start], [each for each in seconds[start:] if each.is_loaded]
    while dead and not (dead[0].failed or dead[0].in_flight):
        del dead[0]
    if not before or not dead or dead[-1].elapsed_s - dead[0].from_s < _MIN_DEAD_S:
        return ()
    lived_s = math.fsum(each.interval_s for each in before)
    missing = sum(each.requests - each.failed for each in before) / lived_s * (dead[-1].elapsed_s - dead[0].from_s)
    usual_ms = statistics.median([each.p95_ms for each in before if not math.isnan(each.p95_ms)] or [0.0])
    # Users of a slow target may just be in step: then nothing failed, and nothing waits for longer than usual.
    is_dead = sum(each.failed for each in dead) >= _MIN_IN_BURST or (
        dead[-1].oldest_in_flight_s * 1000 >= _MIN_TIMES_P95 * usual_ms and dead[-1].in_flight > 0
    )
    return dead if is_dead and missing >= _MIN_MISSING else ()


def _when_dead(dead: Sequence[Second], first_s: float, failed: int) -> str:
    failed_then = round(sum(each.failed for each in dead))
    if failed_then == failed:
        return ", all of them then"
    return f", {failed_then:,} of them then, the others from {clock_text(first_s)} on"


def _when(seconds: Sequence[Second], first_s: float, last_s: float, failed: int) -> str:
    bursts, share = _bursts(seconds)
    if bursts:
        which = "in a burst" if len(bursts) == 1 else f"in {len(bursts)} bursts"
        return f", {'all' if share == 1 else percent_text(share)} of them {which}, {spans_text(bursts)}"
    if failed == 1:
        return f" at {clock_text(first_s)}"
    # After so long without a failure they have ended: by chance alone that is so in 1 of 100 runs (Poisson).
    gap_s = (last_s - first_s) / failed * math.log(100 * failed)
    end_s = max((each.elapsed_s for each in seconds if each.is_loaded), default=seconds[-1].elapsed_s)
    end_s -= max(_PART_OF_SECOND, min(_GAP_S, gap_s))
    spans = joined(((each.from_s, each.elapsed_s) for each in seconds if each.failed), max(_GAP_S, gap_s))
    if len(spans) > 1:
        return f", {spans_text([(max(first_s, spans[0][0]), spans[0][1]), *spans[1:]], end_s)}"
    if last_s - first_s >= _THROUGHOUT * (seconds[-1].elapsed_s - seconds[0].from_s):
        return f", throughout the run, first at {clock_text(first_s)}"
    return f", {span_text((first_s, last_s), end_s)}"


def _bursts(seconds: Sequence[Second]) -> tuple[list[Span], float]:
    """The bursts and the share of all failures that they hold; none where failures are steady."""
    usual = statistics.median(each.failed for each in seconds)
    bound = max(_MIN_IN_SECOND, usual + _DEVIATIONS * math.sqrt(usual))
    hot = [each for each in seconds if each.failed >= bound]
    spans = joined(((each.from_s, each.elapsed_s) for each in hot), _GAP_S)
    # Sums up to each second: a long run may have thousands of spans.
    failed = list(accumulate((each.failed for each in seconds), initial=0.0))
    counts = {
        (from_s, to_s): failed[bisect_right(seconds, to_s, key=lambda each: each.elapsed_s)]
        - failed[bisect_left(seconds, from_s, key=lambda each: each.from_s)]
        for from_s, to_s in spans
    }
    bursts = [span for span, count in counts.items() if count >= _MIN_IN_BURST]
    share = sum(counts[span] for span in bursts) / failed[-1]
    lasted_s = sum(to_s - from_s for from_s, to_s in bursts)
    is_short = lasted_s <= _MAX_SHARE_OF_TIME * (seconds[-1].elapsed_s - seconds[0].from_s)
    return (bursts, share) if share >= _MIN_SHARE_IN_BURSTS and is_short else ([], 0.0)


def _cause(measured: RunTotals) -> str:
    """The message that most failures share, and the requests that it came to."""
    counts: Counter[str] = Counter()
    for group in measured.failures.values():
        counts[group.message] += group.count
    if not counts:
        return ""
    message, count = counts.most_common(1)[0]
    alike = [group for group in measured.failures.values() if group.message == message]
    worst = max(alike, key=lambda group: group.count)
    share = count / measured.total.failed
    which = "all" if share >= 1 else f"most often ({percent_text(share)})"
    where = name_text((worst.method, worst.name))
    if len(alike) > 1:
        where = f"{len(alike)} requests, {where} first of them"
    return f"; {which} {where}: {foreign_text(message, _MAX_MESSAGE_LENGTH).rstrip('.')}"
