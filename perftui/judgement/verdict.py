"""How a run ended, what that is worth as an exit code, and the verdict in words."""

from __future__ import annotations

from dataclasses import dataclass

from perftui import exit_codes
from perftui.model.duration import format_duration
from perftui.model.record import Trust, Verdict
from perftui.model.run_state import RunState
from perftui.model.totals import RunTotals

# A generator that was late for more than one second and more than this share of them is worth a sentence: the first
# second, in which user code is used for the first time, often is.
LIMITED_ABOVE = 0.05
# Above this share most of what was measured is the generator.
BAD_ABOVE = 0.5


@dataclass(frozen=True, slots=True)
class Ending:
    """What the conductor knows of the end; each text is one clause for a person, empty where it does not apply.

    `stop_code` is the exit code of an early stop (a signal's, or STOPPED_EARLY), 0 where the run ended as planned.
    """

    stopped: str = ""
    stop_code: int = exit_codes.OK
    engine_died: str = ""
    locustfile_fault: str = ""
    incomplete: str = ""
    locust_exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    state: RunState
    verdict: Verdict
    trust: Trust
    exit_code: int
    reason: str
    sentences: tuple[str, ...]


def trust_of(totals: RunTotals) -> Trust:
    """Whether the generator was quick enough to be believed, by the share of seconds in which it was not."""
    strained = totals.strained_ticks
    if strained <= max(1, totals.ticks * LIMITED_ABOVE):
        return Trust.OK
    return Trust.LIMITED if strained <= totals.ticks * BAD_ABOVE else Trust.BAD


def judge(
    totals: RunTotals, ending: Ending, duration_s: float, warm_up_s: float = 0.0, *, must_be_trusted: bool = False
) -> Judgement:
    """The verdict on a run of `duration_s` seconds of load, the first `warm_up_s` of them said to be warm-up.

    Every reason that holds is said; the exit code is the first of them in `exit_codes.PRECEDENCE`. A locustfile's
    own exit code is passed through where nothing else is wrong: its author has judged the run.
    """
    reasons = _reasons(totals, ending, duration_s)
    trust = trust_of(totals)
    if trust is Trust.BAD and must_be_trusted:
        reasons[exit_codes.UNTRUSTED] = "the generator was late for most of the run"
    exit_code = next(code for code in exit_codes.PRECEDENCE if code in reasons or code == exit_codes.OK)
    reason = reasons.get(exit_code, "finished as planned")
    verdict = _verdict(exit_code, reasons)
    own_code = ending.locust_exit_code
    if exit_code == exit_codes.OK and own_code:
        # The kernel keeps eight bits of it, and a code that was meant as a failure must not become 0.
        exit_code, reason = own_code & 0xFF or 1, f"the locustfile set the exit code {own_code}"
        verdict = Verdict.FAILED
    return Judgement(
        state=_state(ending),
        verdict=verdict,
        trust=trust,
        exit_code=exit_code,
        reason=reason,
        sentences=_sentences(totals, duration_s, warm_up_s, exit_code, reason, reasons),
    )


def _reasons(totals: RunTotals, ending: Ending, duration_s: float) -> dict[int, str]:
    reasons: dict[int, str] = {}
    total = totals.total
    if ending.engine_died:
        reasons[exit_codes.ENGINE_DIED] = ending.engine_died
    if ending.locustfile_fault:
        reasons[exit_codes.LOCUSTFILE] = ending.locustfile_fault
    if ending.incomplete:
        reasons[exit_codes.INCOMPLETE] = ending.incomplete
    if ending.stop_code != exit_codes.OK:
        reasons[ending.stop_code] = ending.stopped
    if total.requests == 0:
        if totals.exceptions and not totals.started and exit_codes.LOCUSTFILE not in reasons:
            first = max(totals.exceptions.values(), key=lambda group: group.count)
            reasons[exit_codes.LOCUSTFILE] = f"no request was sent: user code raised {first.message}"
        reasons[exit_codes.NO_DATA] = _no_result(totals, duration_s)
    elif total.succeeded == 0:
        reasons[exit_codes.FAILED] = f"every one of the {_counted(total.requests, 'request')} failed"
    return reasons


def _no_result(totals: RunTotals, duration_s: float) -> str:
    if totals.started == 0:
        return f"no request was sent in {format_duration(round(duration_s, 1))}"
    started = _counted(totals.started, "request")
    verb = "was" if totals.started == 1 else "were"
    return f"{started} {verb} started and none finished in {format_duration(round(duration_s, 1))}"


def _state(ending: Ending) -> RunState:
    if ending.engine_died or ending.locustfile_fault:
        return RunState.FAILED
    return RunState.STOPPED if ending.stop_code != exit_codes.OK else RunState.FINISHED


def _verdict(exit_code: int, reasons: dict[int, str]) -> Verdict:
    if exit_code == exit_codes.OK:
        return Verdict.PASSED
    if exit_codes.NO_DATA in reasons:
        return Verdict.NO_DATA
    early = (exit_codes.STOPPED_EARLY, exit_codes.HANGUP, exit_codes.INTERRUPTED, exit_codes.TERMINATED)
    return Verdict.ABORTED if exit_code in (*early, exit_codes.ENGINE_DIED) else Verdict.FAILED


def _sentences(
    totals: RunTotals, duration_s: float, warm_up_s: float, exit_code: int, reason: str, reasons: dict[int, str]
) -> tuple[str, ...]:
    total = totals.total
    head = "Passed" if exit_code == exit_codes.OK else "Not passed"
    if exit_codes.NO_DATA in reasons:
        head = "NO RESULT"
    said = [f"{head}: {reason}."]
    said += [f"Also: {each}." for code, each in reasons.items() if each != reason and code != exit_codes.NO_DATA]
    if total.requests:
        p50, p95, p99 = total.times().percentiles_ms((50, 95, 99))
        # A rate of a fraction of a second says little.
        rate = f" ({total.requests / duration_s:,.1f} rps)" if duration_s >= 1 else ""
        times = f": p50 {p50:,.3g} ms, p95 {p95:,.3g} ms, p99 {p99:,.3g} ms" if p50 is not None else ""
        said.append(
            f"{_counted(total.requests, 'request')} in {format_duration(round(duration_s, 1))}{rate} "
            f"from up to {_counted(totals.max_user_count, 'user')}{times}."
        )
        said.append(_failures(totals))
        if total.failed and exit_code == exit_codes.OK:
            said.append("Failures alone do not fail a run.")
        if warm_up_s:
            said.append(f"The first {format_duration(warm_up_s)} were warm-up and are part of these numbers.")
    if totals.abandoned:
        said.append(f"{_counted(totals.abandoned, 'request')} still running when the load ended: abandoned.")
    if totals.exceptions and exit_code != exit_codes.LOCUSTFILE:
        count = sum(group.count for group in totals.exceptions.values())
        kinds = _counted(len(totals.exceptions), "kind")
        said.append(f"User code raised {_counted(count, 'exception')} of {kinds}.")
    if trust_of(totals) is not Trust.OK:
        said.append(
            f"In {totals.strained_ticks:,} of {totals.ticks:,} seconds the generator itself was late: "
            "times of these seconds are too high."
        )
    return tuple(said)


def _failures(totals: RunTotals) -> str:
    total = totals.total
    if not total.failed:
        return "No request failed."
    worst = max(totals.failures.values(), key=lambda group: group.count, default=None)
    cause = f"; most often {worst.method} {worst.name}: {worst.message} ({worst.count:,})" if worst else ""
    return f"{_counted(total.failed, 'request')} failed ({total.failed / total.requests:.2%}){cause}."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
