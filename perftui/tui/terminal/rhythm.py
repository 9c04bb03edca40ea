"""How often the screen is drawn: once a second, and less often on a line that does not carry that."""

from __future__ import annotations

SLOWEST_S = 4
# So many frames in a row decide.
_BUSY_FRAMES = 2
_CALM_FRAMES = 5
# The part of the time for which bytes may stand in queues.
_BUSY_SHARE = 0.5


class Rhythm:
    """`beat` is called once a second. `least_s` is how many of them there are to a frame on a line that is free."""

    def __init__(self, least_s: int = 1) -> None:
        self._least_s = least_s
        self.every_s = least_s
        self._beats = 0
        self._busy = self._calm = 0
        self._queued_s = 0.0

    @property
    def is_slowed(self) -> bool:
        """The line is why there are fewer frames than were asked for."""
        return self.every_s > self._least_s

    def beat(self, *, is_behind: bool, queued_s: float) -> bool:
        """Whether a frame is due, and has room. `queued_s` is for how long bytes have stood in queues, in all."""
        self._beats += 1
        if self._beats < self.every_s:
            return False
        self._beats = 0
        waited_s, self._queued_s = queued_s - self._queued_s, queued_s
        if is_behind or waited_s > _BUSY_SHARE * self.every_s:
            self._busy, self._calm = self._busy + 1, 0
            if self._busy >= _BUSY_FRAMES and self.every_s < SLOWEST_S:
                self.every_s, self._busy = min(SLOWEST_S, self.every_s * 2), 0
        else:
            self._busy, self._calm = 0, self._calm + 1
            if self._calm >= _CALM_FRAMES and self.every_s > self._least_s:
                self.every_s, self._calm = max(self._least_s, self.every_s // 2), 0
        return not is_behind
