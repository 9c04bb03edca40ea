"""How much may be on its way to the terminal, from how long its answers take.

The system's buffers between a program and a terminal hold seconds of a thin line, and whoever fills them waits that
long for the answer to a key. So each piece that is sent ends with a question (where is the cursor?), and its answer
says that the piece was drawn. How much longer than the quickest that took is time in a queue: little of it, and more
may be sent at once; too much, and less.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

# What is under way ought to be drawn within this, beyond the way itself.
MOMENT_S = 0.12
MIN_BYTES = 512
MAX_BYTES = 256 * 1024
# Before anything is known: more would be seconds of a thin line.
FIRST_BYTES = 2_048
# Smaller pieces say how long the way is, and nothing of how much it carries.
_LEAST_MEASURED = 150
_SHORTEST_S = 0.004
# Until there are some answers to compare, so much of a delay counts as the way.
_LONGEST_WAY_S = 0.25
_FEW_ANSWERS = 4
# Answers that do not come: the terminal may have been changed for another one.
PATIENCE_S = 5.0
MAX_MISSES = 3
# So many pieces may be on their way: two keep a line busy while an answer travels.
MAX_PIECES = 2


class Pace:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # When each piece was sent, its bytes, and those that were under way with it.
        self._pieces: deque[tuple[float, int, int]] = deque()
        # Of late: a way may become longer.
        self._delays_s: deque[float] = deque(maxlen=50)
        # Nobody asks more than once per piece; what comes beyond that was typed by somebody strange.
        self._answers_s: deque[float] = deque(maxlen=64)
        self._window = FIRST_BYTES
        self._misses = 0
        self._last_answer_s = 0.0
        self.answers = False
        """The terminal answers: until it has, and where it never does, nothing waits for it."""
        self.queued_s = 0.0
        """Seconds that all pieces so far have stood in queues."""

    @property
    def most(self) -> int | None:
        """Bytes that may be sent now; 0: wait for an answer; None: as many as there are."""
        if not self.answers:
            return None
        self._give_up_waiting()
        if len(self._pieces) >= MAX_PIECES:
            return 0
        left = self._window - self._under_way
        return left if left >= MIN_BYTES or not self._pieces else 0

    @property
    def asks(self) -> bool:
        """Whether the next piece ends with the question. Until the first answer one question is open at most."""
        return self._misses < MAX_MISSES and (self.answers or not self._pieces)

    def sent(self, size: int) -> None:
        """A piece that asks was sent, of so many bytes."""
        self._pieces.append((self._clock(), size, self._under_way + size))

    @property
    def waits(self) -> bool:
        """Answers are due."""
        return self.answers and bool(self._pieces)

    def note_answer(self) -> None:
        """An answer came, now; from any thread. `settle` takes it into account."""
        self._answers_s.append(self._clock())

    def settle(self) -> None:
        while self._answers_s:
            self._answered(self._answers_s.popleft())

    def _answered(self, now: float) -> None:
        if not self._pieces:
            return
        sent_s, _, under_way = self._pieces.popleft()
        since_last_s = now - max(sent_s, self._last_answer_s)
        self._last_answer_s = now
        self.answers, self._misses = True, 0
        delay_s = now - sent_s
        self._delays_s.append(delay_s)
        way_s = min(self._delays_s)
        if len(self._delays_s) < _FEW_ANSWERS:
            way_s = min(way_s, _LONGEST_WAY_S)
        queued_s = max(_SHORTEST_S, delay_s - way_s)
        self.queued_s += min(queued_s, since_last_s)
        if under_way >= _LEAST_MEASURED:
            carried = under_way / queued_s * MOMENT_S
            window: float = self._window
            if carried < window:
                window = carried
            elif under_way >= window:
                # Less than may be sent proves nothing of more: where every frame is small, the quickest has stood in a
                # queue as well, and a whole screen would be seconds of a line that has just looked free.
                window = min(carried, window * 2)
            self._window = round(min(MAX_BYTES, max(MIN_BYTES, window)))

    @property
    def _under_way(self) -> int:
        return sum(size for _, size, _ in self._pieces)

    def _give_up_waiting(self) -> None:
        if self._pieces and self._clock() - max(self._pieces[0][0], self._last_answer_s) > PATIENCE_S:
            self._pieces.clear()
            self._misses += 1
            self.answers = self._misses < MAX_MISSES
