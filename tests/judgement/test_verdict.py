"""Which exit code each ending earns, and that the words carry the numbers."""

from __future__ import annotations

import pytest

from perftui import exit_codes
from perftui.judgement.verdict import Ending, judge
from perftui.model.record import Trust, Verdict
from perftui.model.run_state import RunState
from perftui.model.tick import ExceptionDelta, FailureDelta, Tick
from tests.fakes.ticks import delta, tick, total_of

GOOD = [tick(0, delta("/a", (10, 20, 30)))]
ALL_FAILED = [tick(0, delta("/a", (), (1, 1)), failures=(FailureDelta("GET", "/a", "refused", 2, 0.1, 0.2),))]
HUNG = [tick(0, started=5, in_flight=5), tick(1, started=0, abandoned=5)]
RAISED = [tick(0, exceptions=(ExceptionDelta("KeyError: 'a'", "trace", 3),))]


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
    judgement = judge(total_of(ticks), ending, 10.0)
    assert (judgement.exit_code, judgement.verdict, judgement.state) == (code, verdict, state)
    assert judgement.sentences[0].split(":")[0] == {
        exit_codes.OK: "Passed",
    }.get(code, "NO RESULT" if not total_of(ticks).total.requests else "Not passed")


def test_nothing_measured_is_said_with_its_numbers_and_no_zero_times() -> None:
    judgement = judge(total_of(HUNG), Ending(), 30.0)
    assert judgement.sentences[0] == "NO RESULT: 5 requests were started and none finished in 30s."
    assert "ms" not in " ".join(judgement.sentences)


def test_failures_are_said_with_share_and_cause() -> None:
    words = " ".join(judge(total_of(GOOD + ALL_FAILED), Ending(), 2.0).sentences)
    assert "2 requests failed (40.00%); most often GET /a: refused (2)." in words
    assert "Failures alone do not fail a run" in words


@pytest.mark.parametrize(
    ("late", "trust", "code"), [(1, Trust.OK, 0), (4, Trust.LIMITED, 0), (8, Trust.BAD, exit_codes.UNTRUSTED)]
)
def test_a_run_of_a_late_generator_fails_where_that_is_asked(late: int, trust: Trust, code: int) -> None:
    ticks = [tick(seq, delta("/a", (10,)), hub_lag_p99_ms=40 if seq < late else 1) for seq in range(10)]
    judgement = judge(total_of(ticks), Ending(), 10.0, must_be_trusted=True)
    assert (judgement.trust, judgement.exit_code) == (trust, code)
    assert judge(total_of(ticks), Ending(), 10.0).exit_code == exit_codes.OK


def test_a_warm_up_is_said_to_be_part_of_the_numbers() -> None:
    words = " ".join(judge(total_of(GOOD), Ending(), 20.0, warm_up_s=10.0).sentences)
    assert "The first 10s were warm-up and are part of these numbers." in words


def test_a_late_generator_is_said() -> None:
    words = " ".join(
        judge(total_of([tick(seq, delta("/a", (10,)), hub_lag_p99_ms=40) for seq in (1, 2)]), Ending(), 1.0).sentences
    )
    assert "the generator itself was late" in words
