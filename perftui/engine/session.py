"""The engine's life: greet, load, run, leave. Importing this module imports Locust, which patches the interpreter."""

from __future__ import annotations

import atexit
import importlib.metadata
import os
import platform
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import gevent
import locust
from gevent.event import Event

from perftui import exit_codes
from perftui.engine import fetching, loading, master, patches, runner, worker
from perftui.engine.agent_file import AgentFile
from perftui.engine.bench import Bench
from perftui.engine.faults import fault_of
from perftui.engine.fleet import Fleet
from perftui.engine.heartbeat import Heartbeat
from perftui.engine.instruments import Instruments
from perftui.engine.link import Link
from perftui.engine.load import Load
from perftui.engine.logs import LogForwarder
from perftui.engine.master import MasterEngineRunner
from perftui.engine.run import Run
from perftui.engine.service import Service
from perftui.engine.ticker import Counts, OwnCounts, Ticker
from perftui.engine.trial import Trial
from perftui.engine.worker import WorkerEngineRunner
from perftui.model.tick import Tick
from perftui.wire.heartbeat import JOINING, READY
from perftui.wire.messages import VERSION, Configure, Fault, Hello, Ticked

# A conductor that was stopped for a while gets everything when it goes on; there is no load meanwhile.
FLUSH_TIMEOUT_S = 60.0
# What atexit functions of user code may take.
LEAVE_TIMEOUT_S = 5.0


class Session:
    def __init__(self, socket_fd: int, heartbeat: Heartbeat) -> None:
        self._heartbeat = heartbeat
        self._link = Link(socket_fd)
        self._instruments = Instruments(heartbeat.came_round)
        self._logs = LogForwarder(self._link.send)
        self._ticker: Ticker | None = None
        self._service: Service | None = None
        self._agent: AgentFile | None = None
        self._hook_error: BaseException | None = None

    def run(self) -> NoReturn:
        self._link.send(Hello(VERSION, os.getpid(), versions()))
        configure: Configure = self._link.configured.get()
        self._patch(configure)
        try:
            if configure.worker is not None and not configure.locustfiles:
                self._heartbeat.enter(JOINING)
                fetched = fetching.fetch(configure.worker, self._heartbeat.came_round)
                configure = replace(configure, locustfiles=fetched)
            self._heartbeat.enter("loading")
            test = loading.load(
                configure,
                lambda: self._hook_error,
                self._logs.attach,
                lambda environment: self._runner_of(configure, environment),
            )
        except BaseException as error:  # noqa: BLE001 - user code is called all over the loading, and may raise anything
            self._fail(fault_of(error))
        self._heartbeat.enter(READY)
        self._link.send(test.message)
        if configure.mode == "bench":
            bench = Bench(self._link, self._heartbeat, self._logs, configure, test)
            self._await(lambda: bench.run(lambda: self._hook_error), bench.blame)
        elif configure.mode == "trial":
            trial = Trial(self._link, self._heartbeat, self._logs, configure, test)
            self._await(lambda: trial.run(lambda: self._hook_error), trial.blame)
        elif isinstance(test.runner, WorkerEngineRunner):
            self._serve(test.runner, test.secrets)
        elif test.runner is not None:
            self._run(configure, test)
        self._leave(exit_codes.OK)

    def _patch(self, configure: Configure) -> None:
        """Before any locustfile is loaded, so that all of them see the same Locust, and our listeners come first."""
        patches.watch_hooks(self._on_hook_raised)
        self._instruments.install(configure.connect_timeout_s, configure.read_timeout_s, self._on_test_stop)

    def _runner_of(self, configure: Configure, environment: Any) -> Any:
        """The part that this process has in the run. Raises LoadError."""
        if configure.worker is not None:
            return worker.create(environment, configure.worker)
        if configure.master is None:
            return runner.create(environment)
        instruments = self._instruments
        settings = configure.master
        fleet = Fleet(instruments.clock, instruments.probe, self._link.send, locust.__version__, settings.secret)
        made = master.create(environment, settings.host, settings.port, fleet, instruments.clock)
        self._agent = AgentFile(configure.connect_timeout_s, configure.read_timeout_s)
        # The first, so that it stands before any locustfile is loaded.
        environment.parsed_locustfiles = [self._agent.path, *environment.parsed_locustfiles]
        return made

    def _run(self, configure: Configure, test: loading.LoadedTest) -> None:
        made: Any = test.runner
        instruments = self._instruments
        instruments.sampler.known_secrets = test.secrets
        leads = isinstance(made, MasterEngineRunner)
        load: Load = made.load if leads else instruments.load
        counts: Counts = made.fleet if leads else OwnCounts(made, instruments)
        run = Run(self._link, self._heartbeat, instruments.clock, instruments.flights, load, configure, test)
        spawn_vital(instruments.probe.run)

        def make_ticker() -> Ticker:
            delay_s = master.TICK_DELAY_S if leads else 0.0
            self._ticker = Ticker(self._send_tick, counts, instruments.clock, delay_s=delay_s)
            return self._ticker

        self._await(lambda: run.run(make_ticker, lambda: self._hook_error), run.blame)

    def _serve(self, made: WorkerEngineRunner, secrets: tuple[str, ...]) -> None:
        self._instruments.sampler.known_secrets = secrets
        service = self._service = Service(self._link, self._heartbeat, self._instruments, self._logs, made)
        spawn_vital(self._instruments.probe.run)
        self._await(lambda: service.run(lambda: self._hook_error), service.blame)

    def _send_tick(self, tick: Tick) -> None:
        self._link.send(Ticked(tick))
        self._logs.next_tick()

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
        if self._service is not None:
            self._service.duty.on_test_stop(environment)
            return
        self._instruments.flights.abandon_all()
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
            if self._agent is not None:
                self._agent.remove()
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
