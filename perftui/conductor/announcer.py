"""Says what happens: to the record, to the viewers, and to whoever watches in this process."""

from __future__ import annotations

import math
from collections.abc import Callable

from perftui.conductor.engine_process import Printed
from perftui.conductor.log import LogLine, log_line, traceback_lines
from perftui.conductor.viewers import Viewers
from perftui.model.control import LoadControl
from perftui.model.marks import MAX_NOTES, NOTE, Note
from perftui.model.record import RunEvent
from perftui.model.snapshot import Snapshot
from perftui.model.text import clean, mask_secrets
from perftui.store.writer import RunWriter
from perftui.wire.messages import AddNote, Ended, Logged

MAX_NAMED_ABANDONED = 20
# Events of load workers that come and go.
WORKER = "worker"


class Announcer:
    """`elapsed_s` is the run's clock."""

    def __init__(
        self,
        writer: RunWriter,
        viewers: Viewers,
        elapsed_s: Callable[[], float],
        on_snapshot: Callable[[Snapshot], None],
        on_log: Callable[[LogLine], None],
    ) -> None:
        self._writer = writer
        self._viewers = viewers
        self._elapsed_s = elapsed_s
        self._on_snapshot = on_snapshot
        self._on_log = on_log
        self.notes: tuple[Note, ...] = ()
        """What viewers put on the timeline, in the order of its time; at most MAX_NOTES."""
        self._spawned: int | None = None
        self._stuck_at = ""
        self._target_problem = ""

    def event(self, kind: str, text: str, by: str = "") -> None:
        self._writer.record_event(RunEvent(self._elapsed_s(), kind, clean(text, 500), by))
        if kind == WORKER:
            # As with orders: whoever watches in this process has no timeline.
            self._on_log(log_line(Logged("INFO", "load", text), self._elapsed_s()))

    def load(self, text: str, by: str) -> None:
        """What drives the load now, and who asked for it: nobody did where a stage begins."""
        self.event("load", text, by)
        # The record has the event; whoever watches in this process has no timeline to find it on.
        self._on_log(log_line(Logged("INFO", "load", f"{text} ({by})" if by else text), self._elapsed_s()))

    def level(self, text: str) -> None:
        """What a search for capacity tries now, or found."""
        self.event("search", text)
        self._on_log(log_line(Logged("INFO", "search", text), self._elapsed_s()))

    def spawned(self, users: int, control: LoadControl | None) -> None:
        """Once for each level: a ramp of small steps is not one event a second."""
        if self._spawned is None or (users != self._spawned and (control is None or users == control.users)):
            self._spawned = users
            self.event("spawned", f"all {users:,} users are spawned")

    def note(self, asked: AddNote) -> bool:
        """Put on the timeline what a viewer asked for; False where it says nothing, or there is no room."""
        now_s = self._elapsed_s()
        at_s = now_s if asked.elapsed_s is None or not math.isfinite(asked.elapsed_s) else min(asked.elapsed_s, now_s)
        note = Note(at_s, asked.text, asked.by).fit()
        if not note.text or len(self.notes) >= MAX_NOTES:
            return False
        # Committed before anybody sees it.
        self._writer.record_event(RunEvent(note.elapsed_s, NOTE, note.text, note.by))
        self.notes = tuple(sorted((*self.notes, note), key=lambda each: each.elapsed_s))
        return True

    def abandoned(self, end: Ended) -> None:
        """Name the first of the requests that were cut off."""
        for method, url, age_s in end.abandoned[:MAX_NAMED_ABANDONED]:
            self.event("abandoned", clean(mask_secrets(f"{method} {url} after {age_s:.1f} s")))

    def log(self, said: Printed | Logged) -> None:
        line = log_line(said, self._elapsed_s())
        self._writer.append_log([str(line)])
        self._on_log(line)

    def log_traceback(self, traceback: str) -> None:
        self._writer.append_log([str(line) for line in traceback_lines(traceback, self._elapsed_s())])

    def show(self, snapshot: Snapshot) -> None:
        self._viewers.show(snapshot)
        self._on_snapshot(snapshot)

    def stuck(self, where: str) -> None:
        """Once for each place; and again when user code goes on, where `where` is empty."""
        if where == self._stuck_at:
            return
        if where:
            self._warn("stuck", f"user code is stuck at {where}", ": no user can work")
        else:
            self.event("unstuck", f"user code goes on; it was stuck at {self._stuck_at}")
        self._stuck_at = where

    def suspended(self, is_suspended: bool, stood_still_s: float) -> None:
        """Somebody stopped the engine, or let it go on."""
        if is_suspended:
            self._warn("stuck", "the engine was stopped from outside (SIGSTOP)", ", and stands still")
        else:
            self._warn("unstuck", f"the engine goes on; it stood still for {stood_still_s:.0f} s")

    def target_problem(self, problem: str) -> None:
        """Once for each thing that keeps the target's own side from being read."""
        if problem and problem != self._target_problem:
            self._warn("target", problem)
        self._target_problem = problem

    def _warn(self, kind: str, text: str, more: str = "") -> None:
        self.event(kind, text)
        self.log(Logged("WARNING", "perftui", text + more))
