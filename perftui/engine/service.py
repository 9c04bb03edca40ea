"""A load worker as an engine process: from joining its master to its last word."""

from __future__ import annotations

from typing import Any, Literal

from perftui.engine.duty import Duty
from perftui.engine.faults import LoadError, fault_of
from perftui.engine.heartbeat import Heartbeat
from perftui.engine.instruments import Instruments
from perftui.engine.link import Link
from perftui.engine.logs import LogForwarder
from perftui.engine.user_line import describe_error
from perftui.engine.worker import WorkerEngineRunner
from perftui.model.text import clean, mask_secrets
from perftui.model.tick import Tick
from perftui.wire.messages import Ended, Fault, Stopping, TestStarted, Ticked, WorkerNews


class Service:
    """Tells its own conductor when it has joined; and, where that is another than its master's, what it does."""

    def __init__(
        self,
        link: Link,
        heartbeat: Heartbeat,
        instruments: Instruments,
        logs: LogForwarder,
        runner: WorkerEngineRunner,
    ) -> None:
        self._link = link
        self._heartbeat = heartbeat
        self._flights = instruments.flights
        self._logs = logs
        self._runner = runner
        self._fault: Fault | None = None
        self._is_running = False
        self.duty = Duty(runner, instruments, self._on_tick)
        link.hurry_asked.rawlink(lambda _: runner.hurry_asked.set())
        link.stop_asked.rawlink(lambda _: runner.on_end_asked("command"))

    def blame(self, error: BaseException) -> None:
        """User code ended the process."""
        self._runner.on_died(error)

    def run(self, hook_error: Any) -> None:
        error = self._serve()
        if error is not None:
            self._link.send(fault_of(error))
        raised = hook_error()
        cut_off = tuple(
            (clean(method), clean(mask_secrets(url)), age_s) for method, url, age_s in self._flights.cut_off
        )
        self._link.send(Ended(None, describe_error(raised) if raised else None, cut_off))

    def _serve(self) -> BaseException | None:
        try:
            self._runner.join()
        except LoadError as error:
            return error
        settings = self._runner.settings
        text = f"joined the master at {settings.host}:{settings.port}"
        role: Literal["local", "remote"] = "local" if settings.is_local else "remote"
        self._link.send(WorkerNews("joined", settings.name, "", role, 0, text))
        why = self.duty.serve()
        self._heartbeat.enter("stopping")
        self._link.send(Stopping("command" if why is None else "user_code"))
        self.duty.part()
        return why

    def _on_tick(self, tick: Tick) -> None:
        if not self._is_running:
            self._is_running = True
            self._heartbeat.enter("running")
            self._link.send(TestStarted())
        if not self._runner.settings.is_local:
            self._link.send(Ticked(tick))
        self._logs.next_tick()
