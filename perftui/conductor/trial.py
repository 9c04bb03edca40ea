"""A trial from the conductor's side: one user's requests are collected, and every end has a name."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from perftui import exit_codes
from perftui.conductor.ending import how_it_died
from perftui.conductor.engine_process import EngineProcess, Exited, Garbled, Printed, Report
from perftui.conductor.faults import fault_error
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.loading import load_engine
from perftui.conductor.log import LogLine, log_line
from perftui.conductor.pulse import Pulse
from perftui.model.errors import PerftuiError
from perftui.model.exchange import MAX_TRIAL_EXCHANGES, MAX_TRIAL_LINES, Exchange, Trial
from perftui.model.plan import RunPlan
from perftui.model.text import clean, mask_secrets
from perftui.wire.heartbeat import Beat
from perftui.wire.messages import Ended, Exchanged, Fault, Logged, Start, TrialPlanned, TrialSettings, Tried

LIMIT_S = 60.0
# What the engine may take to end what it has cut off, on top of the limit.
_END_S = 12.0


def one_user(plan: RunPlan) -> RunPlan:
    """`plan` for a trial: what is asked of its target is one user for as long as a trial lasts."""
    profile = replace(
        plan.profile, users=1, spawn_rate=1.0, run_time_s=LIMIT_S, warm_up_s=0.0, thresholds=(), abort_on=()
    )
    return replace(plan, profile=profile)


async def run_trial(
    plan: RunPlan,
    interpreter: Interpreter,
    *,
    task: str = "",
    limit_s: float = LIMIT_S,
    on_exchange: Callable[[Exchange], None] = lambda _: None,
    on_log: Callable[[LogLine], None] = lambda _: None,
) -> Trial:
    """Let one user of the first user class of `plan` do `task` once, or its first task where that is empty.

    Raises PerftuiError where nothing was tried: the locustfile does not load, there is no such task, the engine died.
    Cancelled, it leaves nothing of the engine behind.
    """
    lines: deque[LogLine] = deque(maxlen=MAX_TRIAL_LINES)

    def note(line: LogLine) -> None:
        lines.append(line)
        on_log(line)

    settings = TrialSettings(task, limit_s)
    engine = await load_engine(plan, interpreter, "trial", trial=settings, on_log=note)
    trying = _Trying(engine.process, on_exchange, note)
    try:
        await trying.run(limit_s)
    finally:
        await engine.process.close()
    if trying.planned is None:
        raise trying.error or PerftuiError("the trial did not begin", trying.exception, exit_code=exit_codes.LOCUSTFILE)
    shown = tuple(
        f"{line.level}: {line.text}" if line.level not in ("STDOUT", "STDERR") else line.text for line in lines
    )
    return Trial(*trying.planned, tuple(trying.exchanges), shown, trying.exception)


class _Trying:
    """What the engine says from Loaded on."""

    def __init__(
        self, engine: EngineProcess, on_exchange: Callable[[Exchange], None], on_log: Callable[[LogLine], None]
    ) -> None:
        self._engine = engine
        self._on_exchange = on_exchange
        self._on_log = on_log
        self._began_s = self._now()
        self._pulse = Pulse(self._began_s)
        self._is_over = False
        self.planned: tuple[str, str] | None = None
        # At most MAX_TRIAL_EXCHANGES.
        self.exchanges: list[Exchange] = []
        self.exception = ""
        self.error: PerftuiError | None = None

    async def run(self, limit_s: float) -> None:
        self._engine.send(Start())
        try:
            async with asyncio.timeout(limit_s + _END_S):
                while not self._is_over:
                    self._handle(await self._engine.report())
        except TimeoutError:
            where = f", at {self._pulse.stuck_at}" if self._pulse.stuck_at else ""
            self._fail(f"it was not over after {limit_s:g} s{where}")

    def _handle(self, report: Report) -> None:
        match report:
            case TrialPlanned(user_class=user_class, task=task):
                self.planned = user_class, task
            case Exchanged(exchange=exchange):
                if len(self.exchanges) < MAX_TRIAL_EXCHANGES:
                    self.exchanges.append(exchange)
                    self._on_exchange(exchange)
            case Printed() | Logged():
                self._on_log(log_line(report, self._now() - self._began_s))
            case Beat():
                self._pulse.note(report, self._now())
            case Tried(exception=exception):
                self._fail(exception)
            case Fault():
                self.error = fault_error(report)
                self._fail(report.text)
            case Ended(hook_raised=raised):
                self._fail(f"a listener raised {raised}" if raised else "")
                self._is_over = True
            case Garbled(why=why):
                self._fail(f"the engine is not understood: {why}")
                self._is_over = True
            case Exited(returncode=code):
                self._fail(f"the engine died: {how_it_died(code)}")
                self._is_over = True
            case _:
                pass

    def _fail(self, why: str) -> None:
        """The first reason counts: what follows it, follows from it."""
        self.exception = self.exception or clean(mask_secrets(why), 500)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
