"""What user code logs, as events for whoever looks; a flood is thinned out and said to be."""

from __future__ import annotations

import logging
from collections.abc import Callable

from perftui.model.text import clean, mask_secrets
from perftui.wire.messages import Logged

MAX_LINES_PER_TICK = 50
MAX_LINE_LENGTH = 1000
# Of one record (a traceback), the last ones.
MAX_RECORD_LINES = 25

# What these say at INFO, perftui says in its own way.
_NOISE = frozenset({"locust.main", "locust.runners", "locust.dispatch"})


def own_locust_logging() -> None:
    """Take off the handlers that write Locust's log to stderr: each line would be there twice."""
    for name in (None, "locust"):
        logger = logging.getLogger(name)
        for handler in [each for each in logger.handlers if each.get_name() == "console"]:
            logger.removeHandler(handler)


class LogForwarder(logging.Handler):
    """Sends the 1st, 2nd, 4th, 8th ... of equal records in a tick, and at most 50 lines."""

    def __init__(self, send: Callable[[Logged], None]) -> None:
        super().__init__()
        self._send = send
        # Both begin anew with each tick. At most as many keys as lines are let through, and some more to compare.
        self._seen: dict[tuple[str, str], int] = {}
        self._lines = 0
        self._suppressed = 0

    def attach(self) -> None:
        """Listen to the root and to Locust, again where user code has configured logging meanwhile."""
        for name in (None, "locust"):
            logger = logging.getLogger(name)
            if self not in logger.handlers:
                logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno <= logging.INFO and record.name in _NOISE:
            return
        if self._lines >= MAX_LINES_PER_TICK:
            self._suppressed += 1
            return
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - arguments that do not fit the message, as logging itself treats them
            text = str(record.msg)
        key = record.name, text
        count = self._seen[key] = self._seen.get(key, 0) + 1
        if count & (count - 1):
            self._suppressed += 1
            return
        for line in text.rstrip("\n").split("\n")[-MAX_RECORD_LINES:]:
            self._lines += 1
            self._send(Logged(record.levelname, record.name, clean(mask_secrets(line), MAX_LINE_LENGTH)))

    def next_tick(self) -> None:
        """Say how much was left out, and begin anew."""
        suppressed, self._suppressed = self._suppressed, 0
        self._lines = 0
        self._seen.clear()
        if suppressed:
            self._send(Logged("WARNING", "perftui", f"{suppressed:,} more log records in this second were left out"))
        self.attach()
