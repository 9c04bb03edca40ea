"""HTML that foreign text cannot leave: every text goes through `shown`, and only this module makes tags of tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from perftui.reports.figures import one_line


def shown(text: str) -> str:
    """Foreign text as HTML: one line, cleaned, escaped for text and for attributes."""
    return escape(one_line(text), quote=True)


def section(title: str, body: str, note: str = "", *, legend: str = "", is_long: bool = False) -> str:
    """`title` is foreign text, all else HTML. A long section may be split in print."""
    head = f"<h2>{legend}{shown(title)}{f' <small>{note}</small>' if note else ''}</h2>"
    return f"<section{' class=long' if is_long else ''}>{head}{body}</section>\n"


def table(columns: Sequence[tuple[str, str]], rows: Iterable[str], label: str) -> str:
    """A table in a box that scrolls by itself. `columns` are names and classes, `rows` HTML of whole rows."""
    head = "".join(f'<th scope="col" class="{style}">{shown(name)}</th>' for name, style in columns)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{shown(label)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{''.join(rows)}</tbody></table></div>"
    )


def row(cells: Iterable[tuple[str, str]], style: str = "") -> str:
    """A row of cells, each its HTML and its class."""
    inner = "".join(f'<td class="{each}">{html}</td>' if each else f"<td>{html}</td>" for html, each in cells)
    return f'<tr class="{style}">{inner}</tr>\n' if style else f"<tr>{inner}</tr>\n"


def facts(entries: Iterable[tuple[str, str, str]]) -> str:
    """Foreign names, values and remarks as a table of two columns, or three where there is a remark."""
    known = list(entries)
    has_remarks = any(remark for _, _, remark in known)
    rows = "".join(
        f'<tr><th scope="row">{shown(name)}</th><td>{shown(value)}</td>'
        + (f'<td class="soft">{shown(remark)}</td>' if has_remarks else "")
        + "</tr>\n"
        for name, value, remark in known
    )
    return f'<table class="facts"><tbody>\n{rows}</tbody></table>'


def time_cell(time_ms: float | None) -> str:
    if time_ms is None:
        return "–"
    decimals = 2 if time_ms < 10 else 1 if time_ms < 100 else 0
    return f"{time_ms:,.{decimals}f}"


def time_with_unit(time_ms: float | None) -> str:
    return "–" if time_ms is None else f"{time_cell(time_ms)} <small>ms</small>"


def percent(ratio: float | None) -> str:
    """A share in percent that says 0 and 100 only where it is."""
    if ratio is None:
        return "–"
    if ratio in (0, 1):
        return f"{ratio:.0%}"
    return "&lt;0.01%" if ratio < 0.0001 else "&gt;99.99%" if ratio > 0.9999 else f"{ratio:.2%}"
