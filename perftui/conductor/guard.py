"""Looks after the processes of a run: whether they live and work, and that all of them end when it does."""

from __future__ import annotations

from perftui.conductor.announcer import Announcer
from perftui.conductor.ending import End
from perftui.conductor.escalation import TERM_AFTER_S, Escalation
from perftui.conductor.led_escalation import LedEscalation
from perftui.conductor.loading import LoadedEngine
from perftui.conductor.pulse import Pulse
from perftui.wire.heartbeat import Beat
from perftui.wire.messages import Guarding

# Between two looks. After more than ASLEEP_S without one, this process itself was stopped.
LOOK_EVERY_S = 0.25
ASLEEP_S = 1.0 + LOOK_EVERY_S
# How often the engine is told that somebody looks, and how long it goes on when nobody does.
_SAY_EVERY_S = 1.0
UNGUARDED_S = 15.0


class Guard:
    """Times are on the caller's monotonic clock, in seconds; `end` is told where force was needed."""

    def __init__(self, engine: LoadedEngine, say: Announcer, end: End, now_s: float) -> None:
        self._engine = engine.process
        self._workers = engine.workers
        self._say = say
        self._end = end
        self._pulse = Pulse(now_s)
        self._looked_s = now_s
        self._said_s = 0.0
        self.escalation = Escalation() if engine.workers is None else LedEscalation(engine.workers)

    @property
    def is_stuck(self) -> bool:
        """Whether user code keeps the engine from working."""
        return bool(self._pulse.stuck_at)

    @property
    def was_stuck_at(self) -> str:
        return self._pulse.was_stuck_at

    @property
    def ends_run(self) -> str:
        """Why load workers cannot go on."""
        return self._workers.ends_run if self._workers is not None else ""

    @property
    def warning(self) -> str:
        """Of what keeps users from working now."""
        if self._end.ended:
            return ""
        if self._pulse.is_suspended:
            return "the engine was stopped from outside (SIGSTOP), and stands still"
        if self._pulse.stuck_at:
            return f"user code is stuck at {self._pulse.stuck_at}: no user can work"
        return self._workers.warning if self._workers is not None else ""

    def hear(self, beat: Beat, now_s: float) -> None:
        self._pulse.note(beat, now_s)
        self._say_stuck()

    def look(self, now_s: float, *, is_stopping: bool) -> None:
        """At all of them; when the run `is_stopping`, signals that are due are sent."""
        if now_s - self._said_s >= _SAY_EVERY_S:
            self._said_s = now_s
            self._engine.send_if_free(Guarding(UNGUARDED_S))
        was_asleep = now_s > self._looked_s + ASLEEP_S
        self._looked_s = now_s
        if was_asleep:
            self._pulse.skip(now_s)
        if not self._end.ended and self._pulse.note_state(now_s, is_suspended=self._engine.is_suspended):
            self._say.suspended(self._pulse.is_suspended, self._pulse.stood_still_s(now_s))
        self._pulse.note_time(now_s)
        self._say_stuck()
        if is_stopping and self._pulse.stuck_at:
            self.escalation.hurry(now_s, TERM_AFTER_S)
        number = self.escalation.due(now_s)
        if number is not None:
            self._end.forced, self._end.suspended = True, self._pulse.is_suspended
            self._engine.signal_group(number)
        if self._workers is not None:
            stood_s = 0.0 if self._end.ended else self._pulse.stood_still_s(now_s)
            self._workers.watch(now_s, was_asleep=was_asleep, master_stood_s=stood_s)

    def _say_stuck(self) -> None:
        if not self._end.ended:
            self._say.stuck(self._pulse.stuck_at)
