"""The verdict in words: three to six plain sentences, each with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from perftui import exit_codes
from perftui.judgement.quantities import format_quantity
from perftui.judgement.trust import trust_of
from perftui.model.duration import format_clock, format_duration
from perftui.model.judged import Finding, ThresholdResult, ThresholdState
from perftui.model.record import Trust, Verdict
from perftui.model.totals import RunTotals

MAX_SENTENCES = 6
# Of failed thresholds, so many are said in the words; the table has all.
_MAX_NAMED = 3

_HEADS = {Verdict.PASSED: "Passed", Verdict.ACCEPTABLE: "Acceptable"}


def sentences_of(
    whole: RunTotals,
    measured: RunTotals,
    verdict: Verdict,
    reason: str,
    reasons: Mapping[int, str],
    thresholds: Sequence[ThresholdResult],
    findings: Sequence[Finding],
) -> tuple[str, ...]:
    """`reason` is what decided, `reasons` all that hold, by exit code; `findings` the most important first."""
    said = [_head(whole, verdict, reason, thresholds)]
    said += [f"Also: {each}." for each in reasons.values() if each != reason and whole.total.requests]
    if measured.total.requests:
        said.append(_numbers(measured))
    said += list(_notes(whole, measured, reasons, thresholds, findings))
    return tuple(said[:MAX_SENTENCES])


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _head(whole: RunTotals, verdict: Verdict, reason: str, thresholds: Sequence[ThresholdResult]) -> str:
    if whole.total.requests == 0:
        return f"NO RESULT: {reason}."
    failed = [each for each in thresholds if each.state is ThresholdState.FAILED]
    if verdict is Verdict.FAILED and failed and failed[0].text and " failed: " in reason:
        named = "; ".join(map(_failed_text, failed[:_MAX_NAMED]))
        more = f" and {len(failed) - _MAX_NAMED} more" if len(failed) > _MAX_NAMED else ""
        return f"Not passed: {len(failed)} of {counted(len(thresholds), 'threshold')} failed: {named}{more}."
    head = _HEADS.get(verdict, "Not passed")
    if verdict is Verdict.ACCEPTABLE:
        beyond = [each for each in thresholds if each.state is ThresholdState.ACCEPTABLE]
        named = "; ".join(each.text for each in beyond[:_MAX_NAMED])
        return f"{head}: {len(beyond)} of {counted(len(thresholds), 'threshold')} missed the target: {named}."
    if verdict is Verdict.PASSED and thresholds:
        return f"{head}: {_all_hold(thresholds)}."
    return f"{head}: {reason}."


def _all_hold(thresholds: Sequence[ThresholdResult]) -> str:
    known = [each for each in thresholds if each.margin is not None]
    hold = {1: "the threshold holds", 2: "both thresholds hold"}.get(
        len(thresholds), f"all {len(thresholds)} thresholds hold"
    )
    if not known:
        return hold
    closest = min(known, key=lambda each: each.margin or 0.0)
    joint = ", " if len(thresholds) == 1 else ", the closest is "
    return f"{hold}{joint}{closest.text} ({closest.margin:.0%} to spare)"


def _failed_text(result: ThresholdResult) -> str:
    if result.failed_since_s is None:
        return result.text
    since = format_clock(result.failed_since_s)
    if result.failed_until_s is None:
        return f"{result.text}, since {since}"
    return f"{result.text}, from {since} to {format_clock(result.failed_until_s)}"


def _numbers(measured: RunTotals) -> str:
    total, duration_s = measured.total, measured.covered_s
    # A rate of a fraction of a second says little.
    rate = f" ({total.requests / duration_s:,.1f} rps)" if duration_s >= 1 else ""
    known = zip(("p50", "p95", "p99"), total.times().percentiles_ms((50, 95, 99)), strict=True)
    times = ", ".join(f"{name} {format_quantity(value, 'ms')}" for name, value in known if value is not None)
    return (
        f"{counted(total.requests, 'request')} in {format_duration(round(duration_s, 1))}{rate} "
        f"from up to {counted(measured.max_user_count, 'user')}{f': {times}' if times else ''}."
    )


def _notes(
    whole: RunTotals,
    measured: RunTotals,
    reasons: Mapping[int, str],
    thresholds: Sequence[ThresholdResult],
    findings: Sequence[Finding],
) -> Iterator[str]:
    """What else is worth a sentence, the most important first."""
    kinds = {each.kind for each in findings}
    # Whoever is used to tools that fail a run for one failed request is to know.
    note = " (failures alone do not fail a run)" if not reasons and not thresholds else ""
    if "failures" not in kinds and measured.total.requests:
        yield _failures(measured, note)
    for each in findings:
        yield f"{each.text.removesuffix('.')}{note}." if each.kind == "failures" else each.text
    if "generator" not in kinds and trust_of(measured) is not Trust.OK:
        yield (
            f"In {measured.strained_ticks:,} of {measured.ticks:,} seconds the generator itself was late: "
            "times of these seconds are too high."
        )
    if whole.exceptions and exit_codes.LOCUSTFILE not in reasons:
        count = sum(group.count for group in whole.exceptions.values())
        kind = counted(len(whole.exceptions), "kind")
        yield f"User code raised {counted(count, 'exception')} of {kind}."
    if whole.abandoned:
        yield f"{counted(whole.abandoned, 'request')} still running when the load ended: abandoned."


def _failures(measured: RunTotals, note: str) -> str:
    total = measured.total
    if not total.failed:
        return "No request failed."
    worst = max(measured.failures.values(), key=lambda group: group.count, default=None)
    cause = f"; most often {worst.method} {worst.name}: {worst.message} ({worst.count:,})" if worst else ""
    return f"{counted(total.failed, 'request')} failed ({total.failed / total.requests:.2%}){cause}{note}."
