"""Which exit code each ending earns, and that the words carry the numbers."""

from __future__ import annotations

from typing import Any

import pytest

from perftui import exit_codes
from perftui.judgement.findings import Evidence, find
from perftui.judgement.verdict import Ending, Judgement, ending_of, judge
from perftui.model.capacity import CapacityResult
from perftui.model.judged import Finding, ThresholdResult, ThresholdState, Trust
from perftui.model.record import Accounting, Outcome, Verdict
from perftui.model.run_state import RunState
from perftui.model.tick import ExceptionDelta, FailureDelta, Tick
from tests.fakes.scheduled_runs import scheduled_ticks
from tests.fakes.ticks import delta, late_tick, tick, total_of

GOOD = [tick(0, delta("/a", (10, 20, 30)))]
ALL_FAILED = [tick(0, delta("/a", (), (1, 1)), failures=(FailureDelta("GET", "/a", "refused", 2, 0.1, 0.2),))]
HUNG = [tick(0, started=5, in_flight=5), tick(1, started=0, abandoned=5)]
RAISED = [tick(0, exceptions=(ExceptionDelta("KeyError: 'a'", "trace", 3),))]


def judge_all(ticks: list[Tick], ending: Ending | None = None, **options: Any) -> Judgement:
    """The verdict on a run that is judged whole, with what the rules found in it."""
    evidence = Evidence()
    for each in ticks:
        evidence.add(each, True)
    totals = total_of(ticks)
    return judge(totals, totals, ending or Ending(), **{"findings": find(evidence, totals), **options})


def result(
    state: ThresholdState, text: str, margin: float | None = None, since_s: float | None = None
) -> ThresholdResult:
    return ThresholdResult(text, text, state, 1.0, "ms", 10, 1.0, None, margin, since_s, None, text)


PASSED = result(ThresholdState.PASSED, "p50 20 ms, wanted < 50 ms", 0.6)
CLOSE = result(ThresholdState.PASSED, "p95 90 ms, wanted < 100 ms", 0.1)
ACCEPTABLE = result(ThresholdState.ACCEPTABLE, "rps 80/s, wanted > 100/s", -0.2)
FAILED = result(ThresholdState.FAILED, "p99 2 s, wanted < 1 s", -1.0, 72.0)
NO_DATA = result(ThresholdState.NO_DATA, "p95(/x) no data: no request matches '/x'")


@pytest.mark.parametrize(
    ("ticks", "ending", "code", "verdict", "state"),
    [
        (GOOD, Ending(), exit_codes.OK, Verdict.PASSED, RunState.FINISHED),
        ([], Ending(), exit_codes.NO_DATA, Verdict.NO_DATA, RunState.FINISHED),
        (HUNG, Ending(), exit_codes.NO_DATA, Verdict.NO_DATA, RunState.FINISHED),
        (RAISED, Ending(), exit_codes.LOCUSTFILE, Verdict.NO_DATA, RunState.FINISHED),
        (ALL_FAILED, Ending(), exit_codes.FAILED, Verdict.FAILED, RunState.FINISHED),
        (GOOD, Ending(engine_died="x"), exit_codes.ENGINE_DIED, Verdict.ABORTED, RunState.FAILED),
        (GOOD, Ending(locustfile_fault="x"), exit_codes.LOCUSTFILE, Verdict.FAILED, RunState.FAILED),
        (GOOD, Ending(incomplete="x"), exit_codes.INCOMPLETE, Verdict.FAILED, RunState.FINISHED),
        (GOOD, Ending(stopped="x", stop_code=143), exit_codes.TERMINATED, Verdict.ABORTED, RunState.STOPPED),
        (
            GOOD,
            Ending(stopped="x", stop_code=13),
            exit_codes.STOPPED_EARLY,
            Verdict.ABORTED,
            RunState.STOPPED,
        ),
        (GOOD, Ending(locust_exit_code=7), 7, Verdict.FAILED, RunState.FINISHED),
        (GOOD, Ending(locust_exit_code=11), 11, Verdict.FAILED, RunState.FINISHED),
        (GOOD, Ending(locust_exit_code=256), 1, Verdict.FAILED, RunState.FINISHED),
        ([], Ending(locust_exit_code=0), exit_codes.NO_DATA, Verdict.NO_DATA, RunState.FINISHED),
        (
            HUNG,
            Ending(engine_died="x", incomplete="y"),
            exit_codes.ENGINE_DIED,
            Verdict.NO_DATA,
            RunState.FAILED,
        ),
    ],
)
def test_each_ending_has_its_exit_code(
    ticks: list[Tick], ending: Ending, code: int, verdict: Verdict, state: RunState
) -> None:
    judgement = judge_all(ticks, ending)
    assert (judgement.exit_code, judgement.verdict, judgement.state) == (code, verdict, state)
    assert judgement.sentences[0].split(":")[0] == {
        exit_codes.OK: "Passed",
    }.get(code, "NO RESULT" if not total_of(ticks).total.requests else "Not passed")


def test_nothing_measured_is_said_with_its_numbers_and_no_zero_times() -> None:
    judgement = judge_all(HUNG)
    assert judgement.sentences[0] == "NO RESULT: 5 requests were started and none finished in 2s."
    assert "ms" not in " ".join(judgement.sentences)
    assert 3 <= len(judgement.sentences) <= 6


def test_what_the_locustfile_did_is_why_there_is_no_result() -> None:
    judgement = judge_all([], Ending(locustfile_fault="shop.py:7: StopTest: no host"))
    assert judgement.sentences[0] == "NO RESULT: shop.py:7: StopTest: no host."
    assert judge_all(RAISED).sentences[0] == "NO RESULT: no request was sent: user code raised KeyError: 'a'."


def test_of_what_was_never_reported_no_more_is_said_than_is_known() -> None:
    """The end cuts requests off, and an exception can leave a with-block before anything is reported."""
    never = "{} sent and never reported: cut off by the end of the load, or left by {}."
    assert judge_all(HUNG).sentences[-1] == never.format("5 requests were", "user code")
    raised = [*GOOD, tick(1, started=1, abandoned=1), *RAISED]
    assert judge_all(raised).sentences[-1] == never.format("1 request was", "an exception in user code")


def test_failures_are_said_with_share_and_cause() -> None:
    words = " ".join(judge_all(GOOD + ALL_FAILED).sentences)
    assert "Of 5 requests 2 failed" in words
    assert "refused" in words
    assert "(failures alone do not fail a run)." in words


@pytest.mark.parametrize(
    ("late", "lag_ms", "trust", "code"),
    [(1, 60, Trust.OK, 0), (8, 12, Trust.LIMITED, 0), (8, 60, Trust.BAD, exit_codes.UNTRUSTED)],
)
def test_a_run_of_a_late_generator_fails_where_that_is_asked(late: int, lag_ms: int, trust: Trust, code: int) -> None:
    ticks = [tick(seq, delta("/a", (20,) * 100), hub_lag_p99_ms=1) for seq in range(10 - late)]
    ticks += [late_tick(seq, lag_ms) for seq in range(10 - late, 10)]
    judgement = judge_all(ticks, must_be_trusted=True)
    assert (judgement.trust, judgement.exit_code) == (trust, code)
    assert judge_all(ticks).exit_code == exit_codes.OK


def test_a_late_generator_is_said_once() -> None:
    for must_be_trusted in (False, True):
        ticks = [late_tick(seq, 80) for seq in (1, 2)]
        words = " ".join(judge_all(ticks, must_be_trusted=must_be_trusted).sentences)
        assert words.count("he generator was late in 2 of 2 seconds") == 1


def test_a_rate_that_was_mostly_dropped_is_not_the_one_that_was_asked_for() -> None:
    judged = judge_all(scheduled_ticks(), must_be_trusted=True)
    assert (judged.trust, judged.exit_code) == (Trust.BAD, exit_codes.UNTRUSTED)
    assert "540 of 3,000 tasks (18.0%) dropped" in judged.reason


def test_a_question_ends_with_its_mark() -> None:
    asked = Ending(locustfile_fault="no load shape Flatt in locustfile.py. Did you mean Flat?")
    assert judge_all([late_tick(1, 0)], asked).sentences[0].endswith("Did you mean Flat?")


@pytest.mark.parametrize(
    ("thresholds", "strict", "code", "verdict", "head"),
    [
        ([PASSED, CLOSE], False, 0, Verdict.PASSED, "Passed: both thresholds hold, the closest is p95 90 ms, "),
        ([PASSED, ACCEPTABLE], False, 0, Verdict.ACCEPTABLE, "Acceptable: 1 of 2 thresholds missed the target: rps 80"),
        ([PASSED, ACCEPTABLE], True, 10, Verdict.FAILED, "Not passed: 1 of 2 thresholds only acceptable: rps 80/s"),
        (
            [FAILED, PASSED],
            False,
            10,
            Verdict.FAILED,
            "Not passed: 1 of 2 thresholds failed: p99 2 s, wanted < 1 s, since",
        ),
        ([NO_DATA, PASSED], False, 11, Verdict.NO_DATA, "Not passed: 1 of 2 thresholds had no data: p95(/x) no data"),
        # No data is worse than failed: nobody knows what it would have been.
        ([NO_DATA, FAILED], False, 11, Verdict.NO_DATA, "Not passed: 1 of 2 thresholds had no data"),
    ],
)
def test_thresholds_decide(
    thresholds: list[ThresholdResult], strict: bool, code: int, verdict: Verdict, head: str
) -> None:
    judgement = judge_all(GOOD, thresholds=thresholds, is_strict=strict)
    assert (judgement.exit_code, judgement.verdict) == (code, verdict)
    assert judgement.sentences[0].startswith(head)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending(incomplete="writing samples.db failed: disk full"), exit_codes.INCOMPLETE),
        (Ending(locustfile_fault="on_start failed: boom"), exit_codes.LOCUSTFILE),
    ],
)
def test_what_decided_is_said_first_whatever_its_words(ending: Ending, code: int) -> None:
    judgement = judge_all(GOOD, ending, thresholds=[FAILED, PASSED])
    assert judgement.exit_code == code
    assert judgement.sentences[0] == f"Not passed: {ending.incomplete or ending.locustfile_fault}."
    assert "1 of 2 thresholds failed" in judgement.sentences[1]


@pytest.mark.parametrize(
    ("ending", "verdict"),
    [
        (Ending(stopped="interrupted", stop_code=exit_codes.INTERRUPTED), Verdict.ABORTED),
        (Ending(stopped="aborted: x", stop_code=exit_codes.STOPPED_EARLY), Verdict.ABORTED),
        (Ending(engine_died="killed"), Verdict.ABORTED),
        (Ending(locustfile_fault="x"), Verdict.FAILED),
    ],
)
def test_a_threshold_without_data_does_not_hide_how_a_run_ended(ending: Ending, verdict: Verdict) -> None:
    assert judge_all(GOOD, ending, thresholds=[NO_DATA]).verdict is verdict


@pytest.mark.parametrize("own_code", [3, 4, 14, 15, 256])
def test_a_locustfiles_own_code_is_the_same_when_a_run_is_judged_again(own_code: int) -> None:
    first = judge_all(GOOD, Ending(locust_exit_code=own_code))
    outcome = Outcome(
        "run", first.state, first.verdict, first.exit_code, first.reason, (), "", "", 1.0, Accounting(), own_code
    )
    again = judge_all(GOOD, ending_of(outcome))
    assert (again.state, again.verdict, again.exit_code) == (first.state, first.verdict, first.exit_code)


def test_what_failed_and_has_no_data_are_both_said() -> None:
    words = " ".join(judge_all(GOOD, thresholds=[NO_DATA, FAILED]).sentences)
    assert "Also: 1 of 2 thresholds failed: p99 2 s, wanted < 1 s." in words


def test_a_locustfiles_own_code_does_not_hide_a_failed_threshold() -> None:
    assert judge_all(GOOD, Ending(locust_exit_code=0), thresholds=[FAILED]).exit_code == exit_codes.FAILED


def test_the_words_are_few_and_what_was_found_is_among_them() -> None:
    findings = [Finding(f"kind {number}", f"Something happened at 0:0{number}.") for number in range(9)]
    sentences = judge_all(GOOD + ALL_FAILED, thresholds=[PASSED], findings=findings).sentences
    assert 3 <= len(sentences) <= 6
    assert findings[0].text in sentences


def test_a_run_that_is_all_warm_up_is_no_pass() -> None:
    judgement = judge(total_of(GOOD), total_of([]), Ending())
    assert (judgement.exit_code, judgement.verdict) == (exit_codes.NO_DATA, Verdict.NO_DATA)
    assert judgement.sentences[0] == "Not passed: no request ended in the part of the run that is judged."
    assert "3 requests in 1 s" in judgement.sentences[1]
    assert len(judgement.sentences) >= 3


def test_a_lost_load_worker_limits_the_trust_and_fails_a_run_that_must_be_trusted() -> None:
    lost = Ending(workers_lost="lost load worker local-2 (killed by SIGKILL)")
    judged = judge_all(GOOD, lost)
    assert (judged.exit_code, judged.trust) == (exit_codes.OK, Trust.LIMITED)
    assert "Lost load worker local-2 (killed by SIGKILL): what was done there last is in no number." in judged.sentences
    strict = judge_all(GOOD, lost, must_be_trusted=True)
    assert (strict.exit_code, strict.state) == (exit_codes.ENGINE_DIED, RunState.FINISHED)
    # Judged again, its outcome still says so.
    warnings = ("another", lost.workers_lost)
    for code, reason in ((exit_codes.OK, "finished as planned"), (exit_codes.ENGINE_DIED, lost.workers_lost)):
        outcome = Outcome(
            "r", RunState.FINISHED, Verdict.PASSED, code, reason, (), "", "", 1.0, Accounting(), warnings=warnings
        )
        assert ending_of(outcome) == lost


def test_a_load_worker_that_was_started_again_limits_the_trust_and_is_named_first() -> None:
    again = Ending(workers_restarted="restarted load worker local-1 (killed by SIGKILL)")
    judged = judge_all(GOOD, again, must_be_trusted=True)
    assert (judged.exit_code, judged.trust) == (exit_codes.OK, Trust.LIMITED)
    said = "Restarted load worker local-1 (killed by SIGKILL): what was done there last is in no number."
    assert said in judged.sentences
    distrusted = judge_all([late_tick(0, 400.0), late_tick(1, 400.0)], again, must_be_trusted=True)
    assert distrusted.exit_code == exit_codes.UNTRUSTED
    head = "the measurement cannot be trusted: restarted load worker local-1 (killed by SIGKILL); "
    assert distrusted.reason.startswith(f"{head}the generator was late in")
    outcome = Outcome(
        "r",
        RunState.FINISHED,
        Verdict.PASSED,
        0,
        "",
        (),
        "",
        "",
        1.0,
        Accounting(),
        warnings=(again.workers_restarted,),
    )
    assert ending_of(outcome) == again


def found(highest: float | None, **more: bool) -> CapacityResult:
    return CapacityResult(
        False, highest, more.get("is_reached", False), "Capacity: as found.", (), more.get("is_all", False)
    )


@pytest.mark.parametrize(
    ("capacity", "code", "verdict"),
    [
        (found(40, is_reached=True), exit_codes.OK, Verdict.PASSED),
        (found(40, is_all=True), exit_codes.OK, Verdict.PASSED),
        (found(None, is_reached=True), exit_codes.FAILED, Verdict.FAILED),
        (found(40), exit_codes.NO_DATA, Verdict.NO_DATA),
        (found(None), exit_codes.NO_DATA, Verdict.NO_DATA),
    ],
)
def test_a_search_is_judged_by_what_it_found(capacity: CapacityResult, code: int, verdict: Verdict) -> None:
    judged = judge_all([tick(0, delta())], capacity=capacity)
    assert (judged.exit_code, judged.verdict) == (code, verdict)
    assert judged.reason == "Capacity: as found"
    assert judged.sentences[0] == "Capacity: as found."


def test_how_a_search_was_stopped_goes_before_what_it_found() -> None:
    stopped = Ending(stopped="stopped by a person", stop_code=exit_codes.STOPPED_EARLY)
    judged = judge_all([tick(0, delta())], stopped, capacity=found(40))
    assert (judged.exit_code, judged.verdict) == (exit_codes.STOPPED_EARLY, Verdict.ABORTED)
    assert judged.sentences[:2] == ("Not passed: stopped by a person.", "Capacity: as found.")
