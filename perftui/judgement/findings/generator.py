"""Whether the generator, and not the target, was what limited the run."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from perftui.judgement.findings.evidence import Evidence, Second
from perftui.judgement.quantities import format_quantity
from perftui.judgement.trust import lag_doubt
from perftui.model.judged import Finding, Trust
from perftui.model.totals import RunTotals

# One process uses one core: from here on it waits for it.
BUSY_PERCENT = 90.0
# Seconds that are worth a sentence: 3, and this share of all.
_MIN_BUSY = 3
_MIN_BUSY_SHARE = 0.05
# Users grew by a half and the rate of requests by less than a tenth.
_USERS_GROWN = 1.5
_RPS_GROWN = 1.1
_MIN_SIDE = 3


def find_generator_limit(evidence: Evidence, measured: RunTotals) -> Iterator[Finding]:
    seconds = [each for each in evidence.measured_seconds() if each.is_loaded]
    busy = [each for each in seconds if each.cpu_percent >= BUSY_PERCENT]
    is_busy = len(busy) >= max(_MIN_BUSY, _MIN_BUSY_SHARE * len(seconds))
    trust, late = lag_doubt(measured)
    if is_busy:
        flat = _flat(seconds)
        parts = [f"its CPU was at {BUSY_PERCENT:.0f} % or more in {len(busy):,} of {len(seconds):,} seconds"]
        parts += [flat] if flat else []
        parts += [late] if trust is not Trust.OK else []
        text = f"The generator was the limit: {'; '.join(parts)}."
        yield Finding("generator", text, busy[0].from_s, busy[-1].elapsed_s)
    elif trust is not Trust.OK:
        yield Finding("generator", f"{late[0].upper()}{late[1:]}.")


def _flat(seconds: Sequence[Second]) -> str:
    """What is said where rps stayed while users grew; empty where they did not."""
    most = max(each.user_count for each in seconds)
    many = [each for each in seconds if each.user_count > most / _USERS_GROWN]
    half = [each for each in seconds if most / 3 <= each.user_count <= most / _USERS_GROWN]
    if min(len(many), len(half)) < _MIN_SIDE:
        return ""
    at_many, at_half = (statistics.median(each.requests / each.interval_s for each in side) for side in (many, half))
    if at_many > _RPS_GROWN * at_half:
        return ""
    fewer = round(statistics.median(each.user_count for each in half))
    return f"rps stayed at {format_quantity(at_many, '')} while users grew from {fewer:,} to {most:,.0f}"
