"""A load worker for somebody else's run: one engine in the foreground, which a master elsewhere leads."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable

from perftui import exit_codes
from perftui.conductor.ending import how_it_died
from perftui.conductor.engine_process import EngineProcess, Exited, Garbled, Printed, Report, start_engine
from perftui.conductor.escalation import TERM_AFTER_S, Escalation
from perftui.conductor.faults import fault_error, fault_text
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.log import log_line
from perftui.conductor.pulse import Pulse
from perftui.model.endpoint import endpoint_text
from perftui.model.errors import PerftuiError
from perftui.model.text import clean, mask_secrets
from perftui.model.tick import Tick
from perftui.wire.heartbeat import JOINING, READY, Beat
from perftui.wire.messages import (
    VERSION,
    Configure,
    Ended,
    Fault,
    Hello,
    Loaded,
    Logged,
    Stop,
    TestStarted,
    Ticked,
    WorkerNews,
    WorkerSettings,
)

# What it does is said so often.
SAY_EVERY_S = 30.0
_TRY_EVERY_S = 0.5
_TRY_TIMEOUT_S = 3.0
_WATCH_INTERVAL_S = 0.25
# As for any engine: importing the locustfiles may take so long.
_LOAD_WITHIN_S = 60.0
# A master is given so long to answer, however short the wait for it is to be.
_LEAST_ANSWER_S = 2.0
# What users may take to finish when a person stops the worker; a master says how long in its own run.
STOP_TIMEOUT_S = 2.0


def worker_configure(settings: WorkerSettings, locustfiles: tuple[str, ...], locust_args: tuple[str, ...]) -> Configure:
    """What a load worker is told; how much load there is, its master says."""
    return Configure(
        mode="run",
        locustfiles=locustfiles,
        host=None,
        users=1,
        spawn_rate=1.0,
        run_time_s=None,
        stop_timeout_s=STOP_TIMEOUT_S,
        connect_timeout_s=60.0,
        read_timeout_s=60.0,
        locust_args=locust_args,
        worker=settings,
    )


async def await_master(host: str, port: int, within_s: float) -> None:
    """Returns when somebody listens there. Raises PerftuiError where nobody does in time."""
    until_s = time.monotonic() + within_s
    while True:
        try:
            async with asyncio.timeout(_TRY_TIMEOUT_S):
                _, writer = await asyncio.open_connection(host, port)
        except socket.gaierror as error:
            raise _no_master(host, port, error.strerror or str(error)) from None
        except TimeoutError:
            why = "no answer"
        except OSError as error:
            # asyncio makes its own long text where there are several addresses.
            why = "connection refused" if isinstance(error, ConnectionRefusedError) else error.strerror or str(error)
        else:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return
        if time.monotonic() + _TRY_EVERY_S > until_s:
            raise _no_master(host, port, f"{clean(why, 100)}, for {within_s:g} s")
        await asyncio.sleep(_TRY_EVERY_S)


def _no_master(host: str, port: int, why: str) -> PerftuiError:
    return PerftuiError(
        f"there is no master at {clean(endpoint_text(host, port))}",
        why,
        "Start the run there with --expect-workers, and take the port that it names",
        exit_code=exit_codes.ENVIRONMENT,
    )


def _no_answer(master: str, within_s: float) -> PerftuiError:
    return PerftuiError(
        f"no Locust master answers at {master}",
        f"something listens there, and said nothing for {within_s:g} s",
        "Take the port that the run names for load workers",
        exit_code=exit_codes.ENVIRONMENT,
    )


class RemoteWorker:
    """`say` gets a line now and then; a master has `max_wait_s` to answer. `stop` may come at any time."""

    def __init__(
        self, interpreter: Interpreter, configure: Configure, say: Callable[[str], None], max_wait_s: float
    ) -> None:
        assert configure.worker is not None
        self._max_wait_s = max(max_wait_s, _LEAST_ANSWER_S)
        self._phase, self._phase_since_s = "", time.monotonic()
        self._interpreter = interpreter
        self._configure = configure
        self._master = clean(endpoint_text(configure.worker.host, configure.worker.port))
        self._say = say
        self._engine: EngineProcess | None = None
        self._escalation = Escalation()
        self._pulse = Pulse(time.monotonic())
        self._said_stuck_at = ""
        self._stop_code = exit_codes.OK
        self._fault: Fault | None = None
        self._garbled = ""
        self._is_joined = self._is_lost = self._has_ended = False
        self._returncode: int | None = None
        self._requests = 0
        self._since: list[Tick] = []

    async def run(self, folder: str) -> int:
        """Join the master, and work for it to the end of its run; the exit code. Raises PerftuiError where it cannot.

        Nothing of the engine is left behind. `folder` is the working directory of user code.
        """
        self._engine = engine = await start_engine(self._interpreter.python, folder)
        watching = asyncio.create_task(self._watch())
        try:
            engine.send(self._configure)
            if self._stop_code:
                self._ask_to_stop()
            while self._returncode is None:
                try:
                    async with asyncio.timeout(_WATCH_INTERVAL_S):
                        self._handle(await engine.report())
                except TimeoutError:
                    if not self._is_joined and not self._stop_code and (overdue := self._overdue()):
                        raise overdue from None
                if watching.done():
                    watching.result()
        finally:
            watching.cancel()
            await engine.close()
        return self._exit_code(self._returncode)

    def stop(self, reason: str, code: int, *, now: bool = False) -> None:
        """Leave the run: users finish what they do, at most the stop timeout; with `now`, at once."""
        if self._has_ended:
            return
        if not self._stop_code:
            self._stop_code = code
            self._say(f"{reason}: leaving the run")
            self._ask_to_stop()
        if now:
            self._escalation.hurry(time.monotonic())

    def _ask_to_stop(self) -> None:
        if self._engine is not None:
            self._engine.send(Stop())
            self._escalation.begin(time.monotonic(), STOP_TIMEOUT_S)

    def _handle(self, report: Report) -> None:
        match report:
            case Hello(version=version) if version != VERSION:
                raise PerftuiError(
                    "the engine speaks another version of the protocol",
                    f"{version}, not {VERSION}",
                    "Install perftui again",
                    exit_code=exit_codes.ENVIRONMENT,
                )
            case Loaded():
                for warning in report.warnings:
                    self._say(f"warning: {clean(mask_secrets(warning), 500)}")
            case WorkerNews(kind="joined"):
                if not self._is_joined:
                    self._say(f"joined the master at {self._master}; its run begins when all are there")
                self._is_joined = True
            case WorkerNews(kind="lost"):
                self._is_lost = True
                self._say(f"the master at {self._master} is silent: the load here is stopped")
            case TestStarted():
                self._is_joined = True
                self._say("the load begins")
            case Ticked(tick=tick):
                self._add(tick)
            case Beat(phase=phase):
                self._pulse.note(report, time.monotonic())
                if phase != self._phase:
                    self._phase, self._phase_since_s = phase, time.monotonic()
            case Printed() | Logged():
                line = log_line(report, 0.0)
                self._say(line.text if line.level == "STDOUT" else f"{line.level.lower()}: {line.text}")
            case Fault():
                self._fault = self._fault or report
            case Ended():
                self._has_ended = True
                self._escalation.await_hooks(time.monotonic())
            case Garbled(why=why):
                self._garbled = clean(why)
                self._escalation.begin(time.monotonic(), 0.0)
            case Exited(returncode=code):
                self._returncode = code
            case _:
                pass

    def _add(self, tick: Tick) -> None:
        self._since.append(tick)
        self._requests += sum(each.requests for each in tick.requests)
        lasted_s = sum(each.interval_s for each in self._since)
        if lasted_s >= SAY_EVERY_S:
            requests = sum(each.requests for ticked in self._since for each in ticked.requests)
            self._say(f"{tick.user_count:,} users, {requests / lasted_s:,.0f} rps, {self._requests:,} requests so far")
            self._since.clear()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_INTERVAL_S)
            now_s = time.monotonic()
            self._pulse.note_time(now_s)
            stuck_at = self._pulse.stuck_at
            if stuck_at and stuck_at != self._said_stuck_at:
                self._say(f"warning: user code is stuck at {stuck_at}: no user can work")
            self._said_stuck_at = stuck_at
            if stuck_at and (self._stop_code or self._is_lost):
                # A master that is gone, or a person, is not to wait for a call that never returns.
                self._escalation.hurry(now_s, TERM_AFTER_S)
            number = self._escalation.due(now_s)
            if number is not None and self._engine is not None:
                self._engine.signal_group(number)

    def _overdue(self) -> PerftuiError | None:
        """Why it is not to be waited for any longer that this worker joins."""
        lasted_s = time.monotonic() - self._phase_since_s
        if self._phase in (JOINING, READY):
            return _no_answer(self._master, self._max_wait_s) if lasted_s > self._max_wait_s else None
        if lasted_s <= _LOAD_WITHIN_S:
            return None
        at = f", at {self._pulse.stuck_at}" if self._pulse.stuck_at else ""
        return PerftuiError(
            "the locustfile does not load",
            f"still loading after {_LOAD_WITHIN_S:g} s{at}",
            exit_code=exit_codes.LOCUSTFILE,
        )

    def _exit_code(self, returncode: int) -> int:
        if self._stop_code:
            return self._stop_code
        if self._fault is not None and self._fault.kind == "environment":
            raise PerftuiError(
                "the load worker ended" if self._is_joined else "the load worker cannot begin",
                fault_text(self._fault),
                exit_code=exit_codes.ENGINE_DIED if self._is_joined else exit_codes.ENVIRONMENT,
            )
        if self._fault is not None:
            raise fault_error(self._fault, self._interpreter.notice)
        if self._is_lost:
            raise PerftuiError(
                f"the master at {self._master} was lost",
                "its run ended, or cannot be reached",
                exit_code=exit_codes.ENGINE_DIED,
            )
        if self._garbled or not self._has_ended:
            why = self._garbled or how_it_died(returncode)
            raise PerftuiError("the load worker died", why, exit_code=exit_codes.ENGINE_DIED)
        self._say(f"the run is over: {self._requests:,} requests from here")
        return exit_codes.OK
