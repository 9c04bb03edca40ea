"""The run's owner: drives the engine, adds up, keeps, watches, and seals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from perftui import exit_codes
from perftui.conductor.announcer import Announcer
from perftui.conductor.control import Answer, Orders
from perftui.conductor.ending import End
from perftui.conductor.engine_process import Exited, Garbled, Printed, Report
from perftui.conductor.guard import LOOK_EVERY_S, Guard
from perftui.conductor.judging import Judging
from perftui.conductor.loading import LoadedEngine
from perftui.conductor.log import LogLine
from perftui.conductor.pilot import Pilot
from perftui.conductor.run_clock import RunClock
from perftui.conductor.sealing import Sealing
from perftui.conductor.target_monitor import TargetMonitor
from perftui.conductor.viewers import Viewers
from perftui.judgement.trust import live_trust
from perftui.model.plan import RunPlan
from perftui.model.record import Outcome
from perftui.model.run_state import RunState, check_transition
from perftui.model.snapshot import Snapshot, snapshot_of
from perftui.model.text import clean, mask_secrets, without_userinfo
from perftui.model.tick import Tick
from perftui.store.writer import RunWriter
from perftui.wire.heartbeat import Beat
from perftui.wire.messages import (
    AddNote,
    ControlRun,
    Ended,
    Fault,
    LoadChanged,
    Logged,
    Obeyed,
    SpawningComplete,
    Start,
    Stop,
    Stopping,
    StopRun,
    TestStarted,
    Ticked,
    WorkerNews,
)

# The engine ends the run itself; this much later the conductor does.
OVERDUE_S = 5.0
_SNAPSHOT_INTERVAL_S = 1.0


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
        self.viewers = Viewers(
            writer.folder,
            writer.run_id,
            self._on_viewer_stop,
            self._on_viewer_note,
            self._on_viewer_order,
        )
        self._loaded = engine
        self._engine = engine.process
        self._workers = engine.workers
        self._writer = writer
        self._judging = judging
        self._clock = RunClock(self._now)
        self._say = Announcer(writer, self.viewers, self._clock.elapsed_s, on_snapshot, on_log)
        self._orders = Orders(plan.target, self._clock, self._say, self._engine.send, self._now)
        self._pilot = None if judging.search is None else Pilot(judging.search, self._orders, self._say)
        self._state = RunState.LOADING
        self._monitor = TargetMonitor.for_target(plan.target)
        self._end = End()
        self._guard = Guard(engine, self._say, self._end, self._now())
        self._escalation = self._guard.escalation
        self._sealing = Sealing(engine, writer, judging, self._end, self._monitor, started_at)
        self._overdue_s = float("inf")  # on the run's clock
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
            if self._workers is not None:
                self._workers.attach(self._say)
            self._engine.send(Start())
            self._show()
            while self._end.returncode is None:
                self._handle(await self._engine.report())
                if watching.done():
                    # Nobody escalates any more: a bug, which must not leave load behind.
                    watching.result()
            if self._workers is not None:
                await self._workers.finish(has_master_ended=self._end.ended)
            return await self._seal()
        finally:
            watching.cancel()
            if self._monitor is not None:
                await self._monitor.close()
            await self._loaded.close()
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
        if self._judging.search is not None:
            self._judging.search.end(reason)
        self._enter(RunState.STOPPING)
        self._orders.close(self._state)
        self._engine.send(Stop())
        grace_s = 0.0 if self._guard.is_stuck else self.plan.profile.stop_timeout_s
        self._escalation.begin(self._now(), grace_s)
        self._show()

    def _on_viewer_stop(self, request: StopRun) -> None:
        self.stop(f"stopped by {clean(request.by, 60)}", exit_codes.STOPPED_EARLY, now=request.now)

    def _on_viewer_note(self, request: AddNote) -> None:
        # Later its exports are made: a note that comes then is a mark of a run that is over.
        takes_notes = self._state is not RunState.SEALING and not self._state.is_over
        if takes_notes and self._say.note(request):
            self._show()

    def _on_viewer_order(self, asked: ControlRun, answer: Answer) -> None:
        refused = self._pilot.refusal_of(asked.order) if self._pilot is not None else ""
        if refused:
            answer(refused)
        else:
            self._orders.ask(asked, answer, self._state)

    def _handle(self, report: Report) -> None:
        match report:
            case Ticked(tick=tick):
                self._add(tick)
            case Beat():
                self._guard.hear(report, self._now())
            case Printed() | Logged():
                self._say.log(report)
            case TestStarted():
                self._begin_test()
            case SpawningComplete(user_count=users):
                self._say.spawned(users, self._orders.control)
                if self._state is RunState.RAMPING:
                    self._enter(RunState.RUNNING)
            case LoadChanged():
                self._orders.follow(report)
                self._show()
            case Obeyed():
                self._orders.obeyed(report)
            case WorkerNews() if self._workers is not None:
                self._workers.handle(report)
            case Stopping(reason=why):
                self._engine_stops(why)
            case Fault():
                self._say.log_traceback(report.traceback)
                self._end.fault = clean(mask_secrets(report.text), 500)
                self._say.event("fault", self._end.fault)
            case Ended():
                self._end.note(report)
                self._say.abandoned(report)
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
        self._clock.begin()
        run_time_s = self._loaded.loaded.run_time_s
        if run_time_s is not None:
            self._overdue_s = run_time_s + self.plan.profile.stop_timeout_s + OVERDUE_S
        if self._state is RunState.LOADING:
            self._enter(RunState.RAMPING)
        self._say.event("started", "the test starts")
        if self._pilot is not None:
            self._pilot.begin()
        self._show()

    def _engine_stops(self, why: str) -> None:
        if self._state is not RunState.STOPPING:
            reasons = {
                "run_time": "the run time is over",
                "shape_ended": "the load shape is at its end",
                "user_code": "the locustfile ended the run",
                "unguarded": "the conductor stood still for too long, and the engine ended the load",
            }
            if why == "unguarded":
                self._end.load_gone = reasons[why]
            self._begin_stopping(reasons.get(why, why))

    def _add(self, tick: Tick) -> None:
        if self._monitor is not None:
            tick = replace(tick, target=self._monitor.latest())
            self._say.target_problem(self._monitor.problem)
        was_warming_up = self._judging.assessment.is_warming_up
        reason, now = self._judging.add(tick, self._clock.take_paused_s())
        if was_warming_up and not self._judging.assessment.is_warming_up:
            lasted_s = self._judging.assessment.warm_up_s
            self._say.event("warm-up", f"the warm-up is over after {lasted_s:.1f} s: what comes now is judged")
        # Committed before anybody sees it.
        self._writer.commit(tick)
        if reason and self._state is not RunState.STOPPING:
            self.stop(reason, exit_codes.STOPPED_EARLY, now=now)
        self._search(tick)
        if self._state is RunState.STOPPING and tick.user_count == 0 and tick.in_flight == 0:
            self._escalation.await_hooks(self._now())
        self._show()

    def _search(self, tick: Tick) -> None:
        if self._pilot is not None and self._state in (RunState.RAMPING, RunState.RUNNING):
            found = self._pilot.add(tick, self._state)
            if found:
                self._begin_stopping(found)

    # --- watching -------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            has_load = self._state in (RunState.RAMPING, RunState.RUNNING)
            if has_load and self._clock.elapsed_s() >= self._overdue_s:
                self._begin_stopping("the run time is over, and the engine did not end the run")
            self._guard.look(self._now(), is_stopping=self._state is RunState.STOPPING)
            if has_load and self._state is not RunState.STOPPING and (reason := self._guard.ends_run):
                self._begin_stopping(reason)
            self._orders.note_time()
            if overdue := self._orders.pause_overdue():
                self.stop(overdue, exit_codes.STOPPED_EARLY)
            if self._now() - self._last_shown_at >= _SNAPSHOT_INTERVAL_S:
                self._show()

    async def _seal(self) -> Outcome:
        self._enter(RunState.SEALING)
        self._show()
        self._orders.close(self._state)
        outcome = await self._sealing.seal(self._guard.was_stuck_at, len(self._say.notes))
        self._enter(outcome.state, cause=outcome.reason)
        self._show()
        return outcome

    # --- saying ---------------------------------------------------------------------------------------------

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _enter(self, state: RunState, cause: str = "") -> None:
        check_transition(self._state, state)
        self._state = state
        self._say.event("state", f"{state.value}: {cause}" if cause else state.value)

    def _show(self) -> None:
        self._last_shown_at = self._now()
        assessment = self._judging.assessment
        whole = assessment.whole
        trust, trust_reason = live_trust(whole, self._workers.restarted if self._workers is not None else "")
        snapshot = snapshot_of(
            whole,
            None if assessment.is_warming_up else assessment.measured,
            run_id=self._writer.run_id,
            folder=str(self._writer.folder),
            title=self.plan.title if self._pilot is None else f"{self.plan.title} · {self._pilot.title}",
            target_url=mask_secrets(without_userinfo(self.plan.target.url)),
            state=self._state,
            cause=self._end.stopped if not self._state.is_over else "",
            warning=self._guard.warning or self._writer.problem,
            elapsed_s=self._clock.elapsed_s() if self._state.has_load else whole.elapsed_s,
            run_time_s=self._loaded.loaded.run_time_s,
            thresholds=assessment.thresholds() if self._pilot is None else self._pilot.thresholds(),
            warm_up_s=assessment.warm_up_s,
            notes=self._say.notes,
            control=self._orders.control,
            trust=trust,
            trust_reason=trust_reason,
        )
        self._say.show(snapshot)
