"""What all formats say, so that they say the same."""

from __future__ import annotations

import math
from collections.abc import Iterable

from perftui.judgement.trust import run_trust
from perftui.judgement.verdict import LOST_WORKERS, RESTARTED_WORKERS
from perftui.model.duration import format_clock
from perftui.model.histogram import Histogram
from perftui.model.judged import ThresholdResult, ThresholdState, Trust
from perftui.model.load_workers import LoadWorkerRow
from perftui.model.record import Accounting, Record, accounting_of
from perftui.model.text import clean, mask_secrets
from perftui.model.tick import PATIENCE_S
from perftui.model.totals import ExceptionGroup, FailureGroup, RequestTotals

MAX_LINE_LENGTH = 1000
MAX_LINES = 200
SERVICE_TIME = "Service time (from the send)"
RESPONSE_TIME = "Response time (from the intended start)"
CLOSED_MODEL = (
    "Closed model: each user waits for an answer before its next request, so a stall of the target also delays what "
    "would have come, and service times hide it. docs/runs.md says how to see it."
)


def duration_s(record: Record) -> float:
    """Seconds that the numbers of the record cover."""
    return record.totals.covered_s


def covered_text(record: Record) -> str:
    """Which part of the run the numbers cover, as a sentence; empty where that is the whole run, as always."""
    if record.window.is_whole:
        return f"Numbers cover the whole run: {record.window.why}." if record.window.why else ""
    whole_s, covered_s = record.whole.elapsed_s, record.totals.covered_s
    if not covered_s:
        return f"No second of the run is judged: {record.window.why}."
    end_s = record.totals.elapsed_s
    return (
        f"Numbers cover {format_clock(end_s - covered_s)} to {format_clock(end_s)} of {format_clock(whole_s)}: "
        f"{record.window.why}."
    )


def thresholds_in_order(results: Iterable[ThresholdResult]) -> list[ThresholdResult]:
    """What is worst first; of the same state, what has the least to spare, and what has no margin."""
    return sorted(
        results,
        key=lambda each: (-_WORST_LAST.index(each.state), -math.inf if each.margin is None else each.margin),
    )


_WORST_LAST = list(ThresholdState)

THRESHOLD_MARKS = {
    ThresholdState.PASSED: "✓",
    ThresholdState.ACCEPTABLE: "~",
    ThresholdState.NO_DATA: "∅",
    ThresholdState.FAILED: "✗",
}


def margin_text(result: ThresholdResult) -> str:
    """How much there is to spare, or how far it is beyond, as a share of the target."""
    if result.margin is None:
        return ""
    return f"{abs(result.margin):.0%} {'to spare' if result.margin >= 0 else 'beyond'}"


def per_s(count: int, seconds: float) -> float:
    return count / seconds if seconds > 0 else 0.0


def round_ms(time_ms: float | None) -> float | None:
    """To the microsecond, which is what was measured."""
    return None if time_ms is None else round(time_ms, 3)


def percentiles_ms(times: Histogram, percents: tuple[float, ...]) -> list[float | None]:
    return [round_ms(each) for each in times.percentiles_ms(percents)]


def requests_in_order(record: Record) -> list[RequestTotals]:
    """By name, then method: Locust's order."""
    return sorted(record.totals.by_request.values(), key=lambda each: (each.name, each.method))


def failures_in_order(record: Record) -> list[FailureGroup]:
    """The most frequent first."""
    groups = record.totals.failures.values()
    return sorted(groups, key=lambda group: (-group.count, group.name, group.method, group.message))


def exceptions_in_order(record: Record) -> list[ExceptionGroup]:
    """The most frequent first."""
    return sorted(record.totals.exceptions.values(), key=lambda group: (-group.count, group.traceback))


def accounting(record: Record) -> Accounting:
    """The outcome's; of a run that was never sealed, with what was in flight at its last tick as abandoned."""
    if record.outcome is not None:
        return record.outcome.accounting
    return accounting_of(record.whole)


def arrivals_text(counted: Accounting) -> str:
    """What became of the tasks of an arrival rate, once each; empty where none was due."""
    if not counted.scheduled and not counted.dropped:
        return ""
    return (
        f"Every task that was due, once: {counted.scheduled:,} scheduled = {counted.started_tasks:,} started + "
        f"{counted.dropped:,} dropped (no user for {PATIENCE_S:g} s) + {counted.waiting:,} still waiting at the end"
    )


def local_errors_text(record: Record) -> str:
    """What this machine could not send, of the whole run; empty where there was none."""
    counts = sorted(record.whole.local_errors.items(), key=lambda item: -item[1])
    if not counts:
        return ""
    total = sum(count for _, count in counts)
    named = "; ".join(f"{message} ({count:,})" for message, count in counts)
    noun = "request" if total == 1 else "requests"
    return f"This machine could not send {total:,} {noun}, which are not the target's failures: {named}"


def late_text(record: Record) -> str:
    """In how many seconds of the whole run the generator was late; empty where it never was."""
    late = record.whole.strained_ticks
    if not late:
        return ""
    return (
        f"In {late:,} of {record.whole.ticks:,} seconds the generator itself was late: the times of these seconds are "
        "too high, and not the target's alone"
    )


def trust_text(record: Record) -> str:
    """Why the numbers are not, or not quite, to be believed; empty where they are, and of a run that was not sealed."""
    if record.outcome is None or record.outcome.trust is Trust.OK:
        return ""
    is_bad = record.outcome.trust is Trust.BAD
    head = "The numbers cannot be trusted" if is_bad else "The numbers are to be read with care"
    reason = run_trust(record.totals)[1] or next(filter(_is_of_workers, record.outcome.warnings), "")
    return f"{head}: {reason}" if reason else head


def warnings_of(record: Record) -> list[str]:
    """What a reader has to know before the numbers, in the words of perftui; not yet cleaned."""
    trust = trust_text(record)
    return [
        *(each for each in (record.outcome.warnings if record.outcome else ()) if each not in trust),
        *doubts_of(record),
    ]


def doubts_of(record: Record) -> list[str]:
    """What speaks against the numbers, as far as the verdict has not said it."""
    head, _, reason = trust_text(record).partition(": ")
    said = " ".join(record.sentences).casefold()
    trust = f"{head}: {reason}" if reason and reason.casefold() not in said else head
    late = "" if _LATE in f"{said} {trust}".casefold() else late_text(record)
    return [each for each in (trust, late, local_errors_text(record)) if each]


# How the verdict and the trust begin to say what `late_text` says.
_LATE = "the generator was late in"


def _is_of_workers(warning: str) -> bool:
    return warning.startswith((LOST_WORKERS, RESTARTED_WORKERS))


def load_worker_text(worker: LoadWorkerRow, warnings: Iterable[str] = ()) -> str:
    """What became of it, in words; `warnings` are those of the run's outcome."""
    times = f" {worker.lost:,} times" if worker.lost > 1 else ""
    back = "" if not worker.lost else ", came back" if worker.returned >= worker.lost else ""
    if back and any(each.startswith(RESTARTED_WORKERS) and f" {worker.name} (" in each for each in warnings):
        back = ", started again"
    if worker.state == "missing":
        return f"lost{times}" + (", at last for good" if worker.returned else "")
    gone = "left" if worker.state == "left" else ""
    lost = f"lost{times}{back}" if worker.lost else ""
    return ", ".join(filter(None, (lost, gone))) or "stayed"


def one_line(text: str) -> str:
    """Foreign text as one line without control characters or secrets; not yet escaped for its sink."""
    return clean(mask_secrets(text), MAX_LINE_LENGTH)


def lines_of(text: str) -> str:
    """Foreign text, such as a traceback, line by line as `one_line`."""
    # Of "\n" alone: what else str.splitlines takes for an end of line is to be seen.
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = ["…"]
    return "\n".join(map(one_line, lines))
