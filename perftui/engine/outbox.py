"""What waits to be sent: bounded whatever happens, without losing a count."""

from __future__ import annotations

from collections import deque

from perftui.engine.merging import Caps, merge_ticks
from perftui.wire.messages import LoadChanged, Logged, Message, SpawningComplete, Ticked, WorkerNews

# While the conductor does not read, so many log lines wait; more are counted, not kept.
MAX_WAITING_LINES = 500


class Outbox:
    """First in, first out; but of ticks at most one waits, the sum of all unsent, and lines are bounded."""

    def __init__(self) -> None:
        # Bounded by the merging below: every other message is sent a few times in a run, or for each task of a bench.
        self._waiting: deque[Message] = deque()
        self._waiting_lines = 0
        self._dropped_lines = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        if isinstance(message, Ticked):
            self._put_tick(message)
        elif isinstance(message, SpawningComplete):
            self._replace(SpawningComplete, message)
        elif isinstance(message, LoadChanged):
            self._put_change(message)
        elif isinstance(message, (Logged, WorkerNews)):
            # Whoever reaches a master can come and go as fast as a log line is written.
            self._put_line(message)
        else:
            self._waiting.append(message)

    def take(self) -> Message | None:
        if not self._waiting:
            return None
        message = self._waiting.popleft()
        if isinstance(message, (Logged, WorkerNews)):
            self._waiting_lines -= 1
            if not self._waiting_lines and self._dropped_lines:
                text = f"{self._dropped_lines} more log lines were not kept"
                self._dropped_lines = 0
                self._put_line(Logged("WARNING", "perftui", text))
        return message

    def _put_tick(self, message: Ticked) -> None:
        older = self._replace(Ticked, message)
        if isinstance(older, Ticked):
            self._waiting[-1] = Ticked(merge_ticks(older.tick, message.tick, Caps()))

    def _put_change(self, change: LoadChanged) -> None:
        """A load shape goes on to its next level as often as every second: the newest stands where the first one waits.

        Orders and stages, which are few, are all said, each before the answer to whoever asked for it.
        """
        waiting = len(self._waiting)
        last = next((at for at in reversed(range(waiting)) if isinstance(self._waiting[at], LoadChanged)), None)
        before = None if last is None else self._waiting[last]
        if last is not None and isinstance(before, LoadChanged) and _is_next_step(before, change):
            self._waiting[last] = change
        else:
            self._waiting.append(change)

    def _replace(self, kind: type[Message], message: Message) -> Message | None:
        """Append `message` and remove the one of its `kind` that waits, which is returned."""
        older = next((each for each in self._waiting if isinstance(each, kind)), None)
        if older is not None:
            self._waiting.remove(older)
        self._waiting.append(message)
        return older

    def _put_line(self, line: Logged | WorkerNews) -> None:
        if self._waiting_lines >= MAX_WAITING_LINES:
            self._dropped_lines += 1
            return
        self._waiting_lines += 1
        self._waiting.append(line)


def _is_next_step(before: LoadChanged, after: LoadChanged) -> bool:
    """In somebody's hand the shape's steps change nothing."""
    if before.text or after.text or before.control == after.control:
        return not before.text and not after.text
    is_same_driver = before.control.follows == after.control.follows != "hand"
    return is_same_driver and before.control.is_paused is after.control.is_paused
