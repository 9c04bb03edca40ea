"""What people say about a run that is over, written: marks.json in its folder. Nothing else of the run is touched."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.marks import MAX_NOTES, Note
from perftui.store.atomic import write_atomically
from perftui.store.layout import MARKS_JSON
from perftui.store.marks import MARKS_SCHEMA_VERSION, KeptMarks, Rejudged, read_marks
from perftui.store.paths import path_for_people


class MarkWriter:
    """The marks of the run in `folder`. Every method raises PerftuiError where they cannot be read or written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def star(self, is_starred: bool) -> None:
        self._change(lambda kept: replace(kept, marks=replace(kept.marks, is_starred=is_starred)))

    def add_note(self, note: Note) -> None:
        """As it fits, after those that are there. Raises PerftuiError where there are MAX_NOTES already."""

        def add(kept: KeptMarks) -> KeptMarks:
            if len(kept.marks.notes) >= MAX_NOTES:
                raise PerftuiError(f"this run has {MAX_NOTES} notes", "more are not kept", exit_code=exit_codes.USAGE)
            return replace(kept, marks=replace(kept.marks, notes=(*kept.marks.notes, note.fit())))

        self._change(add)

    def cut_warm_up(self, warm_up_s: float | None, rejudged: Rejudged | None) -> None:
        """`rejudged` is what the run is worth from there on; both None: as it was judged when it ended."""
        self._change(lambda kept: KeptMarks(replace(kept.marks, warm_up_s=warm_up_s), rejudged))

    def _change(self, change: Callable[[KeptMarks], KeptMarks]) -> None:
        path = self.folder / MARKS_JSON
        try:
            lock = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                # Two people who mark at once lose neither's mark.
                fcntl.flock(lock, fcntl.LOCK_EX)
                write_atomically(path, _document(change(read_marks(self.folder))))
            finally:
                os.close(lock)
        except OSError as error:
            why = error.strerror or str(error)
            raise PerftuiError(
                f"{path_for_people(path)} cannot be written", why, exit_code=exit_codes.ENVIRONMENT
            ) from error


def _document(kept: KeptMarks) -> bytes:
    document: dict[str, object] = {"schema_version": MARKS_SCHEMA_VERSION, **asdict(kept.marks)}
    if kept.rejudged is not None:
        rejudged = kept.rejudged
        document["rejudged"] = {"verdict": rejudged.verdict.value, "summary": asdict(rejudged.summary)}
    return json.dumps(document, indent=2).encode() + b"\n"
