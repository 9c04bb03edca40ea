"""A limit of so many requests per window of time."""

from __future__ import annotations

from dataclasses import dataclass

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Admission:
    """What one request was told: `remaining` more are admitted, and the window ends in `resets_in_s` whole seconds.

    Rounded up: who waits that long is in the next window.
    """

    admitted: bool
    remaining: int
    resets_in_s: int


class FixedWindowLimit:
    """Admits `limit` requests per window. A window starts with the first request after the one before has ended."""

    def __init__(self, limit: int, window_s: int) -> None:
        self.limit = limit
        self._window_ns = window_s * _NS_PER_S
        self._ends_ns = 0
        self._admitted = limit

    def ask(self, now_ns: int) -> Admission:
        """`now_ns` is of a clock that never goes back. Whole numbers: a rounding error would promise a second more."""
        if now_ns >= self._ends_ns:
            self._ends_ns = now_ns + self._window_ns
            self._admitted = 0
        admitted = self._admitted < self.limit
        self._admitted += admitted
        resets_in_s = -((now_ns - self._ends_ns) // _NS_PER_S)
        return Admission(admitted, self.limit - self._admitted, resets_in_s)
