"""The escalation of a master, which leads load workers."""

from __future__ import annotations

from perftui.conductor.escalation import KILL_AFTER_S, TERM_AFTER_S, Escalation
from perftui.conductor.load_workers import LoadWorkers

# What the workers' own signals take: their master is there to hear what is left of them.
MASTER_WAITS_S = TERM_AFTER_S + KILL_AFTER_S


class LedEscalation(Escalation):
    """The master's: its load workers get their signals first."""

    def __init__(self, workers: LoadWorkers) -> None:
        super().__init__()
        self._workers = workers

    def begin(self, now_s: float, grace_s: float) -> None:
        self._workers.begin_stopping(now_s, grace_s)
        super().begin(now_s, grace_s + MASTER_WAITS_S)

    def hurry(self, now_s: float, after_s: float = 0.0) -> None:
        self._workers.hurry(now_s, after_s)
        super().hurry(now_s, after_s + MASTER_WAITS_S)

    def await_hooks(self, now_s: float) -> None:
        self._workers.await_hooks(now_s)
        super().await_hooks(now_s)
