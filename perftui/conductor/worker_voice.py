"""Says what load workers do: to a run that goes on, or to one that does not go on yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from perftui.conductor.engine_process import Printed
from perftui.wire.messages import Logged

# What happened before there was a run, kept for its timeline.
_MAX_EARLY_EVENTS = 1000


class RunVoice(Protocol):
    """What a run's announcer does for load workers."""

    def event(self, kind: str, text: str) -> None: ...

    def log(self, said: Printed | Logged) -> None: ...

    def log_traceback(self, traceback: str) -> None: ...


class WorkerVoice:
    """`early_log` gets what is said before `attach`. Events wait for it: they belong on a timeline."""

    def __init__(self, early_log: Callable[[Printed | Logged], None]) -> None:
        self._early_log = early_log
        self._early_events: deque[tuple[str, str]] = deque(maxlen=_MAX_EARLY_EVENTS)
        self._run: RunVoice | None = None

    def attach(self, run: RunVoice) -> None:
        self._run = run
        for kind, text in self._early_events:
            run.event(kind, text)
        self._early_events.clear()

    def event(self, text: str, kind: str = "worker") -> None:
        if self._run is None:
            self._early_events.append((kind, text))
        else:
            self._run.event(kind, text)

    def log(self, said: Printed | Logged) -> None:
        if self._run is None:
            self._early_log(said)
        else:
            self._run.log(said)

    def traceback(self, text: str) -> None:
        if self._run is not None:
            self._run.log_traceback(text)
