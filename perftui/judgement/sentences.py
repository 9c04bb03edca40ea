"""The verdict in words: three to six plain sentences, each with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from perftui import exit_codes
from perftui.judgement.quantities import format_quantity, format_span
from perftui.model.duration import format_clock
from perftui.model.histogram import Histogram
from perftui.model.judged import Finding, ThresholdResult, ThresholdState
from perftui.model.record import Verdict
from perftui.model.totals import RunTotals

MAX_SENTENCES = 6
# Of failed thresholds, so many are said in the words; the table has all.
_MAX_NAMED = 3

_HEADS = {Verdict.PASSED: "Passed", Verdict.ACCEPTABLE: "Acceptable"}


def sentences_of(
    whole: RunTotals,
    measured: RunTotals,
    verdict: Verdict,
    exit_code: int,
    reasons: Mapping[int, str],
    thresholds: Sequence[ThresholdResult],
    findings: Sequence[Finding],
) -> tuple[str, ...]:
    """`reasons` are all that hold, by exit code, `exit_code` is what decided; `findings` the most important first."""
    said = [_head(whole, verdict, exit_code, reasons, thresholds)]
    said += [_whole(f"Also: {each}") for code, each in reasons.items() if code != exit_code and whole.total.requests]
    if measured.total.requests:
        said.append(_numbers(measured))
    else:
        said += _nothing_judged(whole)
    said += list(_notes(whole, measured, reasons, thresholds, findings))
    return tuple(said[:MAX_SENTENCES])


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _nothing_judged(whole: RunTotals) -> list[str]:
    """What happened all the same."""
    users = counted(whole.max_user_count, "user")
    if whole.total.requests:
        return [
            f"In the whole run, {_numbers(whole)}",
            f"Up to {users} were there; nothing of that is judged, so nothing can be said about response times.",
        ]
    return [
        f"Up to {users} ran for {format_span(whole.elapsed_s)}.",
        "Without a response nothing can be said about response times or failures.",
    ]


def _head(
    whole: RunTotals,
    verdict: Verdict,
    exit_code: int,
    reasons: Mapping[int, str],
    thresholds: Sequence[ThresholdResult],
) -> str:
    reason = reasons.get(exit_code, "finished as planned")
    if whole.total.requests == 0:
        # What the locustfile did is why there is none.
        why = reasons.get(exit_codes.LOCUSTFILE) or reasons.get(exit_codes.NO_DATA, reason)
        return _whole(f"NO RESULT: {why}")
    failed = [each for each in thresholds if each.state is ThresholdState.FAILED]
    if exit_code == exit_codes.FAILED and failed:
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
    if verdict is Verdict.PASSED:
        return f"{head}: {reason}; no threshold judged it."
    return _whole(f"{head}: {reason}")


def _whole(sentence: str) -> str:
    """A reason may be a question: "Did you mean X?"."""
    return sentence if sentence.endswith(("?", "!", ".")) else f"{sentence}."


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
    times = _percentiles(total.times())
    response_times = _percentiles(total.response_times)
    if times and response_times:
        times = f"service times (from the send) {times}; response times (from the intended start) {response_times}"
    return (
        f"{counted(total.requests, 'request')} in {format_span(duration_s)}{rate} "
        f"from up to {counted(measured.max_user_count, 'user')}{f': {times}' if times else ''}."
    )


def _percentiles(times: Histogram) -> str:
    known = zip(("p50", "p95", "p99"), times.percentiles_ms((50, 95, 99)), strict=True)
    return ", ".join(f"{name} {format_quantity(value, 'ms')}" for name, value in known if value is not None)


def _notes(
    whole: RunTotals,
    measured: RunTotals,
    reasons: Mapping[int, str],
    thresholds: Sequence[ThresholdResult],
    findings: Sequence[Finding],
) -> Iterator[str]:
    """What else is worth a sentence, the most important first."""
    # Whoever is used to tools that fail a run for one failed request is to know.
    note = " (failures alone do not fail a run)" if not reasons and not thresholds else ""
    if measured.total.requests and not measured.total.failed:
        yield "No request failed."
    for each in findings:
        text = _unsaid(each.text, reasons) if each.kind == "generator" else each.text
        if text:
            yield f"{text.removesuffix('.')}{note}." if each.kind == "failures" else text
    if whole.exceptions and exit_codes.LOCUSTFILE not in reasons:
        count = sum(group.count for group in whole.exceptions.values())
        kind = counted(len(whole.exceptions), "kind")
        yield f"User code raised {counted(count, 'exception')} of {kind}."
    if whole.abandoned:
        was = "was" if whole.abandoned == 1 else "were"
        by = "an exception in user code" if whole.exceptions else "user code"
        cause = f"cut off by the end of the load, or left by {by}"
        yield f"{counted(whole.abandoned, 'request')} {was} sent and never reported: {cause}."


def _unsaid(text: str, reasons: Mapping[int, str]) -> str:
    """The clauses of `text` that no reason is made of."""
    said = "; ".join(reasons.values()).casefold()
    clauses = [each for each in text.removesuffix(".").split("; ") if each.casefold() not in said]
    return f"{'; '.join(clauses)}." if clauses else ""
