"""One test, from the word to start to the last tick, in Locust's own order."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, Literal

import gevent
import locust
from gevent.event import AsyncResult
from locust import log

from perftui.engine.arguments import sets_exit_code
from perftui.engine.bounded_stats import PRUNE_INTERVAL_S
from perftui.engine.clock import RunClock
from perftui.engine.driver import Driver
from perftui.engine.faults import fault_of
from perftui.engine.flight import Flights
from perftui.engine.gate import sleep_until
from perftui.engine.heartbeat import Heartbeat
from perftui.engine.link import Link
from perftui.engine.load import Load
from perftui.engine.loading import LoadedTest
from perftui.engine.runner import EngineRunner
from perftui.engine.ticker import Ticker
from perftui.engine.user_line import describe_error
from perftui.model.text import clean, mask_secrets
from perftui.wire.messages import Configure, Ended, Fault, Logged, Obeyed, SpawningComplete, Stopping, TestStarted

Reason = Literal["run_time", "shape_ended", "user_code", "command", "unguarded"]

# Users that are still there so long after the stop timeout are left behind. The conductor sends TERM at 1 s.
LEFT_BEHIND_AFTER_S = 0.7
# What listeners of test_stop, quitting and quit may take together. The conductor waits 30 s.
HOOKS_LIMIT_S = 28.0
# How often it is looked whether the conductor still guards the load.
ROUND_S = 0.5


class Run:
    """`run` is for a greenlet of its own: user code can throw SystemExit into the main greenlet at any wait."""

    def __init__(
        self,
        link: Link,
        heartbeat: Heartbeat,
        clock: RunClock,
        flights: Flights,
        load: Load,
        configure: Configure,
        test: LoadedTest,
    ) -> None:
        assert test.runner is not None
        self._link = link
        self._heartbeat = heartbeat
        self._clock = clock
        self._flights = flights
        self._configure = configure
        self._options = test.options
        self._run_time_s = test.message.run_time_s
        self._runner: EngineRunner = test.runner
        self._driver = Driver(test.runner, load, clock, configure, link.send, self._ask_end, self.blame)
        self._has_started = False
        self._end_asked: AsyncResult = AsyncResult()
        self._fault: Fault | None = None
        self._exit_called: SystemExit | None = None
        self._hooks_until_s = float("inf")
        self._runner.on_end_asked = self._ask_end
        self._runner.on_died = self.blame
        link.stop_asked.rawlink(lambda _: self._ask_end("command"))

    def blame(self, error: BaseException) -> None:
        """User code ended the process, or a part of Locust that the test cannot go on without."""
        if self._fault is None:
            self._fault = fault_of(error)
        self._ask_end("user_code")

    def run(self, ticker_of: Callable[[], Ticker], hook_error: Callable[[], BaseException | None]) -> None:
        """`ticker_of()` makes the test's clock; `hook_error()` is the first exception caught from a listener."""
        gevent.spawn(self._obey)
        gevent.wait([self._link.start_asked, self._end_asked], count=1)
        ticker: Ticker | None = None
        if not self._end_asked.ready():
            ticker = ticker_of()
            self._start(ticker)
        reason = self._end_asked.get()
        self._heartbeat.enter("stopping")
        self._link.send(Stopping(reason))
        self._driver.stop()
        if ticker is not None:
            self._runner.finish(self._configure.stop_timeout_s + LEFT_BEHIND_AFTER_S, HOOKS_LIMIT_S / 2)
        exit_code = self._quit()
        if ticker is not None:
            self._flights.abandon_all()
            ticker.tick_last()
        if self._fault is not None:
            self._link.send(self._fault)
        raised = hook_error()
        self._link.send(Ended(exit_code, describe_error(raised) if raised else None, self._cut_off()))

    def _start(self, ticker: Ticker) -> None:
        self._heartbeat.enter("running")
        self._link.send(TestStarted())
        gevent.spawn(ticker.run)
        gevent.spawn(self._prune)
        gevent.spawn(self._end_unguarded)
        locust.events.spawning_complete.add_listener(
            lambda user_count, **_: self._link.send(SpawningComplete(user_count, self._clock.elapsed_s))
        )
        self._driver.start()
        self._has_started = True
        if self._run_time_s is not None:
            gevent.spawn(self._end_after, self._run_time_s)

    def _end_unguarded(self) -> None:
        """Counts rounds and not seconds: a process that was stopped for a while listens first when it goes on."""
        heard, silent_rounds = self._link.guarded, 0
        while silent_rounds * ROUND_S < self._link.patience_s:
            gevent.sleep(ROUND_S)
            silent_rounds = silent_rounds + 1 if heard == self._link.guarded else 0
            heard = self._link.guarded
        self._ask_end("unguarded")

    def _end_after(self, run_time_s: float) -> None:
        sleep_until(self._clock, self._driver.begins_s.get() + run_time_s)
        self._ask_end("run_time")

    def _obey(self) -> None:
        """One order after the other: a change of users may have to wait for listeners of `test_start`."""
        while True:
            control = self._link.orders.get()
            refused = self._driver.obey(control.order) if self._has_started else "the load has not started"
            self._link.send(Obeyed(control.number, refused))

    def _ask_end(self, reason: str) -> None:
        """The first reason counts."""
        if not self._end_asked.ready():
            self._end_asked.set(reason)

    def _prune(self) -> None:
        while True:
            gevent.sleep(PRUNE_INTERVAL_S)
            self._runner.stats.prune()

    def _quit(self) -> int | None:
        """Fire `quitting` and `quit`; the exit code that the locustfile asked for, None where it asked for none."""
        self._hooks_until_s = monotonic() + HOOKS_LIMIT_S / 2
        environment = self._runner.environment
        self._fire("quitting", environment=environment, reverse=True)
        had_errors = bool(self._runner.errors or self._runner.exceptions)
        asked = environment.process_exit_code
        if asked is None and had_errors and sets_exit_code(self._configure):
            asked = self._options.exit_code_on_error
        code = asked
        if code is None:
            code = self._options.exit_code_on_error if had_errors else 2 if log.unhandled_greenlet_exception else 0
        self._runner.greenlet.kill(block=False)
        self._fire("quit", exit_code=code)
        if self._exit_called is not None:
            asked = self._exit_called.code if self._exit_called.code is not None else 0
        return None if asked is None else _exit_code(asked) if isinstance(asked, int) else 1

    def _fire(self, name: str, **kwargs: Any) -> None:
        """A listener that ends the process names an exit code; one that takes too long is left behind."""

        def fire() -> None:
            try:
                getattr(locust.events, name).fire(**kwargs)
            except SystemExit as error:
                self._exit_called = error

        firing = gevent.spawn(fire)
        firing.join(max(1.0, self._hooks_until_s - monotonic()))
        if not firing.ready():
            firing.kill(block=False)
            self._link.send(Logged("WARNING", "perftui", f"a listener of {name} did not end, and was left behind"))

    def _cut_off(self) -> tuple[tuple[str, str, float], ...]:
        return tuple((clean(method), clean(mask_secrets(url)), age_s) for method, url, age_s in self._flights.cut_off)


def _exit_code(asked: int) -> int:
    """As the kernel would see it, but never 0 where something else was asked for; True is a number too."""
    return int(asked) & 0xFF or int(bool(asked))
