"""The native heartbeat: a real thread that still beats, and names the line, when user code blocks gevent's loop.

This module must be imported before Locust, which replaces sleep, threads and locks by gevent's.
"""

from __future__ import annotations

import sys
from _thread import get_ident, start_new_thread
from os import _exit, write
from time import monotonic, sleep

from perftui.engine.user_line import line_of_frame
from perftui.exit_codes import STOPPED_EARLY
from perftui.wire.heartbeat import INTERVAL_S, Beat, encode_beat

# From here on a beat says where the loop is stuck.
NAME_LINE_AFTER_S = 1.0
BOOTING = "booting"


class Heartbeat:
    """Beats on the pipe `fd` from `start` on. Ends the process at once when nobody holds the other end."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._phase = BOOTING
        self._came_round_s = monotonic()
        self._leave_at_s = float("inf")
        self._main_thread = get_ident()

    def start(self) -> None:
        start_new_thread(self._beat, ())

    def enter(self, phase: str) -> None:
        self._phase = phase
        self.came_round()

    def came_round(self) -> None:
        """gevent's loop is alive. Not called while locustfiles load: then the age is that of the loading."""
        self._came_round_s = monotonic()

    def leave_within(self, limit_s: float) -> None:
        """End the process, whatever user code still does, after `limit_s`."""
        self._leave_at_s = monotonic() + limit_s

    def _beat(self) -> None:
        while True:
            # Until it is asked to load something, the engine only imports Locust.
            age_s = monotonic() - self._came_round_s if self._phase != BOOTING else 0.0
            stuck_at = self._user_line() if age_s > NAME_LINE_AFTER_S else ""
            try:
                write(self._fd, encode_beat(Beat(self._phase, age_s, stuck_at)))
            except OSError:
                # The conductor is dead, and the loop that would notice may be stuck: no load without an owner.
                _exit(STOPPED_EARLY)
            if monotonic() > self._leave_at_s:
                _exit(0)
            sleep(INTERVAL_S)

    def _user_line(self) -> str:
        frame = sys._current_frames().get(self._main_thread)
        return line_of_frame(frame) if frame is not None else ""
