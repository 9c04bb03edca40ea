"""What the rules see in a run, as plain sentences with their numbers."""

from __future__ import annotations

from perftui.judgement.findings.arrivals import find_dropped_arrivals
from perftui.judgement.findings.drift import drift_of
from perftui.judgement.findings.evidence import Evidence
from perftui.judgement.findings.failures import find_failures
from perftui.judgement.findings.few_samples import find_few_samples
from perftui.judgement.findings.generator import find_generator_limit
from perftui.judgement.findings.local_errors import find_local_errors
from perftui.judgement.findings.memory import find_memory_growth
from perftui.judgement.findings.rate_limits import find_rate_limit
from perftui.judgement.findings.spikes import find_spikes
from perftui.judgement.findings.stalls import find_stalls, stalls_of
from perftui.judgement.findings.two_groups import find_two_groups
from perftui.model.judged import Finding
from perftui.model.totals import RunTotals

__all__ = ["Evidence", "find"]


def find(evidence: Evidence, measured: RunTotals) -> tuple[Finding, ...]:
    """The findings, most important first. `measured` adds up the ticks that `evidence` was told are measured.

    Stalls and rate limits are looked for in the whole run, all else in its measured part.
    """
    stalls = stalls_of(evidence)
    drift = drift_of(evidence)
    # What makes the numbers doubtful, what broke, what changed, what is only notable.
    return (
        *find_generator_limit(evidence, measured),
        *find_local_errors(measured),
        *find_dropped_arrivals(evidence.drops, measured),
        *find_stalls(stalls),
        *find_failures(evidence, measured),
        *find_rate_limit(evidence.limits),
        *drift.findings,
        *find_memory_growth(evidence),
        *find_spikes(evidence, stalls, drift.jump),
        *find_two_groups(measured, drift.jump),
        *find_few_samples(evidence, measured),
    )
