"""How a run ended, and what that is worth as a verdict and an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perftui import exit_codes
from perftui.judgement.sentences import MAX_SENTENCES, counted, sentences_of
from perftui.judgement.trust import run_trust
from perftui.model.capacity import CapacityResult
from perftui.model.duration import format_duration
from perftui.model.judged import Finding, ThresholdResult, ThresholdState, Trust
from perftui.model.record import Outcome, Verdict
from perftui.model.run_state import RunState
from perftui.model.totals import RunTotals


@dataclass(frozen=True, slots=True)
class Ending:
    """What the conductor knows of the end; each text is one clause for a person, empty where it does not apply.

    `stop_code` is the exit code of an early stop (a signal's, or STOPPED_EARLY), 0 where the run ended as planned.
    `workers_lost` names load workers that were gone for good while others went on, `workers_restarted` those that died
    and were started again: the numbers lack what they did last.
    """

    stopped: str = ""
    stop_code: int = exit_codes.OK
    engine_died: str = ""
    locustfile_fault: str = ""
    incomplete: str = ""
    locust_exit_code: int | None = None
    workers_lost: str = ""
    workers_restarted: str = ""


# What a sealed outcome's warnings begin with where `Ending.workers_lost` and `workers_restarted` say something.
LOST_WORKERS = "lost load worker"
RESTARTED_WORKERS = "restarted load worker"


def ending_of(outcome: Outcome) -> Ending:
    """How the run ended, as far as its outcome still says."""
    lost, restarted = (
        next((each for each in outcome.warnings if each.startswith(head)), "")
        for head in (LOST_WORKERS, RESTARTED_WORKERS)
    )
    return replace(_ending_of(outcome, lost), workers_lost=lost, workers_restarted=restarted)


def _ending_of(outcome: Outcome, lost: str) -> Ending:
    if outcome.locust_exit_code and outcome.exit_code == _own_exit_code(outcome.locust_exit_code):
        return Ending(locust_exit_code=outcome.locust_exit_code)
    if outcome.state is RunState.STOPPED:
        return Ending(stopped=outcome.reason, stop_code=outcome.exit_code)
    if outcome.exit_code == exit_codes.ENGINE_DIED and outcome.reason != lost:
        return Ending(engine_died=outcome.reason)
    if outcome.exit_code in (exit_codes.LOCUSTFILE, exit_codes.INCOMPLETE):
        fault = outcome.reason if outcome.exit_code == exit_codes.LOCUSTFILE else ""
        return Ending(locustfile_fault=fault, incomplete="" if fault else outcome.reason)
    return Ending(locust_exit_code=outcome.locust_exit_code)


def _own_exit_code(locust_exit_code: int) -> int:
    # The kernel keeps eight bits of it, and a code that was meant as a failure must not become 0.
    return locust_exit_code & 0xFF or 1


@dataclass(frozen=True, slots=True)
class Judgement:
    state: RunState
    verdict: Verdict
    trust: Trust
    exit_code: int
    reason: str
    sentences: tuple[str, ...]
    thresholds: tuple[ThresholdResult, ...]
    findings: tuple[Finding, ...]
    capacity: CapacityResult | None = None


def judge(
    whole: RunTotals,
    measured: RunTotals,
    ending: Ending,
    *,
    thresholds: Sequence[ThresholdResult] = (),
    findings: Sequence[Finding] = (),
    must_be_trusted: bool = False,
    is_strict: bool = False,
    capacity: CapacityResult | None = None,
) -> Judgement:
    """The verdict on a run: `measured` is the part of `whole` that is judged, by `thresholds` among others.

    Every reason that holds is said; the exit code is the first of them in `exit_codes.PRECEDENCE`. A locustfile's
    own exit code is passed through where nothing else is wrong: its author has judged the run. With `is_strict`, what
    is only acceptable fails. A search for capacity is judged by what it found.
    """
    found = _capacity_reasons(capacity, ending)
    reasons = found | _reasons(whole, measured, ending) | _threshold_reasons(thresholds, is_strict=is_strict)
    if exit_codes.NO_DATA not in reasons and whole.total.requests and not measured.total.requests:
        reasons[exit_codes.NO_DATA] = "no request ended in the part of the run that is judged"
    trust, doubt = run_trust(measured)
    gone = "; ".join(filter(None, (ending.workers_lost, ending.workers_restarted)))
    if gone:
        trust = Trust.LIMITED if trust is Trust.OK else trust
        text = f"{gone[0].upper()}{gone[1:]}: what was done there last is in no number."
        findings = (Finding("load workers", text), *findings)
    if ending.workers_lost and must_be_trusted:
        reasons.setdefault(exit_codes.ENGINE_DIED, ending.workers_lost)
    if trust is Trust.BAD and must_be_trusted:
        why = f"{gone}; {doubt}" if gone else doubt
        reasons[exit_codes.UNTRUSTED] = f"the measurement cannot be trusted: {why}"
    exit_code = next(code for code in exit_codes.PRECEDENCE if code in reasons or code == exit_codes.OK)
    verdict = _verdict(exit_code, whole)
    own_code = ending.locust_exit_code
    if exit_code == exit_codes.OK and own_code:
        exit_code = _own_exit_code(own_code)
        reasons = {exit_code: f"the locustfile set the exit code {own_code}"}
        verdict = Verdict.FAILED
    elif verdict is Verdict.PASSED and _in_state(thresholds, ThresholdState.ACCEPTABLE):
        verdict = Verdict.ACCEPTABLE
    return Judgement(
        state=_state(ending),
        verdict=verdict,
        trust=trust,
        exit_code=exit_code,
        reason=reasons.get(exit_code, "finished as planned" if capacity is None else _said(capacity)),
        sentences=_with_capacity(
            capacity,
            exit_code == exit_codes.OK or exit_code in found,
            sentences_of(whole, measured, verdict, exit_code, reasons, thresholds, findings),
        ),
        thresholds=tuple(thresholds),
        findings=tuple(findings),
        capacity=capacity,
    )


def _capacity_reasons(capacity: CapacityResult | None, ending: Ending) -> dict[int, str]:
    """Empty where it was found, where all held that was asked for, and where the run did not come that far."""
    if capacity is None or capacity.is_all or ending.stop_code != exit_codes.OK:
        return {}
    if capacity.is_reached:
        return {} if capacity.highest else {exit_codes.FAILED: _said(capacity)}
    return {exit_codes.NO_DATA: _said(capacity)}


def _said(capacity: CapacityResult) -> str:
    return capacity.text.removesuffix(".")


def _with_capacity(capacity: CapacityResult | None, is_head: bool, sentences: tuple[str, ...]) -> tuple[str, ...]:
    """What was found stands first where nothing else decided, else behind what did."""
    if capacity is None:
        return sentences
    said = (capacity.text, *sentences[1:]) if is_head else (sentences[0], capacity.text, *sentences[1:])
    return said[:MAX_SENTENCES]


def _in_state(thresholds: Sequence[ThresholdResult], state: ThresholdState) -> list[ThresholdResult]:
    return [each for each in thresholds if each.state is state]


def _threshold_reasons(thresholds: Sequence[ThresholdResult], *, is_strict: bool) -> dict[int, str]:
    reasons: dict[int, str] = {}
    failed = _in_state(thresholds, ThresholdState.FAILED)
    acceptable = _in_state(thresholds, ThresholdState.ACCEPTABLE) if is_strict else []
    without = _in_state(thresholds, ThresholdState.NO_DATA)
    if failed:
        reasons[exit_codes.FAILED] = f"{_share_of(failed, thresholds)} failed: {_first(failed)}"
    elif acceptable:
        reasons[exit_codes.FAILED] = f"{_share_of(acceptable, thresholds)} only acceptable: {_first(acceptable)}"
    if without:
        reasons[exit_codes.NO_DATA] = f"{_share_of(without, thresholds)} had no data: {_first(without)}"
    return reasons


def _share_of(some: Sequence[ThresholdResult], every: Sequence[ThresholdResult]) -> str:
    return f"{len(some)} of {counted(len(every), 'threshold')}"


def _first(results: Sequence[ThresholdResult]) -> str:
    """The one that is furthest beyond, in words."""
    return min(results, key=lambda each: each.margin if each.margin is not None else 0.0).text


def _reasons(whole: RunTotals, measured: RunTotals, ending: Ending) -> dict[int, str]:
    reasons: dict[int, str] = {}
    if ending.engine_died:
        reasons[exit_codes.ENGINE_DIED] = ending.engine_died
    if ending.locustfile_fault:
        reasons[exit_codes.LOCUSTFILE] = ending.locustfile_fault
    if ending.incomplete:
        reasons[exit_codes.INCOMPLETE] = ending.incomplete
    if ending.stop_code != exit_codes.OK:
        reasons[ending.stop_code] = ending.stopped
    if whole.total.requests == 0:
        if whole.exceptions and not whole.started and exit_codes.LOCUSTFILE not in reasons:
            first = max(whole.exceptions.values(), key=lambda group: group.count)
            reasons[exit_codes.LOCUSTFILE] = f"no request was sent: user code raised {first.message}"
        reasons[exit_codes.NO_DATA] = _no_result(whole)
    elif measured.total.requests and measured.total.succeeded == 0:
        reasons[exit_codes.FAILED] = f"every one of the {counted(measured.total.requests, 'request')} failed"
    return reasons


def _no_result(whole: RunTotals) -> str:
    duration = format_duration(round(whole.elapsed_s, 1))
    if whole.local_errors:
        message = max(whole.local_errors, key=lambda each: whole.local_errors[each])
        return f"this machine could not send {counted(sum(whole.local_errors.values()), 'request')}: {message}"
    if whole.started == 0:
        return f"no request was sent in {duration}"
    verb = "was" if whole.started == 1 else "were"
    return f"{counted(whole.started, 'request')} {verb} started and none finished in {duration}"


def _state(ending: Ending) -> RunState:
    if ending.engine_died or ending.locustfile_fault:
        return RunState.FAILED
    return RunState.STOPPED if ending.stop_code != exit_codes.OK else RunState.FINISHED


_EARLY = (
    exit_codes.STOPPED_EARLY,
    exit_codes.HANGUP,
    exit_codes.INTERRUPTED,
    exit_codes.TERMINATED,
    exit_codes.ENGINE_DIED,
)


def _verdict(exit_code: int, whole: RunTotals) -> Verdict:
    if exit_code == exit_codes.OK:
        return Verdict.PASSED
    if exit_code == exit_codes.NO_DATA or whole.total.requests == 0:
        return Verdict.NO_DATA
    return Verdict.ABORTED if exit_code in _EARLY else Verdict.FAILED
