"""From a plan to an engine that holds its locustfiles and waits for the word to start."""

from __future__ import annotations

import asyncio
import os
import platform
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import psutil

from perftui import __version__, exit_codes
from perftui.conductor.ending import how_it_died
from perftui.conductor.engine_process import EngineProcess, Exited, Garbled, Printed, Report
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.log import LogLine, log_line
from perftui.conductor.pulse import Pulse
from perftui.judgement.likeness import LOAD_SHAPE
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.model.text import clean, mask_secrets
from perftui.wire.heartbeat import Beat
from perftui.wire.messages import VERSION, BenchSettings, Configure, Fault, Hello, Loaded, Logged, TrialSettings

LOAD_TIMEOUT_S = 60.0
# What user code says while it is imported, kept for the log of a run that has no folder yet.
MAX_EARLY_LINES = 1000


@dataclass(frozen=True, slots=True)
class LoadedEngine:
    """An engine that waits for Start. `early_lines` is what was said so far; `environment` is for the record."""

    process: EngineProcess
    loaded: Loaded
    environment: dict[str, str]
    early_lines: tuple[LogLine, ...]
    warnings: tuple[str, ...]


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
    loading = _Loading(interpreter, on_log)
    try:
        process = await EngineProcess.start(
            interpreter.python, plan.working_directory, {**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    except OSError as error:
        raise PerftuiError(
            f"cannot start the engine with {clean(interpreter.python)}",
            error.strerror or str(error),
            "Name another interpreter with --python",
            exit_code=exit_codes.ENVIRONMENT,
        ) from None
    try:
        process.send(_configure(plan, mode, bench, trial))
        async with asyncio.timeout(timeout_s):
            while loading.loaded is None:
                loading.handle(await process.report())
    except TimeoutError:
        await process.close()
        where = f", at {loading.pulse.stuck_at}" if loading.pulse.stuck_at else ""
        raise _does_not_load(f"still loading after {timeout_s:g} s{where}") from None
    except BaseException:
        await process.close()
        raise
    notice = (interpreter.notice,) if interpreter.notice else ()
    return LoadedEngine(
        process=process,
        loaded=loading.loaded,
        environment=loading.environment | ({LOAD_SHAPE: loading.loaded.shape} if loading.loaded.shape else {}),
        early_lines=tuple(loading.early_lines),
        warnings=notice + loading.loaded.warnings,
    )


class _Loading:
    """What the engine says until the locustfiles are loaded."""

    def __init__(self, interpreter: Interpreter, on_log: Callable[[LogLine], None]) -> None:
        self._interpreter = interpreter
        self._on_log = on_log
        self._said_stuck_at = ""
        self.pulse = Pulse(asyncio.get_running_loop().time())
        self.loaded: Loaded | None = None
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
                self._say(report)
            case Fault():
                raise fault_error(report, self._interpreter.notice)
            case Exited(returncode=code):
                last = f"Its last line: {self.early_lines[-1].text}" if self.early_lines else ""
                raise _does_not_load(f"the engine ended while loading it ({how_it_died(code)})", last)
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

    def _say(self, said: Printed | Logged) -> None:
        line = log_line(said, 0.0)
        self.early_lines.append(line)
        self._on_log(line)

    def _say_slow(self) -> None:
        """An import that takes long is named, once for each place: it may be one that never ends."""
        where = self.pulse.stuck_at
        if where and where != self._said_stuck_at:
            self._say(Logged("WARNING", "perftui", f"still loading the locustfile, at {where}"))
        self._said_stuck_at = where or self._said_stuck_at


def fault_error(fault: Fault, notice: str = "") -> PerftuiError:
    """What the engine said of a test that cannot begin; `notice` is what there is to say of its interpreter."""
    text = clean(mask_secrets(fault.text), 500).rstrip(".")
    if fault.kind == "arguments":
        error = PerftuiError("what is asked does not fit the locustfile", text, exit_code=exit_codes.USAGE)
    else:
        error = _does_not_load(text, notice or "Details with --debug", exit_codes.OF_FAULT[fault.kind])
    error.add_note(fault.traceback)
    return error


def _does_not_load(why: str, next_step: str = "", exit_code: int = exit_codes.LOCUSTFILE) -> PerftuiError:
    return PerftuiError("the locustfile does not load", why, next_step, exit_code=exit_code)


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
    )
