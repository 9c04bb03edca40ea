"""Failures: how many, when, and of what."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right
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
_MAX_MESSAGE_LENGTH = 70


def find_failures(evidence: Evidence, measured: RunTotals) -> Iterator[Finding]:
    total = measured.total
    failing = [each for each in evidence.measured_seconds() if each.failed]
    if not failing:
        return
    first_s = max(failing[0].from_s, min((each.first_s for each in measured.failures.values()), default=0.0))
    last_s = failing[-1].elapsed_s
    when = _when(list(evidence.measured_seconds()), first_s, last_s, total.failed)
    yield Finding(
        "failures",
        f"Of {counted(total.requests, 'request')} {total.failed:,} failed "
        f"({percent_text(total.failed / total.requests)}){when}"
        f"{_cause(measured)}.",
        first_s,
        last_s,
    )


def _when(seconds: Sequence[Second], first_s: float, last_s: float, failed: int) -> str:
    bursts, share = _bursts(seconds)
    if bursts:
        which = "in a burst" if len(bursts) == 1 else f"in {len(bursts)} bursts"
        return f", {'all' if share == 1 else percent_text(share)} of them {which}, {spans_text(bursts)}"
    if failed == 1:
        return f" at {clock_text(first_s)}"
    if last_s - first_s >= _THROUGHOUT * (seconds[-1].elapsed_s - seconds[0].from_s):
        return f", throughout the run, first at {clock_text(first_s)}"
    return f", {span_text((first_s, last_s), seconds[-1].elapsed_s - _GAP_S)}"


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
    worst = max(measured.failures.values(), key=lambda group: group.count, default=None)
    if worst is None:
        return ""
    message = foreign_text(worst.message, _MAX_MESSAGE_LENGTH).rstrip(".")
    share = worst.count / measured.total.failed
    which = "all" if share >= 1 else f"most often ({percent_text(share)})"
    return f"; {which} {name_text((worst.method, worst.name))}: {message}"
