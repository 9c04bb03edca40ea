"""The run's clock: it stands at zero when the test starts, and still while the run is paused."""

from __future__ import annotations

from time import monotonic


class RunClock:
    """Monotonic seconds of a run. `begin` sets it going, at `elapsed_s` where another process began before."""

    def __init__(self) -> None:
        self.begin()

    def begin(self, elapsed_s: float = 0.0) -> None:
        self._zero_s = monotonic() - elapsed_s
        self._stopped_s: float | None = None

    @property
    def is_paused(self) -> bool:
        return self._stopped_s is not None

    @property
    def elapsed_s(self) -> float:
        return self._stopped_s if self._stopped_s is not None else monotonic() - self._zero_s

    def pause(self) -> None:
        if self._stopped_s is None:
            self._stopped_s = self.elapsed_s

    def resume(self) -> None:
        if self._stopped_s is not None:
            self.begin(self._stopped_s)
