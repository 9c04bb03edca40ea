"""What people said about a run since it ended, read: marks.json in its folder."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perftui.model.marks import MAX_NOTES, NO_MARKS, Marks, Note
from perftui.model.record import Verdict
from perftui.store.files import Summary, damaged, known_fields, read_bounded, refuse_newer
from perftui.store.layout import MARKS_JSON

MARKS_SCHEMA_VERSION = 1
_MAX_BYTES = 1 << 18
_LONGEST_S = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What a list says of a run whose warm-up was cut elsewhere since, in place of what outcome.json says."""

    verdict: Verdict
    summary: Summary


@dataclass(frozen=True, slots=True)
class KeptMarks:
    """All that marks.json holds; `rejudged` goes with the cut of the marks."""

    marks: Marks = NO_MARKS
    rejudged: Rejudged | None = None


NOTHING_KEPT = KeptMarks()


def read_marks(folder: Path) -> KeptMarks:
    """Nothing where nobody said anything. Raises PerftuiError where the file is damaged or of a newer perftui."""
    path = folder / MARKS_JSON
    if not path.exists():
        return NOTHING_KEPT
    try:
        document = json.loads(read_bounded(path, _MAX_BYTES))
        refuse_newer(path, document["schema_version"], MARKS_SCHEMA_VERSION)
        warm_up_s = document.get("warm_up_s")
        rejudged = document.get("rejudged")
        marks = Marks(
            is_starred=document.get("is_starred") is True,
            notes=tuple(_note(each) for each in document.get("notes", ())[:MAX_NOTES]),
            warm_up_s=None if warm_up_s is None else _seconds(warm_up_s),
        )
        return KeptMarks(marks, None if rejudged is None else _rejudged(rejudged))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        next_step = "Remove it to see the run without its notes, its star and its other warm-up"
        raise damaged(path, error, next_step) from error


def _note(entry: dict[str, Any]) -> Note:
    text, by = entry["text"], entry.get("by", "")
    if not isinstance(text, str) or not isinstance(by, str):
        raise ValueError("a note is no text")
    return Note(_seconds(entry["elapsed_s"]), text, by).fit()


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("a time is not a number")
    if not 0 <= value <= _LONGEST_S:
        raise ValueError(f"{value:g} s lies in no run")
    return float(value)


def _rejudged(entry: dict[str, Any]) -> Rejudged:
    return Rejudged(Verdict(entry["verdict"]), Summary(**known_fields(Summary, entry["summary"])))
