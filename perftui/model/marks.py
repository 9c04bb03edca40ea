"""What people say about a run: notes on its timeline, a star, another cut of its warm-up."""

from __future__ import annotations

from dataclasses import dataclass

from perftui.model.text import clean, mask_secrets

# The kind of the event that a note is.
NOTE = "note"
MAX_NOTES = 100
MAX_NOTE_CHARS = 200
_MAX_BY_CHARS = 60


@dataclass(frozen=True, slots=True)
class Note:
    """`elapsed_s` is where it stands on the run's clock; `by` says who wrote it."""

    elapsed_s: float
    text: str
    by: str = ""

    def fit(self) -> Note:
        """As it may be kept: each text one line, cleaned, its secrets masked, cut. An empty one stays empty."""
        text = clean(mask_secrets(self.text).strip(), MAX_NOTE_CHARS)
        return Note(max(0.0, self.elapsed_s), text, clean(mask_secrets(self.by).strip(), _MAX_BY_CHARS))


@dataclass(frozen=True, slots=True)
class Marks:
    """Set after a run has ended, and kept beside its record. `warm_up_s` None: as the run was judged when it ended.

    `notes` are those that were added later; those of the run itself are among its events.
    """

    is_starred: bool = False
    notes: tuple[Note, ...] = ()
    warm_up_s: float | None = None


NO_MARKS = Marks()
