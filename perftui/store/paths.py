"""Paths as people read them."""

from __future__ import annotations

import os
from pathlib import Path

from perftui.model.text import clean


def path_for_people(path: str | os.PathLike[str]) -> str:
    """`path` relative to the current folder where it is below it, else with the home folder as ``~``."""
    whole = Path(path)
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if base != Path("/") and whole != base and whole.is_relative_to(base):
            return clean(prefix + str(whole.relative_to(base)), 500)
    return clean(str(whole), 500)
