"""The engine's life: greet, load, run, leave. Importing this module imports Locust, which patches the interpreter."""

from __future__ import annotations

import atexit
import importlib.metadata
import os
import platform
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import gevent
import locust
from gevent.event import Event

from perftui import exit_codes
from perftui.engine import loading, patches
from perftui.engine.bench import Bench
from perftui.engine.clock import RunClock
from perftui.engine.faults import LoadError, fault_of
from perftui.engine.flight import Flights
from perftui.engine.health import HealthProbe
from perftui.engine.heartbeat import Heartbeat
from perftui.engine.link import Link
from perftui.engine.logs import LogForwarder
from perftui.engine.run import Run
from perftui.engine.sampler import Sampler
from perftui.engine.ticker import Ticker
from perftui.engine.trial import Trial
from perftui.wire.messages import VERSION, Configure, Fault, Hello

# A conductor that was stopped for a while gets everything when it goes on; there is no load meanwhile.
FLUSH_TIMEOUT_S = 60.0
# What atexit functions of user code may take.
LEAVE_TIMEOUT_S = 5.0


class Session:
    def __init__(self, socket_fd: int, heartbeat: Heartbeat) -> None:
        self._heartbeat = heartbeat
        self._link = Link(socket_fd)
        self._flights = Flights()
        self._clock = RunClock()
        self._sampler = Sampler(self._flights, self._clock)
        self._probe = HealthProbe(heartbeat.came_round)
        self._logs = LogForwarder(self._link.send)
        self._ticker: Ticker | None = None
        self._hook_error: BaseException | None = None

    def run(self) -> NoReturn:
        self._link.send(Hello(VERSION, os.getpid(), versions()))
        configure: Configure = self._link.configured.get()
        self._patch(configure)
        self._heartbeat.enter("loading")
        try:
            test = loading.load(configure, lambda: self._hook_error, self._logs.attach)
        except LoadError as error:
            self._fail(error.fault)
        except BaseException as error:  # noqa: BLE001 - user code is called all over the loading, and may raise anything
            self._fail(fault_of(error))
        self._heartbeat.enter("ready")
        self._link.send(test.message)
        if configure.mode == "bench":
            bench = Bench(self._link, self._heartbeat, self._logs, configure, test)
            self._await(lambda: bench.run(lambda: self._hook_error), bench.blame)
        elif configure.mode == "trial":
            trial = Trial(self._link, self._heartbeat, self._logs, configure, test)
            self._await(lambda: trial.run(lambda: self._hook_error), trial.blame)
        elif test.runner is not None:
            self._run(configure, test)
        self._leave(exit_codes.OK)

    def _patch(self, configure: Configure) -> None:
        """Before any locustfile is loaded, so that all of them see the same Locust, and our listeners come first."""
        patches.watch_hooks(self._on_hook_raised)
        patches.mend_reconnects()
        patches.count_requests(self._flights, configure.connect_timeout_s, configure.read_timeout_s)
        locust.events.request.add_listener(self._sampler.on_request)
        locust.events.user_error.add_listener(self._sampler.on_user_error)
        locust.events.test_stop.add_listener(self._on_test_stop)

    def _run(self, configure: Configure, test: loading.LoadedTest) -> None:
        runner = test.runner
        assert runner is not None
        self._sampler.known_secrets = test.secrets
        run = Run(self._link, self._heartbeat, self._clock, self._flights, configure, test)
        spawn_vital(self._probe.run)

        def make_ticker() -> Ticker:
            self._ticker = Ticker(
                self._link, runner, self._clock, self._sampler, self._flights, self._probe, self._logs
            )
            return self._ticker

        self._await(lambda: run.run(make_ticker, lambda: self._hook_error), run.blame)

    def _await(self, work: Callable[[], None], blame: Callable[[BaseException], None]) -> None:
        """Let `work` come to its end in a greenlet of its own."""
        over = Event()

        def whole_work() -> None:
            work()
            over.set()

        spawn_vital(whole_work)
        while not over.is_set():
            try:
                over.wait()
            except (SystemExit, KeyboardInterrupt, SystemError) as error:
                # gevent throws what ends a process into the main greenlet, from whichever user called for it.
                blame(error)

    def _on_test_stop(self, environment: Any, **_: Any) -> None:
        """All users are gone, and it is said before user listeners take their time: the conductor waits for it."""
        self._flights.abandon_all()
        environment.runner.load_is_over.set()
        if self._ticker is not None:
            self._ticker.tick()

    def _on_hook_raised(self, error: BaseException) -> None:
        if self._hook_error is None:
            self._hook_error = error

    def _fail(self, fault: Fault) -> NoReturn:
        self._link.send(fault)
        self._leave(exit_codes.OF_FAULT[fault.kind])

    def _leave(self, code: int) -> NoReturn:
        """Threads and atexit functions of user code do not keep the process."""
        self._heartbeat.enter("leaving")
        self._link.flush(FLUSH_TIMEOUT_S)
        self._heartbeat.leave_within(LEAVE_TIMEOUT_S)
        try:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("locust", "gevent", "geventhttpclient"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "unknown"
    return found


def spawn_vital(function: Callable[[], None]) -> None:
    """A greenlet that the engine cannot do without: when it fails, that is a bug, and nothing is kept up."""

    def vital() -> None:
        try:
            function()
        except Exception:  # noqa: BLE001 - whatever it is, load must not go on unrecorded
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(exit_codes.BUG)

    gevent.spawn(vital)
