"""The run's owner: drives the engine, adds up, keeps, watches, and seals."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from perftui import exit_codes
from perftui.conductor.announcer import Announcer
from perftui.conductor.ending import End, accounting_of
from perftui.conductor.engine_process import Exited, Garbled, Printed, Report
from perftui.conductor.escalation import TERM_AFTER_S, Escalation
from perftui.conductor.exporting import export_all
from perftui.conductor.judging import Judging
from perftui.conductor.loading import LoadedEngine
from perftui.conductor.log import LogLine
from perftui.conductor.pulse import Pulse
from perftui.conductor.target_monitor import TargetMonitor
from perftui.conductor.viewers import Viewers
from perftui.model.plan import RunPlan
from perftui.model.record import NO_DEMANDS, Demands, Outcome
from perftui.model.run_state import RunState, check_transition
from perftui.model.secret_arguments import secret_flags_of
from perftui.model.snapshot import Snapshot, snapshot_of
from perftui.model.text import clean, mask_secrets, without_userinfo
from perftui.model.tick import Tick
from perftui.store.writer import RunWriter
from perftui.wire.heartbeat import Beat
from perftui.wire.messages import (
    AddNote,
    Ended,
    Fault,
    Logged,
    SpawningComplete,
    Start,
    Stop,
    Stopping,
    StopRun,
    TestStarted,
    Ticked,
)
from perftui.wire.rendezvous import socket_path

# The engine ends the run itself; this much later the conductor does.
OVERDUE_S = 5.0
_WATCH_INTERVAL_S = 0.25
_SNAPSHOT_INTERVAL_S = 1.0


async def open_run(
    plan: RunPlan,
    engine: LoadedEngine,
    runs_folder: Path,
    *,
    on_snapshot: Callable[[Snapshot], None] = lambda _: None,
    on_log: Callable[[LogLine], None] = lambda _: None,
    demands: Demands = NO_DEMANDS,
) -> Conductor:
    """Make the folder and the socket of a run that `engine` is ready for.

    `on_snapshot` and `on_log` are called in the event loop, for a run that is watched from the same process.
    `demands` is what more a run has to do to pass.

    Raises PerftuiError, with no load sent and the engine ended, where one of the two cannot be made, or where a rule of
    `plan` cannot be read.
    """
    started_at = datetime.now(UTC)
    writer: RunWriter | None = None
    try:
        # Everything that can be refused is refused before a folder is made.
        judging = Judging(plan, demands)
        socket_path(runs_folder / "a run")
        writer = RunWriter.create(
            runs_folder,
            plan,
            started_at=started_at,
            environment=engine.environment,
            secret_flags=secret_flags_of(engine.loaded.inspection.arguments),
        )
        conductor = Conductor(plan, engine, writer, started_at, on_snapshot, on_log, judging)
        await conductor.viewers.open()
    except BaseException:
        await engine.process.close()
        if writer is not None:
            # A run that never began leaves no record.
            writer.close()
            shutil.rmtree(writer.folder, ignore_errors=True)
        raise
    return conductor


class Conductor:
    """One run, from an engine that is loaded to the sealed record. Made by `open_run`; `stop` may come at any time."""

    def __init__(
        self,
        plan: RunPlan,
        engine: LoadedEngine,
        writer: RunWriter,
        started_at: datetime,
        on_snapshot: Callable[[Snapshot], None],
        on_log: Callable[[LogLine], None],
        judging: Judging,
    ) -> None:
        self.plan = plan
        self.folder = writer.folder
        self.viewers = Viewers(writer.folder, writer.run_id, self._on_viewer_stop, self._on_viewer_note)
        self._loaded = engine
        self._engine = engine.process
        self._writer = writer
        self._started_at = started_at
        self._judging = judging
        self._say = Announcer(writer, self.viewers, self._elapsed_s, on_snapshot, on_log)
        self._state = RunState.LOADING
        self._monitor = TargetMonitor.for_target(plan.target)
        self._end = End()
        self._escalation = Escalation()
        self._pulse = Pulse(self._now())
        self._test_started_at: float | None = None
        self._overdue_at = float("inf")
        self._last_shown_at = 0.0

    @property
    def engine_pid(self) -> int:
        """The engine's process id, and its process group's."""
        return self._engine.pid

    async def run(self) -> Outcome:
        """Send the load and return the outcome, when the record is sealed and exported."""
        watching = asyncio.create_task(self._watch())
        try:
            if self._monitor is not None:
                await self._monitor.start()
            self._writer.append_log([str(line) for line in self._loaded.early_lines])
            for warning in self._loaded.warnings:
                self._say.event("warning", warning)
            self._engine.send(Start())
            self._show()
            while self._end.returncode is None:
                self._handle(await self._engine.report())
                if watching.done():
                    # Nobody escalates any more: a bug, which must not leave load behind.
                    watching.result()
            return await self._seal()
        finally:
            watching.cancel()
            if self._monitor is not None:
                await self._monitor.close()
            await self._engine.close()
            await self.viewers.close()
            self._writer.close()

    def stop(self, reason: str, code: int, *, now: bool = False) -> None:
        """End the load: users finish what they do, at most the stop timeout; with `now`, at once.

        The first reason is the one that is recorded. Harmless when the run is over.
        """
        if self._state is RunState.SEALING or self._state.is_over:
            return
        if not self._end.stopped:
            self._end.stopped, self._end.stop_code = reason, code
        if self._state is not RunState.STOPPING:
            self._begin_stopping(reason)
        if now:
            self._say.event("stop", f"{reason}, now")
            self._escalation.hurry(self._now())

    def _begin_stopping(self, reason: str) -> None:
        self._say.event("stopping", reason)
        self._enter(RunState.STOPPING)
        self._engine.send(Stop())
        grace_s = 0.0 if self._pulse.stuck_at else self.plan.profile.stop_timeout_s
        self._escalation.begin(self._now(), grace_s)
        self._show()

    def _on_viewer_stop(self, request: StopRun) -> None:
        self.stop(f"stopped by {clean(request.by, 60)}", exit_codes.STOPPED_EARLY, now=request.now)

    def _on_viewer_note(self, request: AddNote) -> None:
        # Later its exports are made: a note that comes then is a mark of a run that is over.
        takes_notes = self._state is not RunState.SEALING and not self._state.is_over
        if takes_notes and self._say.note(request):
            self._show()

    def _handle(self, report: Report) -> None:
        match report:
            case Ticked(tick=tick):
                self._add(tick)
            case Beat():
                self._note(report)
            case Printed() | Logged():
                self._say.log(report)
            case TestStarted():
                self._begin_test()
            case SpawningComplete(user_count=users):
                self._say.event("spawned", f"all {users:,} users are spawned")
                if self._state is RunState.RAMPING:
                    self._enter(RunState.RUNNING)
            case Stopping(reason=why):
                self._engine_stops(why)
            case Fault():
                self._say.log_traceback(report.traceback)
                self._end.fault = clean(mask_secrets(report.text), 500)
                self._say.event("fault", self._end.fault)
            case Ended():
                self._end.ended = True
                self._end.locust_exit_code = report.exit_code
                self._end.hook_raised = clean(mask_secrets(report.hook_raised or ""))
                self._end.oldest_abandoned_s = max((age for _, _, age in report.abandoned), default=0.0)
                for method, url, age_s in report.abandoned[:20]:
                    self._say.event("abandoned", clean(mask_secrets(f"{method} {url} after {age_s:.1f} s")))
                self._escalation.await_hooks(self._now())
            case Exited(returncode=code):
                self._end.returncode = code
            case Garbled(why=why):
                self._end.garbled = why
                self._escalation.begin(self._now(), 0.0)
                self._escalation.hurry(self._now())
            case _:
                pass

    def _begin_test(self) -> None:
        self._test_started_at = self._now()
        run_time_s = self._loaded.loaded.run_time_s
        if run_time_s is not None:
            allowance_s = self.plan.profile.stop_timeout_s + OVERDUE_S
            self._overdue_at = self._now() + run_time_s + allowance_s
        if self._state is RunState.LOADING:
            self._enter(RunState.RAMPING)
        self._say.event("started", "the test starts")
        self._show()

    def _engine_stops(self, why: str) -> None:
        if self._state is not RunState.STOPPING:
            reasons = {
                "run_time": "the run time is over",
                "shape_ended": "the load shape is at its end",
                "user_code": "the locustfile ended the run",
            }
            self._begin_stopping(reasons.get(why, why))

    def _add(self, tick: Tick) -> None:
        if self._monitor is not None:
            tick = replace(tick, target=self._monitor.latest())
            self._say.target_problem(self._monitor.problem)
        was_warming_up = self._judging.assessment.is_warming_up
        reason, now = self._judging.add(tick)
        if was_warming_up and not self._judging.assessment.is_warming_up:
            lasted_s = self._judging.assessment.warm_up_s
            self._say.event("warm-up", f"the warm-up is over after {lasted_s:.1f} s: what comes now is judged")
        # Committed before anybody sees it.
        self._writer.commit(tick)
        if reason and self._state is not RunState.STOPPING:
            self.stop(reason, exit_codes.STOPPED_EARLY, now=now)
        if self._state is RunState.STOPPING and tick.user_count == 0 and tick.in_flight == 0:
            self._escalation.await_hooks(self._now())
        self._show()

    # --- watching -------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        due = self._now() + _WATCH_INTERVAL_S
        while True:
            await asyncio.sleep(_WATCH_INTERVAL_S)
            if self._now() > due + _SNAPSHOT_INTERVAL_S:
                # We were stopped ourselves: what the engine said meanwhile is still to be read.
                self._pulse = Pulse(self._now())
            due = self._now() + _WATCH_INTERVAL_S
            self._pulse.note_time(self._now())
            self._say_stuck()
            self._escalate()
            if self._now() - self._last_shown_at >= _SNAPSHOT_INTERVAL_S:
                self._show()

    def _note(self, beat: Beat) -> None:
        self._pulse.note(beat, self._now())
        self._say_stuck()

    def _say_stuck(self) -> None:
        if not self._end.ended:
            self._say.stuck(self._pulse.stuck_at)

    def _escalate(self) -> None:
        now = self._now()
        if now >= self._overdue_at and self._state in (RunState.RAMPING, RunState.RUNNING):
            self._begin_stopping("the run time is over, and the engine did not end the run")
        if self._state is RunState.STOPPING and self._pulse.stuck_at:
            self._escalation.hurry(now, TERM_AFTER_S)
        number = self._escalation.due(now)
        if number is not None:
            self._end.forced = True
            self._engine.signal_group(number)

    # --- the end --------------------------------------------------------------------------------------------

    async def _seal(self) -> Outcome:
        self._enter(RunState.SEALING)
        self._show()
        self._writer.flush()
        known = self._writer.problem
        outcome = await asyncio.to_thread(self._outcome, known)
        self._writer.seal(outcome, self._judging.assessment.measured, len(self._say.notes))
        problem = await asyncio.to_thread(export_all, self._writer) or self._writer.problem
        if problem and not known:
            # The record is whole as far as it goes; that it is not more is part of the outcome.
            outcome = await asyncio.to_thread(self._outcome, problem)
            self._writer.seal(outcome, self._judging.assessment.measured, len(self._say.notes))
        self._enter(outcome.state, cause=outcome.reason)
        self._show()
        return outcome

    def _outcome(self, incomplete: str) -> Outcome:
        judgement = self._judging.judgement(self._end.ending(self._pulse.was_stuck_at, incomplete))
        assessment = self._judging.assessment
        return Outcome(
            run_id=self._writer.run_id,
            state=judgement.state,
            verdict=judgement.verdict,
            exit_code=judgement.exit_code,
            reason=judgement.reason,
            sentences=judgement.sentences,
            started_at=self._started_at.isoformat(timespec="milliseconds"),
            ended_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            duration_s=assessment.whole.elapsed_s,
            accounting=accounting_of(assessment.whole, self._end, self._engine.dropped_lines),
            locust_exit_code=self._end.locust_exit_code,
            warnings=(
                *self._loaded.warnings,
                *([self._monitor.problem] if self._monitor and self._monitor.problem else []),
            ),
            trust=judgement.trust,
            thresholds=judgement.thresholds,
            findings=judgement.findings,
            demands=self._judging.demands,
            warm_up_s=assessment.warm_up_s,
        )

    # --- saying ---------------------------------------------------------------------------------------------

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _elapsed_s(self) -> float:
        return self._now() - self._test_started_at if self._test_started_at is not None else 0.0

    def _enter(self, state: RunState, cause: str = "") -> None:
        check_transition(self._state, state)
        self._state = state
        self._say.event("state", f"{state.value}: {cause}" if cause else state.value)

    def _show(self) -> None:
        self._last_shown_at = self._now()
        assessment = self._judging.assessment
        whole = assessment.whole
        snapshot = snapshot_of(
            whole,
            None if assessment.is_warming_up else assessment.measured,
            run_id=self._writer.run_id,
            folder=str(self._writer.folder),
            title=self.plan.title,
            target_url=mask_secrets(without_userinfo(self.plan.target.url)),
            state=self._state,
            cause=self._end.stopped if not self._state.is_over else "",
            warning=self._warning(),
            elapsed_s=self._elapsed_s() if self._state.has_load else whole.elapsed_s,
            run_time_s=self._loaded.loaded.run_time_s,
            thresholds=assessment.thresholds(),
            warm_up_s=assessment.warm_up_s,
            notes=self._say.notes,
        )
        self._say.show(snapshot)

    def _warning(self) -> str:
        if self._pulse.stuck_at and not self._end.ended:
            return f"user code is stuck at {self._pulse.stuck_at}: no user can work"
        return self._writer.problem
