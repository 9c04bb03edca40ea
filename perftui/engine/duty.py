"""What a load worker does for its master: it counts, obeys, reports every second, and leaves when the load is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import AsyncResult

from perftui.engine.fleet_load import SAME_PHASE
from perftui.engine.instruments import Instruments
from perftui.engine.ticker import OwnCounts, Ticker
from perftui.engine.worker import WorkerEngineRunner
from perftui.model.tick import Tick
from perftui.wire.messages import WorkerOrder, WorkerReport

# Users that are still there so long after the stop timeout are left behind: the master waits a little longer.
LEFT_BEHIND_AFTER_S = 0.4
# What listeners of `test_stop` may take. The master waits as long for the last report.
HOOKS_LIMIT_S = 13.0


class Duty:
    """`end_asked` gets None when the master says so, or what went wrong. `on_tick` sees each tick that is reported."""

    def __init__(self, runner: WorkerEngineRunner, instruments: Instruments, on_tick: Callable[[Tick], None]) -> None:
        self._runner = runner
        self._instruments = instruments
        self._on_tick = on_tick
        self._counts = OwnCounts(runner, instruments)
        self._ticker: Ticker | None = None
        self._is_last = False
        self.end_asked: AsyncResult = AsyncResult()
        runner.on_end_asked = lambda reason: self._ask_end(None)
        runner.on_died = self._ask_end
        runner.on_order = self._obey

    def serve(self) -> BaseException | None:
        """Until the load is over and said; why it ended before its master wished, None where it did not."""
        error: BaseException | None = self.end_asked.get()
        self._instruments.load.end()
        self._runner.finish(self._runner.environment.stop_timeout + LEFT_BEHIND_AFTER_S, HOOKS_LIMIT_S)
        return error

    def part(self) -> None:
        """The last report, and good-bye."""
        self._instruments.flights.abandon_all()
        self._is_last = True
        if self._ticker is not None:
            self._ticker.tick()
        self._runner.part()

    def on_test_stop(self, environment: Any, **_: Any) -> None:
        """All users are gone, and it is said before user listeners take their time: the master waits for it."""
        self._instruments.flights.abandon_all()
        self._runner.load_is_over.set()
        if self._ticker is not None:
            self._ticker.tick()

    def _ask_end(self, error: BaseException | None) -> None:
        """The first one counts."""
        if not self.end_asked.ready():
            self.end_asked.set(error)

    def _obey(self, order: WorkerOrder) -> None:
        load, clock = self._instruments.load, self._instruments.clock
        if order.kind == "begin":
            if self._ticker is None:
                self._begin(order.elapsed_s)
        elif order.kind == "pause":
            load.pause()
        elif order.kind == "resume":
            load.resume()
            # The orders to stop and to go on were not as long on their way. A clock never goes back.
            clock.begin(max(order.elapsed_s, clock.elapsed_s))
        elif order.kind == "rate":
            load.set_rate(order.rate_per_s, order.over_s, None if order.phase == SAME_PHASE else order.phase)

    def _begin(self, elapsed_s: float) -> None:
        self._ticker = Ticker(self._report, self._counts, self._instruments.clock, elapsed_s=elapsed_s)
        gevent.spawn(self._ticker.run)

    def _report(self, tick: Tick) -> None:
        self._runner.tell(WorkerReport(tick, self._is_last))
        self._on_tick(tick)
