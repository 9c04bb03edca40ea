"""What was said during a run: one level up or all, the lines with a text, the newest at the end."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from perftui.model.duration import format_clock
from perftui.model.marks import NOTE, Note
from perftui.model.record import RunEvent
from perftui.model.text import clean
from perftui.tui.renderables.line import Line, Piece, foreign, line
from perftui.tui.widgets.text import ScrollPane

# The level of a line that stands for a note.
NOTE_LEVEL = "NOTE"
# And of one that stands for what happened to the run.
EVENT_LEVEL = "EVENT"
# These are said in the log too, at more length.
_ALSO_LOGGED = frozenset({"stuck", "target"})
_FORM = re.compile(r" *(\d+)\.\d* ([A-Z]+) +(.*)", re.DOTALL)
_RANKS = {"DEBUG": 0, "STDERR": 2, "WARNING": 2, "WARN": 2, "ERROR": 3, "CRITICAL": 3, "FATAL": 3, NOTE_LEVEL: 4}
_PLAIN_RANK = 1
_ROLES = {0: "muted", 1: "muted", 2: "warn", 3: "bad", 4: "accent"}
_SHORT = {"WARNING": "WARN", "CRITICAL": "ERROR", "STDOUT": "print", "STDERR": "stderr"}


class LogEntry(NamedTuple):
    """A line of run.log taken apart; a line of another form is all `text`."""

    clock: str
    level: str
    text: str

    @property
    def rank(self) -> int:
        return _RANKS.get(self.level, _PLAIN_RANK)


class LogLevel(NamedTuple):
    name: str
    least_rank: int


LEVELS = (LogLevel("all", 0), LogLevel("info", 1), LogLevel("warnings", 2), LogLevel("errors", 3))


def entry_of(text: str) -> LogEntry:
    match = _FORM.fullmatch(text)
    if match is None:
        return LogEntry("", "", text)
    return LogEntry(format_clock(int(match[1])), match[2], match[3])


def log_text(elapsed_s: float, level: str, text: str) -> str:
    """A line in the form of run.log."""
    return f"{elapsed_s:10.3f} {level:<8} {text}"


def with_events(log: Sequence[str], events: Iterable[RunEvent], notes: Iterable[Note]) -> Sequence[str]:
    """`log` with each event and each note after what was said before it. Notes among `events` are passed over."""
    happened = [
        log_text(each.elapsed_s, EVENT_LEVEL, clean(_happened(each)))
        for each in events
        if each.kind != NOTE and each.kind not in _ALSO_LOGGED
    ]
    return with_lines(log, [*happened, *map(_said, notes)])


def with_notes(log: Sequence[str], notes: Iterable[Note]) -> Sequence[str]:
    """`log` with each note after what was said before it."""
    return with_lines(log, map(_said, notes))


def with_lines(log: Sequence[str], lines: Iterable[str]) -> Sequence[str]:
    """`log` with each of `lines`, which are of its form, after what was said before it."""
    waiting = deque(sorted((_said_at(text), text) for text in lines))
    if not waiting:
        return log
    joined: list[str] = []
    for text in log:
        if waiting and _FORM.match(text):
            at_s = _said_at(text)
            while waiting and at_s >= waiting[0][0]:
                joined.append(waiting.popleft()[1])
        joined.append(text)
    return [*joined, *(text for _, text in waiting)]


def _said_at(text: str) -> float:
    return float(text.split(maxsplit=1)[0])


def _happened(event: RunEvent) -> str:
    by = f"  ({event.by})" if event.by else ""
    return f"{event.kind}: {event.text}{by}" if event.text else f"{event.kind}{by}"


def _said(note: Note) -> str:
    by = f"  ({note.by})" if note.by else ""
    return log_text(note.elapsed_s, NOTE_LEVEL, f"{note.text}{by}")


class LogPane(ScrollPane):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "e",
            "next_level",
            "Level",
            tooltip="All lines, from info on, warnings and errors, or errors alone",
            id="log.level",
        ),
    ]

    def __init__(self, *, id: str | None = None, empty: str = "nothing was logged") -> None:
        super().__init__(id=id, follows=True, empty=empty)
        self._log: Sequence[str] = ()
        self._level = 0
        self._filter = ""
        self._is_empty = True

    @property
    def filter_text(self) -> str:
        return self._filter

    def filter_by(self, text: str) -> None:
        """Keep lines that contain `text`, whatever its case; an empty one keeps all."""
        self._filter = text.strip()
        self.redraw()

    def show_log(self, log: Sequence[str]) -> None:
        """`log` holds lines of run.log."""
        self._log = log
        self.redraw()

    def action_next_level(self) -> None:
        self._level = (self._level + 1) % len(LEVELS)
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        kept = self._kept()
        if not kept:
            self.place_among(0, height)
            why = "no line fits the level and the filter · e level · / filter" if self._log else self._empty
            return [Line((Piece(why, "muted"),))]
        top = self.place_among(len(kept), height)
        return [entry_line(entry_of(text)) for text in islice(kept, top, top + height)]

    def subtitle(self) -> Sequence[Piece]:
        said = [] if self._level == 0 else [f"level: {LEVELS[self._level].name}"]
        if self._filter:
            said.append(f"filter: {clean(self._filter, 30)}")
        at = super().subtitle()
        return (Piece(" · ".join([*said, *(piece.text for piece in at)]), "muted"),) if said or at else ()

    def _kept(self) -> Sequence[str]:
        if not self._level and not self._filter:
            return self._log
        least, wanted = LEVELS[self._level].least_rank, self._filter.casefold()
        return [text for text in self._log if wanted in text.casefold() and (not least or entry_of(text).rank >= least)]


def entry_line(entry: LogEntry) -> Line:
    if not entry.level:
        return line(foreign(entry.text))
    role = _ROLES[entry.rank]
    level = clean(_SHORT.get(entry.level, entry.level), 8)
    text = foreign(entry.text, role if entry.rank == _RANKS[NOTE_LEVEL] else "")
    return line((f"{entry.clock:>7} ", "muted"), (f"{level:<7} ", role), text)
