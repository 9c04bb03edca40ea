"""A few seconds whose response times are many times those around them."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from perftui.judgement.findings.drift import Jump
from perftui.judgement.findings.evidence import Evidence, Second
from perftui.judgement.findings.stalls import Stall
from perftui.judgement.findings.wording import joined, spans_text
from perftui.judgement.quantities import format_quantity
from perftui.model.judged import Finding

# A spike is so many times the usual p95 of the seconds before it and of those after it, and at least so much above.
_MIN_TIMES = 5
_MIN_RISE_MS = 100.0
# How many seconds on either side say what is usual; with fewer, the other side alone does.
_AROUND = 15
_MIN_AROUND = 5
# What lasts longer is no spike.
_MAX_SHARE_OF_TIME = 0.1
_GAP_S = 2.0
# Requests that waited in a stall end in the second after it; it begins within the second before it.
_BEFORE_STALL_S = 1.0
_AFTER_STALL_S = 2.0


def find_spikes(evidence: Evidence, stalls: Sequence[Stall], jump: Jump | None) -> Iterator[Finding]:
    """Seconds in which 5 % of the requests, and 5 of them at least, were that slow. Stalls are told apart.

    After `jump` its times are the usual ones.
    """
    seconds = [each for each in evidence.measured_seconds() if each.is_loaded and not math.isnan(each.p95_ms)]
    p95s = [each.p95_ms for each in seconds]
    after_jump_ms = (jump.after.percentile_ms(95) if jump else None) or 0.0
    high = []
    for index, each in enumerate(seconds):
        sides = [p95s[max(0, index - _AROUND) : index], p95s[index + 1 : index + 1 + _AROUND]]
        usual = max((statistics.median(side) for side in sides if len(side) >= _MIN_AROUND), default=math.inf)
        if jump and each.elapsed_s > jump.at_s:
            usual = max(usual, after_jump_ms)
        # NaN, where there were too few requests, is not above anything.
        if each.slow_ms >= max(_MIN_TIMES * usual, usual + _MIN_RISE_MS) and not _is_of_stall(each, stalls):
            high.append(each)
    if not high or len(high) > max(1, _MAX_SHARE_OF_TIME * len(seconds)):
        return
    spans = joined(((each.from_s, each.elapsed_s) for each in high), _GAP_S)
    yield Finding(
        "spike",
        f"Response times jumped {spans_text(spans)}: p95 of up to {format_quantity(max(e.p95_ms for e in high), 'ms')} "
        f"in a second, usually {format_quantity(statistics.median(p95s), 'ms')}.",
        spans[0][0],
        spans[-1][1],
    )


def _is_of_stall(second: Second, stalls: Sequence[Stall]) -> bool:
    """`stalls` are in their order."""
    begun = bisect_right(stalls, second.elapsed_s + _BEFORE_STALL_S, key=lambda stall: stall.from_s)
    return begun > 0 and second.from_s <= stalls[begun - 1].to_s + _AFTER_STALL_S
