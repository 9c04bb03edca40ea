"""Which of the snapshots that come is worth decoding: that is most of what a viewer of many requests does."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

from perftui.model.snapshot import Snapshot

# The screen is drawn once a second: what comes sooner than this after the last one is held back for the next,
LEAST_S = 0.9
# and where none comes no longer than this.
LONGEST_HELD_S = 0.6
# More than numbers: nobody is to wait for these.
_TELLING = tuple(
    place
    for place, each in enumerate(dataclasses.fields(Snapshot))
    if each.name in ("state", "cause", "warning", "is_warming_up", "notes", "control", "trust")
)


class Conflation:
    """Holds the fields of the newest snapshot that was not taken, as `unpack` has found them, unchecked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: list[Any] = []
        self._told: object = None
        self._due_s = 0.0
        self._next_s = 0.0

    def hold(self, fields: Any) -> None:
        now = self._clock()
        if not self._held:
            self._due_s = now + LONGEST_HELD_S
        self._held = [fields]
        if now >= self._next_s or _told_by(fields) != self._told:
            self._due_s = now

    @property
    def is_due(self) -> bool:
        return bool(self._held) and self._clock() >= self._due_s

    @property
    def wait_s(self) -> float | None:
        """In how many seconds what is held is due; None where nothing is."""
        return max(0.0, self._due_s - self._clock()) if self._held else None

    def taken(self) -> Sequence[Any]:
        """What is held, at most one, which is not held any more."""
        taken, self._held = self._held, []
        for fields in taken:
            self._told = _told_by(fields)
            self._next_s = self._clock() + LEAST_S
        return taken


def _told_by(fields: Any) -> object:
    try:
        (snapshot,) = fields
        return [snapshot[place] for place in _TELLING]
    except (TypeError, ValueError, IndexError, KeyError):
        # Whoever decodes it says what is wrong.
        return None
