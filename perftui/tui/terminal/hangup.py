"""When the terminal goes away, or somebody asks the cockpit to: leave in order, or at least leave.

Without this a hang-up that is ignored (nohup) leaves a process that reads end-of-file as fast as it can, and
TERM leaves the terminal raw.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from typing import Any

from textual.app import App

from perftui.exit_codes import HANGUP

# A shutdown that hangs is cut off after this long.
LAST_RESORT_S = 3.0


class Hangup:
    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._parent = os.getppid()
        self._is_leaving = False

    def watch(self) -> None:
        """From now on; needs the running loop of the app."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.leave, 128 + number)
        self._app.set_interval(1.0, self._look)

    def leave(self, code: int) -> None:
        """Exit with `code`; within LAST_RESORT_S whatever happens."""
        if self._is_leaving:
            return
        self._is_leaving = True
        timer = threading.Timer(LAST_RESORT_S, os._exit, (code,))
        timer.daemon = True
        timer.start()
        self._app.exit(return_code=code)

    def _look(self) -> None:
        poll = select.poll()
        poll.register(sys.__stdin__.fileno() if sys.__stdin__ else 0, select.POLLHUP | select.POLLERR)
        has_gone = any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
        if has_gone or os.getppid() != self._parent:
            self.leave(HANGUP)
