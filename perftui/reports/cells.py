"""Rows as a CSV file that no spreadsheet computes anything of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from perftui.reports.figures import one_line

NOTHING = "N/A"

Cell = str | int | float | None

# What makes a spreadsheet compute a cell; the wide forms do so where they are typed.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")


def csv_of(columns: list[str], rows: Iterable[list[Cell]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([NOTHING if cell is None else cell for cell in row] for row in rows)
    return file.getvalue().encode()


def cell_text(text: str) -> str:
    """Foreign text as a cell of one line."""
    return guarded(one_line(text), text)


def guarded(cleaned: str, original: str) -> str:
    """`cleaned` such that no spreadsheet computes it; what it was before counts too, as cleaning hides the start."""
    is_formula = original.startswith(_FORMULA_STARTS) or cleaned.lstrip().startswith(_FORMULA_STARTS)
    return f"'{cleaned}" if is_formula else cleaned
