"""A run is judged while it goes on: by its thresholds, its abort rules and its warm-up."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.judgement import abort_watch
from perftui.model.histogram import merge
from perftui.model.judged import ThresholdState, Window
from perftui.model.plan import UNTIL_STEADY_S, RunPlan
from perftui.model.record import NO_DEMANDS, Demands, Verdict
from perftui.model.run_state import RunState
from perftui.store.reader import RunReader
from tests.conductor.conftest import Conducted, check_in_places
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_until

Plans = Callable[..., RunPlan]


def conducted_folder(conducted: Conducted) -> Path:
    assert conducted.conductor is not None
    return conducted.conductor.folder


@dataclass(frozen=True)
class Judged:
    """`states` are those of `thresholds`, in their order."""

    thresholds: tuple[str, ...]
    code: int
    verdict: Verdict
    states: list[str]
    demands: Demands = NO_DEMANDS


STRICT = Judged(("p50 < 1us, acceptable 9s",), exit_codes.FAILED, Verdict.FAILED, ["acceptable"], Demands(targets=True))
JUDGED = (
    Judged(("p95 < 10s", "rps > 1"), exit_codes.OK, Verdict.PASSED, ["passed", "passed"]),
    Judged(("p95 < 10s", "p50 < 1us"), exit_codes.FAILED, Verdict.FAILED, ["passed", "failed"]),
    Judged(("p50 < 1us, acceptable 9s",), exit_codes.OK, Verdict.ACCEPTABLE, ["acceptable"]),
    STRICT,
    Judged(
        ("p95(/nowhere*) < 1s", "p95 < 10s, min_requests 1000000"),
        exit_codes.NO_DATA,
        Verdict.NO_DATA,
        ["no data", "no data"],
    ),
)


async def test_thresholds_earn_the_exit_code_and_keep_no_secret(conducted: Conducted, make_plan: Plans) -> None:
    async def judge(case: Judged) -> None:
        one = conducted.another()
        conductor = await one.open(make_plan(server.url, run_time_s=1.0, thresholds=case.thresholds), case.demands)
        outcome = await conductor.run()
        assert (outcome.exit_code, outcome.verdict) == (case.code, case.verdict), case
        assert [each.state.value for each in outcome.thresholds] == case.states, case
        assert one.last is not None
        assert [each.state.value for each in one.last.thresholds] == case.states, case
        written = json.loads((conductor.folder / "outcome.json").read_bytes())
        assert [(each["rule"], each["state"]) for each in written["thresholds"]] == list(
            zip(case.thresholds, case.states, strict=True)
        ), case
        reader = RunReader(conductor.folder)
        assert reader.outcome() == outcome, case
        if case is STRICT:
            # A part of it is judged as strictly.
            part = reader.record(window=Window(0.0, 9.0, "as asked"))
            assert part.outcome is not None
            assert (part.outcome.exit_code, part.outcome.verdict) == (case.code, case.verdict)

    async def keep_no_secret() -> None:
        thresholds = ("p95(GET /x?token=CANARY123secret) < 1s",)
        conductor = await conducted.another().open(make_plan(server.url, run_time_s=1.0, thresholds=thresholds))
        await conductor.run()
        assert not [path for path in conductor.folder.iterdir() if b"CANARY" in path.read_bytes()]

    with RunningFaultServer("ok") as server:
        async with asyncio.TaskGroup() as runs:
            runs.create_task(keep_no_secret())
            for case in JUDGED:
                runs.create_task(judge(case))


async def an_abort_rule_ends_the_load_within_three_seconds(conducted: Conducted, make_plan: Plans, place: Path) -> None:
    rules = ("fail_ratio[1s] > 50%",)
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, run_time_s=60.0, stop_timeout_s=30.0, abort_on=rules))
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 10, "ten requests ended")
        server.change("status=500")
        outcome = await running
        last_request_s = server.last_request_s()
    # The condition holds when the first whole second of failures is over.
    assert last_request_s < 2.0 + 3.0
    assert (outcome.exit_code, outcome.verdict, outcome.state) == (
        exit_codes.STOPPED_EARLY,
        Verdict.ABORTED,
        RunState.STOPPED,
    )
    assert outcome.reason.startswith("aborted: fail_ratio[1s]")
    assert outcome.accounting.started == (
        outcome.accounting.succeeded + outcome.accounting.failed + outcome.accounting.abandoned
    )


async def test_a_target_that_only_fails_is_not_loaded_on(
    conducted: Conducted, make_plan: Plans, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is so for 10 s is seen after 2 s here.
    rule = abort_watch.MOSTLY_FAILED
    sooner = replace(rule, measure=replace(rule.measure, window_s=2.0))
    monkeypatch.setattr(abort_watch, "MOSTLY_FAILED", sooner)
    with RunningFaultServer("status=500") as server:
        conductor = await conducted.open(make_plan(server.url, run_time_s=60.0))
        outcome = await conductor.run()
    assert outcome.exit_code == exit_codes.STOPPED_EARLY
    assert outcome.duration_s < 2.0 + 3.0


async def the_warm_up_is_in_none_of_the_numbers_and_in_the_accounting(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, run_time_s=3.2, warm_up_s=1.5, thresholds=("requests > 1", "requests[run] > 1"))
        conductor = await conducted.open(plan)
        outcome = await conductor.run()
        served = server.requests()
    record = RunReader(conductor.folder).record()
    assert 1.0 < outcome.warm_up_s < 2.5
    assert record.totals.covered_s == pytest.approx(record.whole.elapsed_s - outcome.warm_up_s)
    accounting = outcome.accounting
    assert accounting.started == record.whole.started
    # What the end cut off may not have got there.
    assert accounting.started - accounting.abandoned <= served <= accounting.started
    measured, whole = (each.observed for each in outcome.thresholds)
    assert measured == record.totals.total.requests
    assert whole == record.whole.total.requests > measured
    rows = list(csv.DictReader((conductor.folder / "stats.csv").read_text().splitlines()))
    assert int(rows[-1]["Request Count"]) == measured
    assert "are warm-up" in (conductor.folder / "report.html").read_text()
    assert any(shown.is_warming_up for shown in conducted.shown)
    assert any(event.kind == "warm-up" for event in record.events)
    assert conducted.last is not None
    assert conducted.last.total.requests == measured


async def a_run_that_never_was_steady_is_no_pass(conducted: Conducted, make_plan: Plans, place: Path) -> None:
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, run_time_s=1.0, warm_up_s=UNTIL_STEADY_S, thresholds=("p95 < 9s",))
        outcome = await (await conducted.open(plan)).run()
    assert (outcome.exit_code, outcome.verdict) == (exit_codes.NO_DATA, Verdict.NO_DATA)
    assert outcome.thresholds[0].state is ThresholdState.NO_DATA
    assert RunReader(conducted_folder(conducted)).record().window.why == "the run never became steady"


async def a_part_of_a_run_is_worked_out_exactly_with_the_targets_own_side(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        thresholds = ("p95 < 9s", "target_memory < 100GB", "target_cpu < 3200%")
        conductor = await conducted.open(make_plan(server.url, run_time_s=3.2, thresholds=thresholds))
        outcome = await conductor.run()
    assert [each.state for each in outcome.thresholds] == [ThresholdState.PASSED] * 3
    reader = RunReader(conductor.folder)
    samples = [each.target for each in reader.ticks()]
    assert sum(each is not None and (each.memory_bytes or 0) > 1_000_000 for each in samples) >= 2
    part = reader.record(window=Window(1.0, 3.0, "as asked"))
    ticks = [each for each in reader.ticks() if 1.0 <= each.elapsed_s - each.interval_s / 2 < 3.0]
    assert 1 <= len(ticks) <= 2
    times = merge(delta.ok_times for each in ticks for delta in each.requests)
    assert part.totals.total.times() == times
    assert part.thresholds[0].n == times.count == part.totals.total.requests
    assert len(part.history) == len(ticks)
    assert len(part.timeline) > len(ticks)


async def test_whole_runs_are_judged(tmp_path: Path) -> None:
    await check_in_places(
        tmp_path,
        a_part_of_a_run_is_worked_out_exactly_with_the_targets_own_side,
        the_warm_up_is_in_none_of_the_numbers_and_in_the_accounting,
        an_abort_rule_ends_the_load_within_three_seconds,
        a_run_that_never_was_steady_is_no_pass,
        at_a_time=4,
    )
