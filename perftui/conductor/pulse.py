"""Whether user code lets a process of ours work, from its heartbeat."""

from __future__ import annotations

import math

from perftui.model.text import clean
from perftui.wire.heartbeat import SILENT_AFTER_S, STUCK_AFTER_S, Beat

_HELD = "a call that holds the interpreter"
# How long it is remembered that the process stood still: those that waited for it end later than it goes on.
_REMEMBERED_S = 10.0


class Pulse:
    """`stuck_at` is where user code is stuck now ("" where it is not), `was_stuck_at` where it last was."""

    def __init__(self, now_s: float) -> None:
        self._last_beat_s = now_s
        self._settled_s = 0.0
        self._still_since_s = math.inf
        self._stood_s, self._went_on_s = 0.0, -math.inf
        self.stuck_at = ""
        self.was_stuck_at = ""

    @property
    def is_suspended(self) -> bool:
        """Whether somebody stopped the process (SIGSTOP), and it does not go on yet."""
        return self._still_since_s < math.inf

    def stood_still_s(self, now_s: float) -> float:
        """For how long the process has been stopped, or was until a moment ago; 0 where it was not."""
        if self.is_suspended:
            return now_s - self._still_since_s
        return self._stood_s if now_s - self._went_on_s <= _REMEMBERED_S else 0.0

    def note(self, beat: Beat, now_s: float) -> None:
        self._last_beat_s = now_s
        if self.is_suspended or now_s < self._settled_s:
            # Its first beats still tell how long it stood.
            return
        if beat.hub_age_s > STUCK_AFTER_S:
            self._stuck(clean(beat.stuck_at) or "an unknown line")
        else:
            self.stuck_at = ""

    def note_time(self, now_s: float) -> None:
        """No beat at all is a sign too: even the native thread cannot run."""
        if now_s - self._last_beat_s > SILENT_AFTER_S:
            self._stuck(self.stuck_at or _HELD)

    def note_state(self, now_s: float, *, is_suspended: bool) -> bool:
        """Whether that is news. The silence of a process that somebody stopped says nothing of user code."""
        is_news = is_suspended is not self.is_suspended
        if is_suspended:
            self._still_since_s = min(self._still_since_s, now_s)
            self.skip(now_s)
        elif is_news:
            self._stood_s, self._went_on_s = now_s - self._still_since_s, now_s
            self._still_since_s, self._settled_s = math.inf, now_s + STUCK_AFTER_S
            self.skip(now_s)
        return is_news

    def skip(self, now_s: float) -> None:
        """Whoever listens did not run for a while: what was said meanwhile is still to be read."""
        self._last_beat_s = now_s
        self.stuck_at = ""

    def _stuck(self, where: str) -> None:
        self.stuck_at = self.was_stuck_at = where
