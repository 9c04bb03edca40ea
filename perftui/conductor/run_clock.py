"""The run's clock as its owner keeps it: at zero until the test starts, and still while the load is paused."""

from __future__ import annotations

from collections.abc import Callable


class RunClock:
    """`now` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began_s: float | None = None
        self._paused_at_s: float | None = None
        self._paused_s = 0.0
        self._untold_s = 0.0

    def begin(self) -> None:
        self._began_s = self._now()

    def elapsed_s(self) -> float:
        if self._began_s is None:
            return 0.0
        until_s = self._now() if self._paused_at_s is None else self._paused_at_s
        return until_s - self._began_s - self._paused_s

    def pause(self) -> None:
        if self._paused_at_s is None:
            self._paused_at_s = self._now()

    def resume(self) -> float:
        """How long it stood still, in seconds; 0 where it did not."""
        lasted_s = self.standing_s()
        self._paused_at_s = None
        self._paused_s += lasted_s
        self._untold_s += lasted_s
        return lasted_s

    def standing_s(self) -> float:
        """For how long it stands still now."""
        return 0.0 if self._paused_at_s is None else self._now() - self._paused_at_s

    def take_paused_s(self) -> float:
        """The seconds of all pauses that ended since this was last asked."""
        taken_s, self._untold_s = self._untold_s, 0.0
        return taken_s
