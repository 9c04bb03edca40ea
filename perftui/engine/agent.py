"""In a stock Locust worker: makes it count, obey and report as a load worker of perftui's own."""

from __future__ import annotations

from typing import Any

import gevent
import locust
import locust.env
from gevent import Greenlet

from perftui.engine.duty import Duty
from perftui.engine.faults import LoadError
from perftui.engine.health import raise_open_files_limit
from perftui.engine.instruments import Instruments
from perftui.engine.main import is_new_enough
from perftui.engine.worker import WorkerEngineRunner
from perftui.wire.messages import WorkerSettings


class AgentRunner(WorkerEngineRunner):
    """What Locust's command line makes in the place of its WorkerRunner; it joins at once, as that does."""

    instruments: Instruments
    duty: Duty | None = None

    def __init__(self, environment: Any, master_host: str, master_port: int) -> None:
        super().__init__(environment, WorkerSettings(master_host, master_port, is_local=False))
        # The master decides, as with any worker of Locust's.
        self.own_host = None
        AgentRunner.duty = Duty(self, self.instruments, lambda tick: None)
        gevent.spawn(self.instruments.probe.run)
        try:
            self.join()
        except LoadError as error:
            raise ConnectionError(error.fault.text) from None
        # As long as this runs, so does Locust's main program.
        self._serving: Greenlet = self.greenlet.spawn(self._serve)

    def _serve(self) -> None:
        assert self.duty is not None
        error = self.duty.serve()
        if error is not None:
            locust.runners.logger.error("%s", error)
        gevent.spawn(self.duty.part)

    def part(self) -> None:
        """Locust's main program goes on to its end, and says good-bye itself."""
        self.greenlet.kill(block=False)


def install(connect_timeout_s: float, read_timeout_s: float) -> None:
    """Before any locustfile is loaded, and once. Does nothing in a process that is no worker.

    Raises RuntimeError where this Locust is too old.
    """
    if hasattr(AgentRunner, "instruments"):
        return
    if not is_new_enough(str(locust.__version__)):
        raise RuntimeError(f"Locust {locust.__version__} is too old")
    raise_open_files_limit()
    instruments = AgentRunner.instruments = Instruments(lambda: None)
    instruments.install(connect_timeout_s, read_timeout_s, _on_test_stop)
    locust.env.WorkerRunner = AgentRunner


def _on_test_stop(environment: Any, **_: Any) -> None:
    if AgentRunner.duty is not None:
        AgentRunner.duty.on_test_stop(environment)
