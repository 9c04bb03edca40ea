"""Whether user code lets the engine work, from its heartbeat."""

from __future__ import annotations

from perftui.model.text import clean
from perftui.wire.heartbeat import SILENT_AFTER_S, STUCK_AFTER_S, Beat

_HELD = "a call that holds the interpreter"


class Pulse:
    """`stuck_at` is where user code is stuck now ("" where it is not), `was_stuck_at` where it last was."""

    def __init__(self, now_s: float) -> None:
        self._last_beat_s = now_s
        self.stuck_at = ""
        self.was_stuck_at = ""

    def note(self, beat: Beat, now_s: float) -> None:
        self._last_beat_s = now_s
        if beat.hub_age_s > STUCK_AFTER_S:
            self._stuck(clean(beat.stuck_at) or "an unknown line")
        else:
            self.stuck_at = ""

    def note_time(self, now_s: float) -> None:
        """No beat at all is a sign too: even the native thread cannot run."""
        if now_s - self._last_beat_s > SILENT_AFTER_S:
            self._stuck(self.stuck_at or _HELD)

    def _stuck(self, where: str) -> None:
        self.stuck_at = self.was_stuck_at = where
