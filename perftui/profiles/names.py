"""Names that people give and misspell."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from perftui.model.text import clean

NAME_ALLOWED = "letters, digits, '_', '-' and '.', at most 64, the first no '-' or '.'"
# A name becomes part of a run's folder and of a command line: nothing in it may mean anything to either.
_NAME = re.compile(r"\w[\w.-]{0,63}")
_MAX_SHOWN = 10
# difflib's time grows with the square of the length.
_MAX_COMPARED = 100


def is_name(text: str) -> bool:
    """Whether `text` may name a profile, a target or a scenario."""
    return _NAME.fullmatch(text) is not None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that was probably meant by `name`."""
    lowered = {each[:_MAX_COMPARED].lower(): each for each in known}
    found = difflib.get_close_matches(name[:_MAX_COMPARED].lower(), list(lowered), n=1)
    return lowered[found[0]] if found else None


def listing(names: Iterable[str]) -> str:
    """`names`, cleaned and separated by commas: at most ten of them, and how many more there are."""
    every = list(names)
    shown = ", ".join(clean(each, 64) for each in every[:_MAX_SHOWN])
    more = len(every) - _MAX_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Why `name` is refused: it is no `kind` that is known; with the nearest one that is."""
    match = nearest(name, known)
    reason = f"no {kind} is called '{clean(name, 64)}'"
    return f"{reason}, the nearest is '{clean(match, 64)}'" if match else reason
