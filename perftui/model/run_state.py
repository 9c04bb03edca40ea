"""The states of a run, and which may follow which."""

from __future__ import annotations

from enum import Enum


class RunState(Enum):
    """Where a run is. The value is what files and the wire say."""

    LOADING = "loading"
    """The engine starts and loads the locustfiles."""
    RAMPING = "ramping"
    RUNNING = "running"
    STOPPING = "stopping"
    """No new work; users finish theirs, at most the stop timeout."""
    SEALING = "sealing"
    FINISHED = "finished"
    """Ended as planned."""
    STOPPED = "stopped"
    """Ended early, by a person, a signal or a guard."""
    FAILED = "failed"
    """The engine died or the locustfile is at fault; what was recorded until then stays."""
    INTERRUPTED = "interrupted"
    """The conductor died: a reader says this of a record that was never sealed."""

    @property
    def is_over(self) -> bool:
        return self in _OVER

    @property
    def has_load(self) -> bool:
        return self in (RunState.RAMPING, RunState.RUNNING, RunState.STOPPING)


_OVER = frozenset({RunState.FINISHED, RunState.STOPPED, RunState.FAILED, RunState.INTERRUPTED})

_NEXT = {
    RunState.LOADING: {RunState.RAMPING, RunState.STOPPING, RunState.SEALING},
    RunState.RAMPING: {RunState.RUNNING, RunState.STOPPING, RunState.SEALING},
    RunState.RUNNING: {RunState.STOPPING, RunState.SEALING},
    RunState.STOPPING: {RunState.SEALING},
    RunState.SEALING: {RunState.FINISHED, RunState.STOPPED, RunState.FAILED},
}


def check_transition(old: RunState, new: RunState) -> None:
    """Raises ValueError unless `new` may follow `old`."""
    if new not in _NEXT.get(old, ()):
        raise ValueError(f"a run that is {old.value} cannot become {new.value}")
