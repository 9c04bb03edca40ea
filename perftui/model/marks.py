"""What people say about a run: notes on its timeline, a star, another cut of its warm-up."""

from __future__ import annotations

from dataclasses import dataclass

# The kind of the event that a note is.
NOTE = "note"
MAX_NOTES = 100
MAX_NOTE_CHARS = 200


@dataclass(frozen=True, slots=True)
class Note:
    """`elapsed_s` is where it stands on the run's clock; `by` says who wrote it."""

    elapsed_s: float
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """Set after a run has ended, and kept beside its record. `warm_up_s` None: as the run was judged when it ended.

    `notes` are those that were added later; those of the run itself are among its events.
    """

    is_starred: bool = False
    notes: tuple[Note, ...] = ()
    warm_up_s: float | None = None


NO_MARKS = Marks()
