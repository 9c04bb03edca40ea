"""What measures the load of this process, and what drives it: the same wherever users run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import locust

from perftui.engine import network, patches
from perftui.engine.clock import RunClock
from perftui.engine.flight import Flights
from perftui.engine.health import HealthProbe
from perftui.engine.load import OwnLoad
from perftui.engine.sampler import Sampler


class Instruments:
    """One set for a process. `on_round` is called each time that gevent's loop comes round."""

    def __init__(self, on_round: Callable[[], None]) -> None:
        self.clock = RunClock()
        self.flights = Flights()
        self.load = OwnLoad(self.clock)
        self.sampler = Sampler(self.flights, self.clock, self.load.schedule)
        self.probe = HealthProbe(on_round)
        self.probe.take_lateness_p99_ms = self.load.take_lateness_p99_ms

    def install(self, connect_timeout_s: float, read_timeout_s: float, on_test_stop: Callable[..., Any]) -> None:
        """Before any locustfile is loaded, so that all of them see the same Locust, and our listeners come first."""
        patches.mend_reconnects()
        patches.count_requests(self.flights, connect_timeout_s, read_timeout_s, self.load.gate, self.load.schedule)
        network.time_the_network(self.flights)
        self.load.install()
        locust.events.request.add_listener(self.sampler.on_request)
        locust.events.user_error.add_listener(self.sampler.on_user_error)
        locust.events.test_stop.add_listener(on_test_stop)
