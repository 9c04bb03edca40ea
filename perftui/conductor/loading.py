"""From a plan to an engine that holds its locustfiles and waits for the word to start."""

from __future__ import annotations

import asyncio
import contextlib
import platform
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import psutil

from perftui import __version__, exit_codes
from perftui.conductor.ending import how_it_died
from perftui.conductor.engine_process import EngineProcess, Exited, Garbled, Printed, Report, start_engine
from perftui.conductor.faults import does_not_load, fault_error
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.joining_lines import lines_on_joining
from perftui.conductor.load_workers import LoadWorkers, master_settings
from perftui.conductor.log import LogLine, log_line
from perftui.conductor.pulse import Pulse
from perftui.conductor.worker_voice import WorkerVoice
from perftui.judgement.likeness import LOAD_SHAPE
from perftui.model.errors import PerftuiError
from perftui.model.plan import Profile, RunPlan
from perftui.model.text import clean
from perftui.wire.heartbeat import Beat
from perftui.wire.messages import (
    VERSION,
    BenchSettings,
    Configure,
    Fault,
    Hello,
    Loaded,
    Logged,
    TrialSettings,
    WorkerNews,
)

LOAD_TIMEOUT_S = 60.0
# What user code says while it is imported, kept for the log of a run that has no folder yet.
MAX_EARLY_LINES = 1000
# While load workers come, those of this machine are looked at so often.
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class LoadedEngine:
    """An engine that waits for Start. `early_lines` is what was said so far; `environment` is for the record.

    `workers` is there where it leads load workers, and as many of them as are wanted have come.
    """

    process: EngineProcess
    loaded: Loaded
    environment: dict[str, str]
    early_lines: Iterable[LogLine]
    warnings: tuple[str, ...]
    workers: LoadWorkers | None = None

    async def close(self) -> None:
        """Leaves nothing of it behind."""
        if self.workers is not None:
            await self.workers.close()
        await self.process.close()


async def load_engine(
    plan: RunPlan,
    interpreter: Interpreter,
    mode: Literal["run", "inspect", "bench", "trial"] = "run",
    *,
    bench: BenchSettings | None = None,
    trial: TrialSettings | None = None,
    on_log: Callable[[LogLine], None] = lambda _: None,
    timeout_s: float = LOAD_TIMEOUT_S,
) -> LoadedEngine:
    """Start an engine and let it load the locustfiles of `plan`. With "inspect" it leaves by itself afterwards.

    `bench` and `trial` go with the mode of that name. Raises PerftuiError where they do not load, with nothing left
    behind.
    """
    configure = _configure(plan, mode, bench, trial)
    loading = _Loading(interpreter, on_log)
    process = await start_engine(interpreter.python, plan.working_directory)
    workers: LoadWorkers | None = None
    try:
        process.send(configure)
        loaded = await _loaded(process, loading, timeout_s)
        environment = loading.environment | ({LOAD_SHAPE: loaded.shape} if loaded.shape else {})
        if configure.master is not None:
            workers = LoadWorkers(plan.profile, configure.master, loaded.master_port, WorkerVoice(loading.say))
            workers.start(configure, interpreter, plan.working_directory)
            await _joined(process, loading, workers, plan.profile, interpreter.notice)
            environment["load workers"] = f"{workers.present}, led at {workers.address}"
    except BaseException:
        if workers is not None:
            await workers.close()
        await process.close()
        raise
    notice = (interpreter.notice,) if interpreter.notice else ()
    return LoadedEngine(
        process=process,
        loaded=loaded,
        environment=environment,
        early_lines=loading.early_lines,
        warnings=notice + loaded.warnings,
        workers=workers,
    )


async def _loaded(process: EngineProcess, loading: _Loading, timeout_s: float) -> Loaded:
    try:
        async with asyncio.timeout(timeout_s):
            while loading.loaded is None:
                loading.handle(await process.report())
    except TimeoutError:
        where = f", at {loading.pulse.stuck_at}" if loading.pulse.stuck_at else ""
        raise does_not_load(f"still loading after {timeout_s:g} s{where}") from None
    return loading.loaded


async def _joined(
    process: EngineProcess, loading: _Loading, workers: LoadWorkers, profile: Profile, notice: str
) -> None:
    """Returns when as many load workers are there as are wanted. Raises PerftuiError where they do not come."""
    loading.workers = workers
    for level, line in lines_on_joining(workers, profile):
        loading.say(Logged(level, "perftui", line))
    now = asyncio.get_running_loop().time
    until_s = now() + profile.max_wait_s
    while workers.present < workers.wanted:
        # No timeout around this one: two that end in the same moment would cancel each other out.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_S):
                loading.handle(await process.report())
        workers.check(notice)
        workers.watch(now(), was_asleep=False)
        if now() > until_s:
            raise workers.too_few()


class _Loading:
    """What the engine says until the locustfiles are loaded."""

    def __init__(self, interpreter: Interpreter, on_log: Callable[[LogLine], None]) -> None:
        self._interpreter = interpreter
        self._on_log = on_log
        self._said_stuck_at = ""
        self.pulse = Pulse(asyncio.get_running_loop().time())
        self.loaded: Loaded | None = None
        self.workers: LoadWorkers | None = None
        self.environment: dict[str, str] = {}
        self.early_lines: deque[LogLine] = deque(maxlen=MAX_EARLY_LINES)

    def handle(self, report: Report) -> None:
        """Raises PerftuiError where the engine cannot go on."""
        match report:
            case Hello():
                self._greet(report)
            case Loaded():
                self.loaded = report
            case Beat():
                self.pulse.note(report, asyncio.get_running_loop().time())
                self._say_slow()
            case Printed() | Logged():
                self.say(report)
            case WorkerNews():
                if self.workers is not None:
                    self.workers.handle(report)
            case Fault():
                raise fault_error(report, self._interpreter.notice)
            case Exited(returncode=code):
                last = f"Its last line: {self.early_lines[-1].text}" if self.early_lines else ""
                raise does_not_load(f"the engine ended while loading it ({how_it_died(code)})", last)
            case Garbled(why=why):
                raise PerftuiError("the engine is not understood", why, exit_code=exit_codes.ENGINE_DIED)
            case _:
                pass

    def _greet(self, hello: Hello) -> None:
        if hello.version != VERSION:
            raise PerftuiError(
                "the engine speaks another version of the protocol",
                f"{hello.version}, not {VERSION}",
                "Install perftui again",
                exit_code=exit_codes.ENVIRONMENT,
            )
        self.environment = {
            **{f"engine {name}": clean(version) for name, version in hello.versions.items()},
            "engine interpreter": f"{self._interpreter.python} ({self._interpreter.origin})",
            "perftui": __version__,
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "cores": str(psutil.cpu_count() or 1),
        }

    def say(self, said: Printed | Logged) -> None:
        line = log_line(said, 0.0)
        self.early_lines.append(line)
        self._on_log(line)

    def _say_slow(self) -> None:
        """An import that takes long is named, once for each place: it may be one that never ends."""
        where = self.pulse.stuck_at
        if where and where != self._said_stuck_at:
            self.say(Logged("WARNING", "perftui", f"still loading the locustfile, at {where}"))
        self._said_stuck_at = where or self._said_stuck_at


def _configure(
    plan: RunPlan,
    mode: Literal["run", "inspect", "bench", "trial"],
    bench: BenchSettings | None,
    trial: TrialSettings | None,
) -> Configure:
    profile, scenario = plan.profile, plan.scenario
    return Configure(
        mode=mode,
        locustfiles=scenario.locustfiles,
        host=plan.target.url or None,
        users=profile.users,
        spawn_rate=float(profile.spawn_rate),
        run_time_s=profile.run_time_s,
        stop_timeout_s=profile.stop_timeout_s,
        connect_timeout_s=profile.connect_timeout_s,
        read_timeout_s=profile.read_timeout_s,
        user_classes=scenario.user_classes,
        tags=scenario.tags,
        exclude_tags=scenario.exclude_tags,
        weights=dict(scenario.weights),
        locust_args=plan.locust_args,
        bench=bench,
        trial=trial,
        stages=profile.stages,
        rate_per_s=profile.rate_per_s,
        max_users=profile.max_users,
        load_shape=profile.load_shape,
        master=master_settings(profile) if mode == "run" else None,
    )
