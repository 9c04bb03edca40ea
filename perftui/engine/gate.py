"""Where users wait while the run is paused."""

from __future__ import annotations

from time import monotonic

import gevent
from gevent import GreenletExit
from gevent.event import Event

from perftui.engine.clock import RunClock

# A sleep may end so much early: timers of gevent's loop are no better.
_NEAR_ENOUGH_S = 0.0005
_PAUSED_POLL_S = 0.05


class Gate:
    """Shuts and opens with the run's clock.

    Who is held goes on as long after the opening as it came after the shutting: everything is later by the length of
    the pause, and nothing comes in a burst.
    """

    def __init__(self, clock: RunClock) -> None:
        self._clock = clock
        self._opened = Event()
        self._opened.set()
        self._shut_s = self._was_shut_s = 0.0
        self._is_over = False
        self.is_shut = False
        """Looked at before each task and each request, so that an open gate costs nothing."""

    def shut(self) -> None:
        if not self.is_shut and not self._is_over:
            self._clock.pause()
            self._shut_s = monotonic()
            self.is_shut = True
            self._opened.clear()

    def open(self) -> None:
        if self.is_shut:
            self._clock.resume()
            self._was_shut_s = self._closed_s()
            self.is_shut = False
            self._opened.set()

    def end(self) -> None:
        """The run stops. Who is held leaves, and what comes now passes: listeners and `on_stop` send requests too."""
        self._is_over = True
        self.open()

    def hold(self) -> None:
        """Come back when the gate is open. Raises GreenletExit where the run stops meanwhile."""
        while self.is_shut:
            came_after_s = monotonic() - self._shut_s
            self._await_opening()
            self.sleep(came_after_s)

    def sleep(self, seconds: float) -> None:
        """As gevent.sleep, by the run's clock. Raises GreenletExit where the run stops while it is paused."""
        while True:
            before_s = self._closed_s()
            gevent.sleep(seconds)
            if not self.is_shut and self._was_shut_s == before_s:
                return
            seconds = self._closed_s() - before_s
            if self.is_shut:
                self._await_opening()
            if seconds < _NEAR_ENOUGH_S:
                return

    def _closed_s(self) -> float:
        """How long it was shut up to now."""
        return self._was_shut_s + (monotonic() - self._shut_s) if self.is_shut else self._was_shut_s

    def _await_opening(self) -> None:
        self._opened.wait()
        if self._is_over:
            raise GreenletExit


def sleep_until(clock: RunClock, at_s: float) -> None:
    """Until the run's clock shows `at_s`, however long it stands meanwhile."""
    while (left_s := at_s - clock.elapsed_s) > 0:
        gevent.sleep(max(left_s, _PAUSED_POLL_S) if clock.is_paused else left_s)
