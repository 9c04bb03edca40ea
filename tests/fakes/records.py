"""Records as a store would read them, for tests of everything that shows one."""

from __future__ import annotations

from collections.abc import Iterable

from perftui.model.histogram import merge
from perftui.model.judged import Finding, ThresholdResult
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.record import Outcome, Record, RunEvent, Verdict, accounting_of
from perftui.model.run_state import RunState
from perftui.model.snapshot import point_of
from perftui.model.stats_history import HistoryRow, StatsHistory
from perftui.model.tick import Tick
from perftui.model.totals import RunTotals
from tests.fakes.ticks import total_of

PLAN = RunPlan(
    Profile("light", "a first look", users=20, spawn_rate=4.0, run_time_s=90.0, warm_up_s=5.0),
    Target("shop", "http://127.0.0.1:8000", max_users=50),
    Scenario("default", ("shop/locustfile.py",), ("Buyer",), weights={"Buyer": 3}),
    working_directory="shop",
    locust_args=("--basket", "3"),
    origins={"profile": "command line", "users": "--users", "run_time": "profiles.toml, [profiles.light]"},
    provenance={"perftui": "0.1.0", "git": "4f2a9c1"},
)


def record_of(
    ticks: Iterable[Tick],
    *,
    plan: RunPlan = PLAN,
    sealed: bool = True,
    verdict: Verdict = Verdict.PASSED,
    sentences: tuple[str, ...] = ("Passed: finished as planned.",),
    warnings: tuple[str, ...] = (),
    events: tuple[RunEvent, ...] = (RunEvent(0.0, "state", "running"),),
    thresholds: tuple[ThresholdResult, ...] = (),
    findings: tuple[Finding, ...] = (),
) -> Record:
    known = list(ticks)
    totals = total_of(known)
    return Record(
        run_id="20260304T050607_light_shop",
        folder="runs/20260304T050607_light_shop",
        plan=plan,
        state=RunState.FINISHED if sealed else RunState.INTERRUPTED,
        outcome=_outcome(totals, verdict, sentences, warnings) if sealed else None,
        started_at="2026-03-04T05:06:07.000+00:00",
        totals=totals,
        timeline=tuple(map(point_of, known)),
        events=events,
        environment={"locust": "2.47.0", "python": "3.11.7"},
        history=_history(known),
        whole=totals,
        sentences=sentences,
        thresholds=thresholds,
        findings=findings,
    )


def _outcome(totals: RunTotals, verdict: Verdict, sentences: tuple[str, ...], warnings: tuple[str, ...]) -> Outcome:
    return Outcome(
        run_id="20260304T050607_light_shop",
        state=RunState.FINISHED,
        verdict=verdict,
        exit_code=0 if verdict is Verdict.PASSED else 10,
        reason=sentences[0],
        sentences=sentences,
        started_at="2026-03-04T05:06:07.000+00:00",
        ended_at="2026-03-04T05:07:37.000+00:00",
        duration_s=totals.elapsed_s,
        accounting=accounting_of(totals),
        warnings=warnings,
    )


def _history(ticks: list[Tick]) -> tuple[HistoryRow, ...]:
    history = StatsHistory()
    return tuple(
        history.add(
            point_of(tick),
            merge(times for delta in tick.requests for times in (delta.ok_times, delta.failed_times)),
            sum(delta.response_bytes for delta in tick.requests),
        )
        for tick in ticks
    )
