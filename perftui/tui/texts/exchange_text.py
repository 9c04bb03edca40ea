"""A request and what came back, as people read it."""

from __future__ import annotations

from collections.abc import Sequence

from perftui.model.duration import format_clock
from perftui.model.exchange import MAX_BODY_CHARS, MAX_HEADER_CHARS, Exchange
from perftui.model.text import clean, mask_secrets
from perftui.tui.columns.count_columns import meaning_of, status_role
from perftui.tui.renderables.line import Line, Piece, line, wrapped
from perftui.tui.texts.figures import bytes_text, ms_text
from perftui.tui.widgets.table import Column, Table

# Of a body so many lines are shown: a text of line ends alone would fill more.
_MAX_BODY_LINES = 200


def exchange_table(*, id: str) -> Table[Exchange]:
    columns: tuple[Column[Exchange], ...] = (
        Column("At", 7, lambda each: format_clock(each.elapsed_s), lambda each: each.elapsed_s, is_text=True),
        Column("Status", 6, _status_text, lambda each: each.status, lambda each: status_role(each.status)),
        Column("Time", 7, lambda each: ms_text(each.time_ms), lambda each: each.time_ms),
    )
    return Table(
        columns,
        lambda each: (each.elapsed_s, each.url, each.status, each.time_ms),
        sorted_by="At",
        searched=lambda each: f"{each.url} {each.status}",
        empty="none was kept",
        id=id,
    )


def exchange_lines(exchange: Exchange, width: int) -> Sequence[Line]:
    """All of it, for `width` cells."""
    method, url = clean(exchange.method), clean(mask_secrets(exchange.url), 1000)
    time = f"{ms_text(exchange.time_ms)}, " if exchange.time_ms is not None else ""
    size = f"{time}{bytes_text(exchange.response_bytes)}"
    reason = clean(exchange.reason) or meaning_of(exchange.status)
    answer = f"{exchange.status} {reason}" if exchange.status else "no response"
    lines = [
        *wrapped(url, width, "strong", first=Piece(f"→ {method} ", "accent")),
        *_headers(exchange.request_headers, width),
        *_body(exchange.request_body, width),
        Line(),
        *wrapped(f"{answer}  ({size})", width, status_role(exchange.status), first=Piece("← ", "accent")),
        *_headers(exchange.response_headers, width),
        *_body(exchange.response_body, width),
    ]
    if exchange.message:
        lines += [Line(), *wrapped(clean(exchange.message, 400), width, "bad", first=Piece("✗ ", "bad"))]
    whose = f" · {clean(exchange.user_class)}" if exchange.user_class else ""
    lines += [Line(), line((f"ended at {format_clock(exchange.elapsed_s)}{whose}", "muted"))]
    return lines


def _headers(headers: Sequence[tuple[str, str]], width: int) -> list[Line]:
    lines: list[Line] = []
    for name, value in headers:
        first = Piece(f"  {clean(name, 40)}: ", "muted")
        lines += wrapped(clean(mask_secrets(value), MAX_HEADER_CHARS), width, first=first)
    return lines


def _body(body: str, width: int) -> list[Line]:
    if not body:
        return []
    lines = [Line()]
    for text in mask_secrets(body).splitlines()[:_MAX_BODY_LINES]:
        lines += wrapped(clean(text, MAX_BODY_CHARS), width, first=Piece("  "))
    return lines


def _status_text(exchange: Exchange) -> str:
    return str(exchange.status) if exchange.status else "none"
