"""A bench from the conductor's side: what the engine measures is collected, and every end has a name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from perftui import exit_codes
from perftui.conductor.ending import how_it_died
from perftui.conductor.engine_process import Exited, Garbled, Printed, Report
from perftui.conductor.escalation import TERM_AFTER_S, Escalation
from perftui.conductor.loading import LoadedEngine
from perftui.conductor.log import LogLine, log_line
from perftui.conductor.pulse import Pulse
from perftui.model.bench import MAX_ROUNDS, TaskRounds
from perftui.model.plan import RunPlan
from perftui.model.text import clean, mask_secrets
from perftui.wire.heartbeat import Beat
from perftui.wire.messages import Benched, BenchPlanned, BenchSettings, Ended, Fault, Logged, Start, Stop, Stopping

_WATCH_INTERVAL_S = 0.1
# From the end of a task to that of the engine: `on_stop` of its user, then the listeners of `test_stop`.
_HUNG_PARTS = 2


@dataclass(frozen=True, slots=True)
class BenchOutcome:
    """Every task that was planned, in order. `reason` says why the bench ended early, "" where it did not."""

    tasks: tuple[TaskRounds, ...]
    exit_code: int
    reason: str


class BenchConductor:
    """Owns the engine of one bench from Loaded on, and leaves nothing of it behind.

    `on_task` gets the name of each task when it is begun, with how many are done and how many there are.
    """

    def __init__(
        self,
        plan: RunPlan,
        engine: LoadedEngine,
        settings: BenchSettings,
        *,
        on_task: Callable[[str, int, int], None] = lambda name, done, count: None,
        on_log: Callable[[LogLine], None] = lambda _: None,
    ) -> None:
        self._plan = plan
        self._engine = engine.process
        self._settings = settings
        self._on_task = on_task
        self._on_log = on_log
        self._pulse = Pulse(self._now())
        self._escalation = Escalation()
        self._planned: tuple[tuple[str, str], ...] | None = None
        # Both by user class and task; the engine plans at most MAX_TASKS of each class.
        self._times_s: dict[tuple[str, str], list[float]] = {}
        self._done: dict[tuple[str, str], TaskRounds] = {}
        self._stop_code = exit_codes.OK
        self._reason = ""
        self._fault = ""
        self._is_over = False

    async def planned(self) -> tuple[tuple[str, str], ...]:
        """User class and name of every task that would be measured; nothing was sent yet."""
        while self._planned is None and not self._is_over:
            self._handle(await self._engine.report())
        return self._planned or ()

    def stop(self, reason: str, code: int, *, now: bool = False) -> None:
        """End early, for `reason`; with `now` a round that goes on is not waited for."""
        if not self._reason:
            self._reason, self._stop_code = reason, code
            self._engine.send(Stop())
            self._escalation.begin(self._now(), self._plan.profile.stop_timeout_s + self._end_limit_s)
        if now:
            self._escalation.hurry(self._now())

    async def run(self) -> BenchOutcome:
        """Measure, to the end or until stopped."""
        await self.planned()
        watching = asyncio.create_task(self._watch())
        try:
            self._engine.send(Start())
            self._say_task()
            while not self._is_over:
                self._handle(await self._engine.report())
        finally:
            watching.cancel()
            await self.close()
        return self._outcome()

    async def close(self) -> None:
        await self._engine.close()

    @property
    def _end_limit_s(self) -> float:
        """What the ends of user code may take: each of them is given up by the engine itself."""
        return _HUNG_PARTS * self._settings.hung_after_s

    def _handle(self, report: Report) -> None:
        match report:
            case BenchPlanned(tasks=tasks):
                self._planned = tasks
            case Benched():
                self._add(report)
            case Beat():
                self._pulse.note(report, self._now())
            case Printed() | Logged():
                self._on_log(log_line(report, 0.0))
            case Stopping(reason="user_code"):
                self._end("the locustfile ended the bench", exit_codes.STOPPED_EARLY)
            case Fault():
                self._fault = clean(mask_secrets(report.text), 500).rstrip(".")
            case Ended(hook_raised=raised):
                self._fault = self._fault or (f"a listener raised {raised}" if raised else "")
                self._is_over = True
            case Garbled(why=why):
                self._end(f"the engine is not understood: {why}", exit_codes.ENGINE_DIED)
                self._is_over = True
            case Exited(returncode=code):
                self._end(f"the engine died: {how_it_died(code)}", exit_codes.ENGINE_DIED)
                self._is_over = True
            case _:
                pass

    def _add(self, benched: Benched) -> None:
        key = benched.user_class, benched.task
        times_s = self._times_s.setdefault(key, [])
        times_s += benched.times_s[: MAX_ROUNDS - len(times_s)]
        if benched.is_last:
            texts = [clean(mask_secrets(each), 500) for each in (benched.failure, benched.given_up)]
            self._done[key] = TaskRounds(*key, tuple(times_s), benched.failed, *texts)
            self._say_task()

    def _say_task(self) -> None:
        left = [key for key in self._planned or () if key not in self._done]
        if left:
            self._on_task(".".join(left[0]), len(self._done), len(self._planned or ()))

    def _end(self, reason: str, code: int) -> None:
        """The first reason counts: what follows it, follows from it."""
        if not self._reason:
            self._reason, self._stop_code = reason, code

    async def _watch(self) -> None:
        """Stop what the engine cannot stop by itself: a call that holds its loop, a target's limit in minutes."""
        began_s, stuck_since_s = self._now(), float("inf")
        minutes = self._plan.target.max_minutes
        while True:
            await asyncio.sleep(_WATCH_INTERVAL_S)
            now_s = self._now()
            self._pulse.note_time(now_s)
            stuck_since_s = min(stuck_since_s, now_s) if self._pulse.stuck_at else float("inf")
            if now_s - stuck_since_s > self._settings.hung_after_s:
                self._fault = self._fault or f"user code is stuck at {self._pulse.stuck_at}"
                self.stop("user code is stuck", exit_codes.LOCUSTFILE, now=True)
            if minutes is not None and now_s - began_s > minutes * 60:
                allowed = f"target {self._plan.target.name} allows {minutes:g} minutes"
                self.stop(f"stopped by the target's limit: {clean(allowed)}", exit_codes.STOPPED_EARLY)
            if self._reason and self._pulse.stuck_at:
                self._escalation.hurry(now_s, TERM_AFTER_S)
            number = self._escalation.due(now_s)
            if number is not None:
                self._engine.signal_group(number)

    def _outcome(self) -> BenchOutcome:
        if self._fault:
            self._reason, self._stop_code = self._fault, exit_codes.LOCUSTFILE
        why = self._reason or "it was not measured"
        tasks = tuple(
            self._done.get(key) or TaskRounds(*key, tuple(self._times_s.get(key, ())), given_up=why)
            for key in self._planned or ()
        )
        return BenchOutcome(tasks, self._stop_code, self._reason)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
