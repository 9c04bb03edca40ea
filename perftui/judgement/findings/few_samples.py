"""Where the run is too small or too short to say something that a reader expects."""

from __future__ import annotations

import math
from collections.abc import Iterator

from perftui.judgement.findings.evidence import Evidence
from perftui.judgement.findings.trend import MIN_POINTS
from perftui.judgement.quantities import format_span
from perftui.judgement.sentences import counted
from perftui.model.judged import Finding
from perftui.model.totals import RunTotals

# From here on p95 rests on more than a handful.
_MIN_REQUESTS = 100
# A trend is told from slices of a second or more.
_MIN_TREND_S = float(MIN_POINTS)
# Ramps are often short; one that is all of a longer run leaves its reader waiting for a word on the trend.
_LONG_S = 60.0


def find_few_samples(evidence: Evidence, measured: RunTotals) -> Iterator[Finding]:
    n = measured.total.times().count
    if not n:
        return
    parts = []
    if n < _MIN_REQUESTS:
        p95, p99 = (_rests_on(percent, n) for percent in (95, 99))
        rest = f"p95 and p99 rest on {p95}" if p95 == p99 else f"p95 rests on {p95}, p99 on {p99}"
        parts.append(f"Only {counted(n, 'request')} had a time: {rest}")
    if measured.covered_s < _MIN_TREND_S:
        parts.append(f"{'w' if parts else 'W'}ithin {format_span(measured.covered_s)} no trend can be told")
    elif measured.covered_s >= _LONG_S and evidence.stretch().lasted_s < _MIN_TREND_S:
        parts.append(f"{'n' if parts else 'N'}o trend can be told, as the user count never held for 10 s")
    if parts:
        yield Finding("few samples", f"{'; '.join(parts)}.", is_doubt=True)


def _rests_on(percent: float, n: int) -> str:
    """How many times are at or beyond the percentile, which is a nearest rank."""
    beyond = n - math.ceil(percent / 100 * n - 1e-9) + 1
    return "the slowest alone" if beyond == 1 else f"the {beyond} slowest"
